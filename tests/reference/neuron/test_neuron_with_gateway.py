"""The reference neuron and the reference gateway with each other, on the loopback interface."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from reference.neuron.gateway import GatewayRole
from reference.neuron.neuron import NeuronRole

SECONDS = 20
QUICK = {"heartbeat_interval": 0.1, "reconnect_delay": 0.05, "drain_timeout": 5}
DONE = {"done", "failed", "cancelled"}

Scene = Callable[[GatewayRole, NeuronRole], Awaitable[None]]


def play(scene: Scene, **settings: Any) -> None:
    async def run() -> None:
        gateway, neuron = GatewayRole(), NeuronRole()
        await gateway.start(host="127.0.0.1", port=0, settings={"lease_ttl": 1.0}, store=None)
        given = {**QUICK, "connect": gateway.url, "neuron_id": "n1", **settings}
        try:
            async with asyncio.timeout(SECONDS):
                await neuron.start(host="", port=0, settings=given, store=None)
                await scene(gateway, neuron)
        finally:
            await neuron.stop()
            await gateway.stop()

    asyncio.run(run())


async def given(gateway: GatewayRole, capability: str, value: Any = None, **more: Any) -> str:
    """Give the gateway a task and return its id."""
    answer = await gateway.call("inject_task", {"capability": capability, "input": value, **more})
    return str(answer["task_id"])


async def task(
    gateway: GatewayRole, task_id: str, fits: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return a task once it fits; the scene's bound ends what never does."""
    while not fits(  # noqa: ASYNC110  the driver announces nothing
        found := dict(await gateway.call("task", {"task_id": task_id}))
    ):
        await asyncio.sleep(0.01)
    return found


async def ended(gateway: GatewayRole, task_id: str) -> dict[str, Any]:
    return await task(gateway, task_id, lambda found: found["state"] in DONE)


def test_every_capability_of_the_profile_is_served() -> None:
    async def scene(gateway: GatewayRole, _neuron: NeuronRole) -> None:
        reports = {"progress": [{"percent": 50, "message": "half"}], "output": [1, None]}
        ids = [
            await given(gateway, "conf/echo", {"x": 1.0}),
            await given(gateway, "conf/ctl", reports),
            await given(gateway, "conf/typed", {"a": 1}, on_behalf_of="user:conf"),
            await given(gateway, "conf/sync", {"sleepMs": 10}),
        ]
        tasks = [await ended(gateway, each) for each in ids]
        assert [each["output"] for each in tasks] == [
            {"echo": {"x": 1.0}},
            [1, None],
            {"echo": {"a": 1}},
            {"sync": True},
        ]
        assert tasks[1]["progress"][0]["percent"] == 50.0

    play(scene)


def test_failures_are_told_with_their_kinds() -> None:
    async def scene(gateway: GatewayRole, _neuron: NeuronRole) -> None:
        failed = await given(gateway, "conf/ctl", {"fail": {"reason": "no", "code": "C"}})
        misfit = await given(gateway, "conf/typed", {"a": "x"}, on_behalf_of="user:conf")
        failure = (await ended(gateway, failed))["failure"]
        assert (failure["kind"], failure["reason"], failure["code"]) == ("terminal", "no", "C")
        assert (await ended(gateway, misfit))["failure"]["kind"] == "schema-mismatch"

    play(scene)


def test_a_task_longer_than_its_lease_is_renewed_and_a_cancelled_one_ends() -> None:
    async def scene(gateway: GatewayRole, _neuron: NeuronRole) -> None:
        long = await given(gateway, "conf/serial", {"sleepMs": 1500})
        found = await ended(gateway, long)
        assert (found["state"], found["attempt"]) == ("done", 0)
        endless = await given(gateway, "conf/ctl", {"sleepMs": 100_000})
        await task(gateway, endless, lambda found: found["state"] == "leased")
        await gateway.call("cancel_task", {"task_id": endless})
        assert (await ended(gateway, endless))["state"] == "cancelled"

    play(scene)


def test_a_neuron_comes_back_when_its_stream_is_ended() -> None:
    async def scene(gateway: GatewayRole, _neuron: NeuronRole) -> None:
        await ended(gateway, await given(gateway, "conf/echo", 1))
        await gateway.call("end_stream", {"neuron_id": "n1"})
        found = await ended(gateway, await given(gateway, "conf/echo", 2))
        assert found["output"] == {"echo": 2}

    play(scene)


def test_a_neuron_that_stops_finishes_its_task_and_the_next_waits_for_another() -> None:
    async def scene(gateway: GatewayRole, neuron: NeuronRole) -> None:
        running = await given(gateway, "conf/serial", {"sleepMs": 1500})
        await task(gateway, running, lambda found: found["state"] == "leased")
        await neuron.stop()
        assert (await ended(gateway, running))["state"] == "done"
        waiting = await given(gateway, "conf/serial", {})
        # The gateway may lease it to the neuron until it sees that the stream is gone.
        await task(gateway, waiting, lambda found: found["state"] == "pending")

    play(scene)
