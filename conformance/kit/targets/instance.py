"""Running instances of a target, and the ways to come by one."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from conformance.kit.targets.driver import CANNOT, INVALID_PARAMS, Driver, DriverRefused
from conformance.kit.targets.process import Child, ProcessError
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from conformance.kit.targets.manifest import Launch
    from conformance.kit.wire.tap import Tap

READY_WITHIN = 60.0  # seconds for a started target to say that it is ready
STORE = "store"  # the setting that names a file which outlives the instance


class TargetError(RuntimeError):
    """The target cannot be reached, started or recognised; the text says what to do."""


class WishError(TargetError):
    """What the user wrote names no target at all."""


class Begin(Protocol):
    """Lets a client come; ``path`` is what its URL has after the address."""

    async def __call__(self, path: str = "") -> Instance | None:
        """Return what was started; None when somebody else started it."""


@dataclass(slots=True, eq=False)
class Instance:
    """One running target: where it is, what is known of it, and its driver if it has one."""

    url: str
    facts: dict[str, Any]
    driver: Driver | None = None
    id: str | None = None
    tls: ssl.SSLContext | None = None
    child: Child | None = None
    tap: Tap | None = None  # client roles: where the target dials
    begin: Begin | None = None  # client roles: starts the target
    client: Instance | None = None  # client roles: who came to stay for many conversations

    async def call(self, method: str, **params: Any) -> Any:
        """Call a driver method for this instance."""
        if self.driver is None or not self.driver.has(method):
            raise NotObserved(
                f"needs the driver method `{method}`, which this target does not offer"
            )
        if self.id is not None:
            params["instance"] = self.id
        return await self.driver.call(method, **params)

    async def stop(self) -> None:
        """Stop it gracefully; raises NotObserved when the kit did not start it."""
        if self.child is not None:
            await self.child.stop()
        elif self.id is not None:
            await self.call("stop")
        else:
            raise NotObserved("the kit did not start this target, so it may not stop it")


class Source(Protocol):
    """Where instances come from."""

    @property
    def startable(self) -> bool:
        """Whether another instance can be had whenever one is needed."""

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Return an instance that runs with these settings; raises NotObserved if there is none."""

    async def close(self) -> None:
        """Stop everything that this source started."""


@dataclass(slots=True)
class Fixed:
    """A target that runs already: one instance, as it is."""

    url: str
    facts: Mapping[str, Any]
    driver: Driver | None = None
    startable: bool = False

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Return the one instance if it is known to run with the settings."""
        other = {k: v for k, v in settings.items() if str(self.facts.get(k)) != str(v)}
        if other:
            plain = [f"--assay-set {key}={value}" for key, value in _plain(other).items()]
            hint = f" (if it does run so, say {' '.join(plain)})" if plain else ""
            raise NotObserved(
                f"needs a target started with {shown(other)}; this one runs already{hint}"
            )
        return Instance(self.url, dict(self.facts), self.driver)

    async def close(self) -> None:
        """Let the driver go; the target is not ours to stop."""
        if self.driver is not None:
            await self.driver.close()


@dataclass(slots=True)
class Functions:
    """A library: nothing to start and no address, only a driver that calls its functions."""

    driver: Driver
    given: Mapping[str, Any]
    startable: bool = False

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Return what there is; a library has no settings."""
        if settings:
            raise NotObserved(f"a library cannot be started with {shown(settings)}")
        return Instance("", dict(self.given), self.driver)

    async def close(self) -> None:
        """End the driver."""
        await self.driver.close()


@dataclass(slots=True)
class Driven:
    """A target that its driver starts, as often as needed."""

    driver: Driver
    role: str
    given: Mapping[str, Any]  # what the user set: outranks the suite's wishes
    wishes: Mapping[str, Any]  # the suite's short intervals, taken where the target can
    startable: bool = True
    _running: list[Instance] = field(default_factory=list)

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Ask the driver to start one."""
        result = await self._start({**self.given, **settings}, asked=settings)
        facts = {**self.given, **result.get("set", {})}
        if STORE in result:
            facts[STORE] = result[STORE]
        for key, value in settings.items():
            if key not in facts:
                raise NotObserved(f"the driver did not confirm {shown({key: value})}")
        instance = Instance(result.get("url", ""), facts, self.driver, result["instance"])
        self._running.append(instance)
        return instance

    async def _start(self, wanted: Mapping[str, Any], *, asked: Mapping[str, Any]) -> Any:
        """Start with the suite's wishes, and without them where the driver will not have them."""
        store = {STORE: wanted[STORE]} if STORE in wanted else {}
        plain = {key: value for key, value in wanted.items() if key != STORE}
        for whole in ({**self.wishes, **plain}, plain):
            try:
                return await self.driver.call(
                    "start", within=READY_WITHIN, role=self.role, set=whole, **store
                )
            except DriverRefused as refusal:
                last = refusal
        if asked and last.code in {CANNOT, INVALID_PARAMS}:
            raise NotObserved(f"cannot be started with {shown(asked)}: {last.message}") from last
        raise TargetError(f"the driver does not start the target: {last.message}") from last

    async def close(self) -> None:
        """End the driver, and with it what it started."""
        await self.driver.close()


@dataclass(slots=True)
class Launched:
    """A target that a manifest's command starts, one process an instance."""

    launch: Launch
    given: Mapping[str, Any]
    wishes: Mapping[str, Any]
    startable: bool = True
    _children: list[Child] = field(default_factory=list)

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        """Start the command and wait for its ready line."""
        if missing := [key for key in settings if key not in self.launch.settings]:
            raise NotObserved(f"the manifest does not say how to set {', '.join(missing)}")
        wanted = {**self.wishes, **self.given, **settings}
        command, env = self.launch.with_settings(wanted)
        try:
            child = await Child.start(command, env=env)
        except ProcessError as error:
            raise TargetError(str(error)) from error
        self._children.append(child)
        ready = await self._ready(child)
        facts = {**self.launch.facts, **self.given, **settings, **ready.get("set", {})}
        return Instance(ready["url"], facts, child=child)

    async def _ready(self, child: Child) -> dict[str, Any]:
        try:
            async with asyncio.timeout(READY_WITHIN):
                while line := await child.read_line():
                    if found := self._announcement(line.decode("utf-8", "replace")):
                        child.stop_listening()
                        return found
        except ProcessError as error:
            raise TargetError(str(error)) from error
        except TimeoutError:
            raise TargetError(
                f"{child.obituary()}\n"
                f"  and said nothing like “{self.launch.ready}” in {READY_WITHIN:g} s"
            ) from None
        await child.stop()
        raise TargetError(f"the target was not ready: {child.obituary()}")

    def _announcement(self, line: str) -> dict[str, Any] | None:
        if self.launch.ready == "json":
            try:
                said = json.loads(line)
            except ValueError:
                return None
            if not isinstance(said, dict) or not said.get("ready"):
                return None
            if not isinstance(said.get("url"), str):
                raise TargetError(f"the target's ready line has no `url`: {line.strip()}")
            return said
        match = re.search(self.launch.ready, line)
        if match is None:
            return None
        return {"url": self.launch.url.format(**match.groupdict())}

    async def close(self) -> None:
        """Stop every process."""
        for child in self._children:
            await child.stop()


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    hidden = (STORE, *(key for key in settings if key.startswith("tls_")))
    return {key: value for key, value in settings.items() if key not in hidden}


def shown(settings: Mapping[str, Any]) -> str:
    """Name settings; where the kit's files lie is different in every run, and nobody's business."""
    words = [f"{key}={value}" for key, value in _plain(settings).items()]
    if any(key.startswith("tls_") for key in settings):
        words.append("TLS and the kit's certificates")
    if STORE in settings:
        words.append("a store")
    return ", ".join(words)
