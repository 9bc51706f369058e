"""Client roles as targets: the kit serves the opposite role, and the target dials it.

The opposite is the ordinary reference role behind a tap that records both sides. The client
is started by its driver, by a manifest's command, or by hand (``--assay-listen``): then the
conversations take turns with the one client, and each finds an opposite that knows nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.driver import (
    CANNOT,
    INVALID_PARAMS,
    Driver,
    DriverError,
    DriverRefused,
    StdioChannel,
)
from conformance.kit.targets.instance import READY_WITHIN, Instance, TargetError, shown
from conformance.kit.targets.process import Child, ProcessError
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.protocols import Role
    from conformance.kit.targets.manifest import Launch
    from conformance.kit.wire.tap import Tap

DIAL_WITHIN = 300.0  # seconds for a person to start the client


class Starter(Protocol):
    """Starts clients of one implementation."""

    def takes(self, key: str) -> bool:
        """Whether a client can be started with this setting."""

    async def start(self, url: str, settings: Mapping[str, Any]) -> Instance:
        """Start a client that dials an address; raises TargetError."""

    async def close(self) -> None:
        """Stop what still runs."""


@dataclass(frozen=True, slots=True)
class ByDriver:
    """The target's driver starts the client."""

    driver: Driver
    role: str

    def takes(self, _key: str) -> bool:
        """Leave the refusal of a setting to the driver."""
        return True

    async def start(self, url: str, settings: Mapping[str, Any]) -> Instance:
        """Call ``start`` with the address to connect to."""
        try:
            result = await self.driver.call(
                "start", within=READY_WITHIN, role=self.role, connect=url, set=dict(settings)
            )
        except DriverRefused as refusal:
            raise TargetError(
                f"the driver does not start the client: {refusal.message}"
            ) from refusal
        return Instance(url, result.get("set", {}), self.driver, result["instance"])

    async def close(self) -> None:
        """End the driver, and with it what it started."""
        await self.driver.close()


@dataclass(frozen=True, slots=True)
class ByCommand:
    """A manifest's command starts the client; its settings include ``connect``."""

    launch: Launch
    _children: list[Child] = field(default_factory=list)

    def takes(self, key: str) -> bool:
        """Whether the manifest says how to set this."""
        return key in self.launch.settings

    async def start(self, url: str, settings: Mapping[str, Any]) -> Instance:
        """Start the command."""
        command, env = self.launch.with_settings({**settings, "connect": url})
        try:
            child = await Child.start(command, env=env)
        except ProcessError as error:
            raise TargetError(str(error)) from error
        child.stop_listening()
        self._children.append(child)
        return Instance(url, {}, child=child)

    async def close(self) -> None:
        """Stop the children that no conversation has stopped."""
        for child in self._children:
            if child.returncode is None:
                await child.stop()


@dataclass(slots=True, eq=False)
class Dialled:
    """A source of clients that dial the kit."""

    protocol: str
    role: Role
    given: Mapping[str, Any]
    starter: Starter | None = None  # None: started by hand
    listen: tuple[str, int] = ("127.0.0.1", 0)
    _opposite: asyncio.Task[Driver] | None = None
    _taps: list[Tap] = field(default_factory=list)
    _by_hand: Instance | None = None
    _turns: int = 0

    @property
    def startable(self) -> bool:
        """Whether the kit can start a client whenever it needs one."""
        return self.starter is not None

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Serve the opposite role behind a tap; the client starts when the stage says so."""
        if self.starter is None:
            return await self._one_by_hand(settings)
        if unknown := [key for key in settings if not self.starter.takes(key)]:
            raise NotObserved(f"the manifest does not say how to set {', '.join(unknown)}")
        wanted = {**self.role.settings, **self.given, **settings}
        taken = {key: value for key, value in wanted.items() if self.starter.takes(key)}
        # A fixed port is for clients that somebody starts; started ones may be several at a time.
        instance = await self._serve(port=0, facts=taken)
        told = {**taken, **self._told(instance)}
        instance.begin = partial(self._start, self.starter, instance.url, told, settings)
        return instance

    async def await_client(self, *, within: float) -> None:
        """Serve, and wait until somebody's client dials; raises TargetError when none does."""
        instance = await self._one_by_hand({})
        if instance.tap is None:
            raise RuntimeError("a served instance has a tap")
        try:
            async with asyncio.timeout(within):
                await instance.tap.dialled.wait()
        except TimeoutError:
            raise TargetError(
                f"no {self.role.name} dialled {instance.url} within {within:g} s"
            ) from None

    async def credentials(self) -> dict[str, Any]:
        """Return what a client must be told, as far as it did not come from the user."""
        told = self._told(await self._one_by_hand({}))
        return {key: value for key, value in told.items() if key not in self.given}

    async def _one_by_hand(self, settings: Mapping[str, Any]) -> Instance:
        if other := [key for key in settings if str(self.given.get(key)) != str(settings[key])]:
            raise NotObserved(
                f"needs a client started with {shown({key: settings[key] for key in other})};"
                " this one was started by hand (if it does run so, say so with --assay-set)"
            )
        if self._by_hand is None:
            self._by_hand = await self._serve(port=self.listen[1], facts={})
            self._by_hand.begin = partial(self._take_turn, self._by_hand)
        return self._by_hand

    async def _serve(self, *, port: int, facts: Mapping[str, Any]) -> Instance:
        driver = await self._reference()
        shared = {key: self.given[key] for key in self.role.tells if key in self.given}
        result = await driver.call(
            "start", role=self.role.opposite, set={**self.role.serves, **shared}
        )
        from conformance.kit.wire.tap import Tap  # noqa: PLC0415  (aiohttp, a tenth of a second)

        tap = Tap(result["url"], target_is_client=True, tls=Certificates.server(facts))
        self._taps.append(tap)
        host = self.listen[0]
        try:
            await tap.start(host=host, port=port)
        except OSError as error:
            raise TargetError(f"cannot listen on {host}:{port}: {error}") from error
        known = {**result.get("set", {}), **self.given, **facts}
        return Instance(tap.url, known, driver, result["instance"], tap=tap)

    def _told(self, instance: Instance) -> dict[str, Any]:
        return {key: instance.facts[key] for key in self.role.tells}

    @staticmethod
    async def _start(
        starter: Starter,
        url: str,
        told: Mapping[str, Any],
        asked: Mapping[str, Any],
        path: str = "",
    ) -> Instance:
        try:
            return await starter.start(url + path, told)
        except TargetError as error:
            refusal = error.__cause__
            unable = isinstance(refusal, DriverRefused) and refusal.code in {
                CANNOT,
                INVALID_PARAMS,
            }
            if asked and unable:
                raise NotObserved(str(error)) from error
            raise

    async def _take_turn(self, instance: Instance, path: str = "") -> None:
        """Let the opposite forget the client, so that it has to introduce itself again."""
        if path:
            raise NotObserved(
                f"needs a client that dials {instance.url}{path}; this one was started by hand"
            )
        if self._turns:
            await instance.call("reset")
        self._turns += 1

    async def _reference(self) -> Driver:
        # A task, since several conversations may ask for the first time at the same time.
        if self._opposite is None:
            self._opposite = asyncio.create_task(self._start_reference())
        return await asyncio.shield(self._opposite)

    async def _start_reference(self) -> Driver:
        command = [sys.executable, "-m", "conformance", "driver", self.protocol]
        return await Driver.meet(await StdioChannel.start(command))

    async def close(self) -> None:
        """Stop listening, so that no client waits for answers; stop them, and the opposite role."""
        for tap in self._taps:
            await tap.close()
        if self.starter is not None:
            await self.starter.close()
        if self._opposite is not None:
            # Whoever needed it has been told.
            with contextlib.suppress(DriverError, DriverRefused):
                await (await self._opposite).close()


def lasting(instance: Instance) -> Instance:
    """Have a client started once for many conversations; it stays until its source is closed.

    Each conversation but the first meets it as it meets one that was started by hand: whatever
    was open between them has been closed, and it comes back on its own.
    """
    first, started = instance.begin, False

    async def begin(path: str = "") -> None:
        nonlocal started
        if first is not None and not started:
            client = instance.client = await first(path)
            instance.facts.update(client.facts if client is not None else {})
            started = True

    instance.begin = begin
    return instance
