"""Client roles as targets: the kit serves the opposite role, and the target dials it.

The opposite is the ordinary reference role behind a tap that records both sides. The client
is started by its driver, by a manifest's command, or by hand (``--assay-listen``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.kit.driver import Driver, DriverRefused, StdioChannel
from conformance.kit.instance import Instance, TargetError
from conformance.kit.process import Child, ProcessError
from conformance.kit.tap import Tap
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.instance import Starter
    from conformance.kit.manifest import Launch
    from conformance.kit.protocols import Role


@dataclass(frozen=True, slots=True)
class ByDriver:
    """The target's driver starts the client."""

    driver: Driver
    role: str

    async def __call__(self, url: str, facts: Mapping[str, Any]) -> Instance:
        """Call ``start`` with the address to connect to."""
        try:
            result = await self.driver.call("start", role=self.role, connect=url, set=dict(facts))
        except DriverRefused as refusal:
            raise TargetError(
                f"the driver does not start the client: {refusal.message}"
            ) from refusal
        return Instance(url, result.get("set", {}), self.driver, result["instance"])


@dataclass(frozen=True, slots=True)
class ByCommand:
    """A manifest's command starts the client; its settings include ``connect``."""

    launch: Launch

    async def __call__(self, url: str, facts: Mapping[str, Any]) -> Instance:
        """Start the command."""
        command, env = self.launch.with_settings({**facts, "connect": url})
        try:
            child = await Child.start(command, env=env)
        except ProcessError as error:
            raise TargetError(str(error)) from error
        child.stop_listening()
        return Instance(url, dict(facts), child=child)


@dataclass(slots=True, eq=False)
class Dialled:
    """A source of clients that dial the kit."""

    protocol: str
    role: Role
    given: Mapping[str, Any]
    starter: Starter | None = None  # None: started by hand
    listen: tuple[str, int] = ("127.0.0.1", 0)
    _opposite: Driver | None = None
    _taps: list[Tap] = field(default_factory=list)
    _shared: Instance | None = None

    @property
    def startable(self) -> bool:
        """Whether the kit can start a client whenever it needs one."""
        return self.starter is not None

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Serve the opposite role behind a tap; the client starts when the stage says so."""
        if self.startable:
            return await self._serve(settings)
        if settings:
            raise NotObserved("needs a client that the kit starts; this one was started by hand")
        if self._shared is None:
            self._shared = await self._serve(settings)
        return self._shared

    async def _serve(self, settings: Mapping[str, Any]) -> Instance:
        driver = await self._reference()
        wanted = {**self.role.settings, **self.given, **settings}
        result = await driver.call("start", role=self.role.opposite, set=wanted)
        aside = Recorder(Transcript(clock=lambda: 0.0), "before the first conversation")
        tap = Tap(result["url"], aside, target_is_client=True)
        try:
            await tap.start(host=self.listen[0], port=self.listen[1])
        except OSError as error:
            raise TargetError(
                f"cannot listen on {self.listen[0]}:{self.listen[1]}: {error}"
            ) from error
        self._taps.append(tap)
        return Instance(
            tap.url, result.get("set", {}), driver, result["instance"], tap=tap, begin=self.starter
        )

    async def _reference(self) -> Driver:
        if self._opposite is None:
            command = [sys.executable, "-m", "conformance", "driver", self.protocol]
            self._opposite = await Driver.meet(await StdioChannel.start(command))
        return self._opposite

    async def close(self) -> None:
        """Stop listening, and end the opposite role and the target's driver."""
        for tap in self._taps:
            await tap.close()
        if self._opposite is not None:
            await self._opposite.close()
        if isinstance(self.starter, ByDriver):
            await self.starter.driver.close()
