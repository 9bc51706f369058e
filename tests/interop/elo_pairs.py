"""Nodes and a tracker of any make that know each other, and what each is asked to do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pairs import LOOK_EVERY, REFERENCE, TIME, installed

from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from conformance.kit.wire.tcp import Address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from conformance.kit.targets.instance import Instance
    from conformance.kit.targets.target import Target

    Json = dict[str, Any]

VERSIONS = ("0.4.10", "0.5.1", "0.6.0")
MAKES = (REFERENCE, *VERSIONS)
NODES = {
    REFERENCE: "reference-elo-node.toml",
    **{version: f"elo-node-{version}.toml" for version in VERSIONS},
}
TRACKERS = {
    REFERENCE: "reference-elo-tracker.toml",
    **{version: f"elo-node-{version}-tracker.toml" for version in VERSIONS},
}
PREFIX = 12  # characters of an id by which peers are known


@dataclass
class Host:
    """One running node or tracker."""

    instance: Instance

    @property
    def id(self) -> str:
        """Its full id."""
        return str(self.instance.facts["node_id"])

    @property
    def place(self) -> str:
        """Where it listens: ``host:port``."""
        return Address.of(self.instance.url).authority

    async def ask(self, capability: str, payload: Any = 1, *, of: Host | None = None) -> Json:
        """Have a task done, by somebody or by whoever can, and tell what came of it."""
        target = of.id if of is not None else ""
        said = await self.instance.call(
            "send_task", target=target, capability=capability, payload=payload
        )
        return dict(said)

    async def dial(self, other: Host) -> None:
        """Be connected to another."""
        said = await self.instance.call("dial", address=other.place)
        assert said == {"connected": True}, said

    async def register(self, *agents: str) -> None:
        """Offer something else from now on."""
        await self.instance.call("register", agents=list(agents), models=[], tools=[])

    async def discover(self) -> list[Json]:
        """Ask the mesh who is there."""
        return list(await self.instance.call("discover", seconds=1.5))

    async def peers(self) -> dict[str, Json]:
        """Return the connected peers by the first characters of their ids."""
        return {peer["node_id"][:PREFIX]: peer for peer in await self.instance.call("peers")}

    async def knows(self, other: Host, *, with_: str = "") -> None:
        """Wait until another is connected, and known to offer something."""
        while True:
            found = (await self.peers()).get(other.id[:PREFIX])
            if found is not None and (not with_ or with_ in found.get("caps", ())):
                return
            await asyncio.sleep(LOOK_EVERY)

    async def forgets(self, other: Host) -> None:
        """Wait until another is not connected."""
        while other.id[:PREFIX] in await self.peers():  # noqa: ASYNC110  (nobody announces it)
            await asyncio.sleep(LOOK_EVERY)


@dataclass
class Mesh:
    """Hosts of any makes, started one after the other."""

    _targets: dict[str, Target] = field(default_factory=dict)

    async def node(self, make: str, **settings: Any) -> Host:
        """Start a node."""
        return await self._start(NODES[make], settings)

    async def tracker(self, make: str, **settings: Any) -> Host:
        """Start a tracker."""
        return await self._start(TRACKERS[make], settings)

    async def _start(self, manifest: str, settings: Json) -> Host:
        if manifest not in self._targets:
            self._targets[manifest] = await open_target(Wish(text=manifest))
        return Host(await self._targets[manifest].source.instance(settings))

    async def close(self) -> None:
        """Stop everything."""
        for target in self._targets.values():
            await target.source.close()


def meshed(makes: tuple[str, ...], scene: Callable[[Mesh], Coroutine[Any, Any, None]]) -> None:
    """Play a scene with hosts of these makes."""
    for make in makes:
        installed(NODES[make])

    async def play() -> None:
        async with asyncio.timeout(TIME), _mesh() as mesh:
            await scene(mesh)

    asyncio.run(play())


@asynccontextmanager
async def _mesh() -> AsyncIterator[Mesh]:
    mesh = Mesh()
    try:
        yield mesh
    finally:
        await mesh.close()
