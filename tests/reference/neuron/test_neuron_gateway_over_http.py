"""The gateway as neurons and planners meet it, over HTTP."""

from typing import Any

from neuron_peer import ECHO, Peer, play

from reference.neuron.gateway import GatewayRole


async def inject(role: GatewayRole, **members: Any) -> str:
    answer = await role.call("inject_task", {"capability": "conf/echo", **members})
    return str(answer["task_id"])


async def state(role: GatewayRole, task_id: str) -> str:
    return str((await role.call("task", {"task_id": task_id}))["state"])


def test_a_task_goes_to_a_neuron_and_its_result_comes_back() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            task_id = await inject(role, input={"a": None, "big": 10**30}, workflow_id="w")
            lease = await stream.lease()
            assert lease["task"] == {
                "taskId": task_id,
                "workflowId": "w",
                "capability": "conf/echo",
                "input": {"a": None, "big": 10**30},
                "attempt": 0,
            }
            assert (lease["inputSchema"], lease["outputSchema"]) == (None, None)
            assert await state(role, task_id) == "leased"
            answer = await peer.ack(lease, output={"echo": 1.0})
            assert (answer.status, answer.json) == (200, {"ok": True})
            view = await role.call("task", {"task_id": task_id})
            assert (view["state"], view["output"]) == ("done", {"echo": 1.0})

    play(scene)


def test_headers_come_before_anything_is_said() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        async with peer.open() as stream:
            assert stream.response.headers["Content-Type"] == "text/event-stream"

    play(scene)


def test_an_idle_stream_is_kept_alive_by_comments() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> bytes:
        async with peer.open() as stream:
            return await stream.response.content.readuntil(b"\n\n")

    assert play(scene, keep_alive=0.05) == b": keep-alive\n\n"


def test_a_neuron_that_hangs_up_loses_its_lease_to_another() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered(neuron_id="a") as first:
            task_id = await inject(role)
            lease = await first.lease()
            async with peer.registered(neuron_id="b") as second:
                first.close()
                again = await second.lease()
                assert again["leaseId"] != lease["leaseId"]
                assert again["task"]["taskId"] == task_id
                assert again["task"]["attempt"] == 1

    play(scene)


def test_stopping_says_goodbye() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            await role.stop()
            goodbye = await stream.frame("disconnect")
            assert (goodbye["reconnectable"], goodbye["code"]) == (True, "SHUTDOWN")
            assert await stream.ended()

    play(scene)


def test_a_reset_ends_the_streams() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            await role.reset()
            assert await stream.ended()
        async with peer.registered(ECHO):
            assert [each["neuron_id"] for each in await role.call("neurons", {})] == ["n1"]

    play(scene)


def test_a_heartbeat_without_a_session_ends_the_stream() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        async with peer.open() as stream:
            assert (await peer.beat()).status == 409
            assert await stream.ended()

    play(scene)
