"""Playing scenarios: which instance each gets, how it ends, and that it ends."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.judge import End
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.clients import lasting
from conformance.kit.targets.driver import DriverError, DriverRefused
from conformance.kit.targets.instance import TargetError
from conformance.kit.transcript import Recorder
from conformance.kit.verdict import NotObserved, NotPassed, Unmet, Unsupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from conformance.kit.judging.suite import Scenario
    from conformance.kit.targets.instance import Instance
    from conformance.kit.targets.target import Target
    from conformance.kit.transcript import Event, Transcript

CLOSE_WITHIN = 3.0  # seconds for a scenario to tidy up
LONGEST_WAIT = 60.0  # seconds that any one interval of a target may add to a bound
ENDS: tuple[tuple[type[BaseException], End], ...] = (
    (NotObserved, End.NOT_OBSERVED),
    (Unsupported, End.UNSUPPORTED),
    (Unmet, End.UNMET),
    (ConnectionError, End.UNMET),  # Unreachable, or broken under a scenario's own bytes
    (TargetError, End.UNMET),
    (DriverRefused, End.UNMET),
    (DriverError, End.UNMET),
    (TimeoutError, End.TIMED_OUT),
)


@dataclass(slots=True, eq=False)
class Players:
    """Plays scenarios against one target, all at once except those that disturb others."""

    target: Target
    transcript: Transcript
    run: str
    certificates: Certificates = field(default_factory=Certificates)
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)  # held by who would disturb others
    _shared: dict[str, asyncio.Task[Instance]] = field(default_factory=dict)

    async def play_all(
        self, scenarios: Sequence[Scenario], *, done: Callable[[Scenario], None]
    ) -> None:
        """Play every scenario; ``done`` is called as each ends."""
        turns = not self.target.source.startable
        alone = [s for s in scenarios if turns and (s.exclusive or self._dials)]

        async def play(scenario: Scenario) -> None:
            await self.play(scenario)
            done(scenario)

        async with asyncio.TaskGroup() as group:
            # Whatever waits longest starts first; the rest fits into its shadow.
            for scenario in sorted(scenarios, key=lambda s: -s.bound):
                if scenario not in alone:
                    group.create_task(play(scenario))
        for scenario in alone:
            async with self.alone:
                await play(scenario)

    @property
    def _dials(self) -> bool:
        """Whether the target is a client: each conversation needs one to itself."""
        return self.target.role.kind == "client"

    async def play(self, scenario: Scenario) -> None:
        """Play one scenario to its end and record how it ended."""
        await self.conversation(
            scenario.name,
            scenario.play,
            instance=lambda: self._instance(scenario),
            bound=scenario.bound,
        )

    async def conversation(
        self,
        name: str,
        talk: Callable[[Stage], Awaitable[None]],
        *,
        instance: Callable[[], Awaitable[Instance]],
        bound: float,
    ) -> None:
        """Run a conversation within its bound; whatever happens becomes the last event."""
        recorder = Recorder(self.transcript, name)
        stage: Stage | None = None
        try:
            stage = Stage(
                recorder,
                await instance(),
                run=self.run,
                certificates=self.certificates,
                start=self._start if self.target.source.startable else None,
            )
            bound += self._patience(stage.facts)
            async with asyncio.timeout(bound):
                await talk(stage)
        except Exception as error:  # noqa: BLE001  (whatever a scenario raises is its ending)
            end, reason, evidence = _ending(error, bound)
        else:
            end, reason, evidence = End.FINISHED, "", ()
        if stage is not None:
            reason = await self._tidy(stage) or reason
        recorder.note(
            "end",
            data={"end": end, "reason": reason, "evidence": [event.number for event in evidence]},
        )

    def _patience(self, facts: Mapping[str, Any]) -> float:
        """Return how much longer a conversation may take because of the target's own intervals."""
        known = {**self.target.role.intervals, **facts}
        return 2.0 * sum(
            min(float(known[name]), LONGEST_WAIT) for name in self.target.role.intervals
        )

    @property
    def longest_patience(self) -> float:
        """The most that a target's intervals may add to a bound, in seconds."""
        return 2.0 * LONGEST_WAIT * len(self.target.role.intervals)

    @staticmethod
    async def _tidy(stage: Stage) -> str:
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await stage.closing.aclose()
        except (TimeoutError, OSError, DriverError, DriverRefused, NotPassed) as error:
            return f"the scenario could not tidy up: {error!r}"
        return ""

    async def _instance(self, scenario: Scenario) -> Instance:
        settings = dict(scenario.settings)
        if scenario.tls:
            settings |= self.certificates.settings
        if (scenario.exclusive or self._dials) and self.target.source.startable:
            return await self._start(settings)
        if scenario.restarts:
            raise NotObserved("needs a target that the kit can start and stop")
        return await self.shared_instance(settings)

    async def shared_instance(self, settings: Mapping[str, Any]) -> Instance:
        """Return the instance that every scenario with these settings shares."""
        key = repr(sorted(settings.items()))
        if key not in self._shared:
            self._shared[key] = asyncio.create_task(self._lasting(settings))
        return await asyncio.shield(self._shared[key])

    async def _lasting(self, settings: Mapping[str, Any]) -> Instance:
        instance = await self._start(settings)
        once = self._dials and self.target.source.startable
        return lasting(instance) if once else instance

    async def _start(self, settings: Mapping[str, Any]) -> Instance:
        instance = await self.target.source.instance(settings)
        if instance.url.startswith(("https://", "wss://")):
            instance.tls = self.certificates.client(None)
        return instance

    async def close(self) -> None:
        """Let the target go, and stop what was started."""
        for task in self._shared.values():
            task.cancel()
        await self.target.source.close()
        self.certificates.close()


def _ending(error: Exception, bound: float) -> tuple[End, str, tuple[Event, ...]]:
    """Read what a scenario raised; of several tasks' troubles our own bug comes first."""
    if isinstance(error, ExceptionGroup):
        endings = [_ending(each, bound) for each in error.exceptions]
        return next((each for each in endings if each[0] is End.CRASHED), endings[0])
    evidence = error.evidence if isinstance(error, NotPassed) else ()
    for kind, end in ENDS:
        if isinstance(error, kind):
            reason = str(error) or f"the conversation did not end within {bound:g} s"
            return end, reason, evidence
    return End.CRASHED, "".join(traceback.format_exception(error)), ()
