"""A reference gateway, and a neuron of any make that works for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pairs import LOOK_EVERY, REFERENCE, TIME, installed, starter_of

from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from reference.neuron.gateway import GatewayRole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from conformance.kit.targets.instance import Instance

    Json = dict[str, Any]

NEURONS = {
    REFERENCE: "reference-neuron-neuron.toml",
    "0.1.0": "holokai-neuron-sdk-0.1.0.toml",
    "0.1.1": "holokai-neuron-sdk-0.1.1.toml",
    "0.2.0": "holokai-neuron-sdk-0.2.0.toml",
}
ENDS = frozenset({"done", "failed", "cancelled"})
LEASE_TTL = 3.0  # seconds; six heartbeats
WORKING: Json = {"heartbeat_interval": 0.5, "reconnect_delay": 0.1, "drain_timeout": 5}


@dataclass
class Shift:
    """One gateway and the neuron that works for it."""

    gateway: GatewayRole
    neuron: Instance
    store: str

    async def inject(self, capability: str, value: Any = None, **members: Any) -> str:
        """Hand in a task."""
        order = {"capability": capability, "input": value, **members}
        return str((await self.gateway.call("inject_task", order))["task_id"])

    async def task(self, task_id: str) -> Json:
        """Look at a task."""
        return dict(await self.gateway.call("task", {"task_id": task_id}))

    async def until(self, task_id: str, *states: str) -> Json:
        """Wait until a task has one of these states."""
        while (task := await self.task(task_id))["state"] not in states:
            assert task["state"] not in ENDS, task
            await asyncio.sleep(LOOK_EVERY)
        return task

    async def outcome(self, capability: str, value: Any = None, **members: Any) -> Json:
        """Hand in a task and wait for its end."""
        return await self.until(await self.inject(capability, value, **members), *ENDS)

    async def registered(self) -> Json:
        """Wait until the neuron is at work."""
        while True:
            for neuron in await self.gateway.call("neurons", {}):
                if neuron["registered"]:
                    return dict(neuron)
            await asyncio.sleep(LOOK_EVERY)

    async def restart(self) -> None:
        """Stop the gateway, and start another on its port and store."""
        port = int(self.gateway.url.rpartition(":")[2])
        await self.gateway.stop()
        self.gateway = await serving(self.store, port=port)


def at_work(neuron: str, folder: Path, scene: Callable[[Shift], Coroutine[Any, Any, None]]) -> None:
    """Play a scene with this neuron."""
    installed(NEURONS[neuron])

    async def play() -> None:
        async with asyncio.timeout(TIME), shift(neuron, str(folder / "store")) as found:
            await scene(found)

    asyncio.run(play())


@asynccontextmanager
async def shift(neuron: str, store: str) -> AsyncIterator[Shift]:
    """Start both, and wait until the neuron was taken in."""
    hiring = await open_target(Wish(text=NEURONS[neuron]))
    gateway = await serving(store)
    found = None
    try:
        settings = {**WORKING, "token": gateway.facts["token"], "neuron_id": "né 1"}
        started = await starter_of(hiring).start(gateway.url, settings)
        found = Shift(gateway, started, store)
        await found.registered()
        yield found
    finally:
        await hiring.source.close()
        await (found.gateway if found else gateway).stop()


async def serving(store: str, *, port: int = 0) -> GatewayRole:
    """Start a gateway."""
    role = GatewayRole()
    settings = {"lease_ttl": LEASE_TTL}
    await role.start(host="127.0.0.1", port=port, settings=settings, store=store)
    return role
