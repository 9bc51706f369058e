"""A run: one target, the checks that were asked for, and a verdict for each."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit import protocols
from conformance.kit.judging.judge import judge
from conformance.kit.running.loop import LoopThread
from conformance.kit.running.players import Players
from conformance.kit.running.properties import prove
from conformance.kit.targets.target import Target, open_target
from conformance.kit.transcript import Direction, Transcript
from conformance.kit.verdict import RED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from conformance.kit.judging.suite import Check, Scenario
    from conformance.kit.requirements import Requirement
    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.wish import Wish
    from conformance.kit.transcript import Event

OPEN_WITHIN = 1000.0  # seconds: the first use of a published package installs it
CLOSE_WITHIN = 30.0  # seconds
EXAMPLE_BOUND = 20.0  # seconds that one example of a property may talk
SLACK = 40.0  # seconds that an example may wait for its turn, be set up and torn down


@dataclass(slots=True, eq=False)
class Run:
    """Opens the target, plays the scenarios in the background, judges on demand."""

    wish: Wish
    seed: int | None = None
    say: Callable[[str], None] = lambda _: None
    known: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # examples, by check
    loop: LoopThread = field(default_factory=LoopThread)
    _target: Target | None = None
    _players: Players | None = None
    _transcript: Transcript | None = None
    _over: dict[str, threading.Event] = field(default_factory=dict)
    _all: Future[None] | None = None
    played: dict[str, list[Any]] = field(default_factory=dict)  # examples, by check
    id: str = field(default_factory=lambda: secrets.token_hex(3))

    def open(self) -> Target:
        """Reach the target; raises TargetError."""
        self._target = self.loop.run(open_target(self.wish, say=self.say), within=OPEN_WITHIN)
        begun = self.loop.time()
        self._transcript = Transcript(clock=lambda: self.loop.time() - begun)
        self._players = Players(self._target, self._transcript, self.id)
        if self._target.role.kind == "server":  # what cannot start is not a failure of a check
            self.loop.run(self._players.shared_instance({}), within=OPEN_WITHIN)
        return self._target

    @property
    def target(self) -> Target:
        """The opened target."""
        if self._target is None:
            raise RuntimeError("the run has not been opened")
        return self._target

    @property
    def players(self) -> Players:
        """Those who play the scenarios."""
        if self._players is None:
            raise RuntimeError("the run has not been opened")
        return self._players

    @property
    def events(self) -> list[Event]:
        """Everything recorded so far."""
        return [] if self._transcript is None else self._transcript.events

    def begin(self, checks: Iterable[Check]) -> None:
        """Start the scenarios that these checks judge."""
        chosen: dict[str, Scenario] = {}
        for each in checks:
            for scenario in each.scenarios:
                if not self.undeclared(self.requirement(each)):
                    chosen[scenario.name] = scenario
        self._over = {name: threading.Event() for name in chosen}
        self._all = self.loop.spawn(
            self.players.play_all(
                list(chosen.values()), done=lambda scenario: self._over[scenario.name].set()
            )
        )

    def requirement(self, check: Check) -> Requirement:
        """Return the row that a check is bound to."""
        return protocols.requirements_of(check.protocol)[check.requirement]

    def undeclared(self, requirement: Requirement) -> str:
        """Return why the target says that it lacks what the requirement is about."""
        return self.target.unsupported.get(requirement.feature, "") if requirement.feature else ""

    def outcome(self, check: Check, case: str = "") -> Outcome:
        """Wait for what a check judges, then judge it."""
        requirement = self.requirement(check)
        if reason := self.undeclared(requirement):
            return Outcome(Verdict.UNSUPPORTED, f"declared by the target: {reason}")
        if check.for_all:
            known = self.known.get(check.address, ())
            return prove(check, partial(self.example, check), seed=self.seed, known=known)
        if check.passive and self._all is not None:
            self._all.result()
        for scenario in check.scenarios:
            self._await(scenario)
        return judge(check, requirement, self.events_for(check), facts=self.wish.facts, case=case)

    def example(self, check: Check, example: Any, number: int) -> Outcome:
        """Have one example of a property talk on the wire, and judge what was recorded."""
        name = f"{check.function.__name__}:{number}"
        self.played.setdefault(check.address, []).append(example)
        play = check.play
        if play is None:
            raise TypeError(f"{check.function.__name__} has no conversation to play its examples")

        async def talk(stage: Stage) -> None:
            stage.recorder.note("example", data={"example": example})
            await play(stage, example)

        async def converse() -> None:
            async with self.players.alone:
                await self.players.conversation(
                    name,
                    talk,
                    instance=lambda: self.players.shared_instance(check.settings),
                    bound=EXAMPLE_BOUND,
                )

        before = len(self.events)
        self.loop.run(converse(), within=EXAMPLE_BOUND + self.players.longest_patience + SLACK)
        events = [event for event in self.events[before:] if event.scenario == name]
        requirement = self.requirement(check)
        outcome = judge(check, requirement, events, facts=self.wish.facts, example=example)
        # A counter-example is proved by the whole of its exchange, which is small by then.
        proof = [e for e in events if e.direction is not Direction.NOTE or e in outcome.evidence]
        return replace(outcome, evidence=tuple(proof)) if outcome.verdict in RED else outcome

    def _await(self, scenario: Scenario) -> None:
        over = self._over[scenario.name]
        while not over.wait(0.5):
            if self._all is not None and self._all.done():
                self._all.result()  # raises what ended the playing
                return

    def events_for(self, check: Check) -> Sequence[Event]:
        """Return what a check may look at: its scenarios' events, or all."""
        if check.passive or self._transcript is None:
            return list(self.events)
        return self._transcript.of_all({scenario.name for scenario in check.scenarios})

    def close(self) -> None:
        """End everything that the run started."""
        try:
            if self._all is not None:
                self._all.cancel()
            if self._players is not None:
                self.loop.run(self._players.close(), within=CLOSE_WITHIN)
        finally:
            self.loop.close()
