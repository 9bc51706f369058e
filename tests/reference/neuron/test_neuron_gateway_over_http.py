"""The gateway as neurons and planners meet it, over HTTP."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from neuron_peer import ECHO, Peer, play

from reference.neuron import gateway_routes
from reference.neuron.gateway import GatewayRole
from reference.role import CannotError


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


def test_the_other_bearer_that_it_tells_of_is_one_as_long_as_the_first() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        old = role.facts["another_token"]
        async with peer.registered():
            peer.token = old
            assert (await peer.beat()).status == 200
            await role.call("rotate_token", {})
            assert (await peer.beat()).status == 401
            peer.token = role.facts["another_token"]
            assert (await peer.beat()).status == 200

    play(scene)
    play(nothing_is_counted, counted_tokens=False)


async def nothing_is_counted(_peer: Peer, role: GatewayRole) -> None:
    assert "another_token" not in role.facts


def test_a_heartbeat_without_a_session_ends_the_stream() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        async with peer.open() as stream:
            assert (await peer.beat()).status == 409
            assert await stream.ended()

    play(scene)


def test_a_neuron_that_does_not_read_for_too_long_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway_routes, "WRITE_SECONDS", 0.1)

    async def scene(peer: Peer, role: GatewayRole) -> None:
        deaf = {**ECHO, "concurrency": 50}
        async with peer.registered(deaf, neuron_id="deaf"):
            tasks = [await inject(role, input="x" * 1_000_000) for _ in range(50)]
            while (await role.call("neurons", {}))[0]["connected"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            async with peer.registered(deaf, neuron_id="other") as stream:
                leased = {(await stream.lease())["task"]["taskId"] for _ in tasks}
                assert leased == set(tasks)

    play(scene)


def test_many_neurons_connect_work_and_are_told_goodbye() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with contextlib.AsyncExitStack() as streams:
            opened = [
                await streams.enter_async_context(peer.registered(neuron_id=f"n{number}"))
                for number in range(200)
            ]
            for _ in opened:
                await inject(role)
            leases = await asyncio.gather(*(stream.lease() for stream in opened))
            answers = await asyncio.gather(*(peer.ack(lease) for lease in leases))
            assert {answer.status for answer in answers} == {200}
            await role.stop()
            goodbyes = await asyncio.gather(*(stream.frame("disconnect") for stream in opened))
            assert len(goodbyes) == 200

    play(scene)


def test_a_stream_ends_without_a_word_when_told() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            await role.call("end_stream", {"neuron_id": "n1"})
            assert await stream.ended()

    play(scene)


def test_a_second_stream_ends_the_first() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as first, peer.registered() as second:
            assert await first.ended()
            await inject(role)
            assert await second.lease()

    play(scene)


def test_a_rotated_bearer_leaves_the_stream_open() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            token = (await role.call("rotate_token", {}))["token"]
            assert role.facts["token"] == token
            assert (await peer.beat()).status == 401
            peer.token = f"{token}-3"
            assert (await peer.beat()).status == 200
            await inject(role)
            assert await stream.lease()

    play(scene)


def test_a_port_that_is_taken_is_an_error_of_the_system() -> None:
    async def scene(_peer: Peer, role: GatewayRole) -> None:
        port = int(role.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            await GatewayRole().start(host="127.0.0.1", port=port, settings={}, store=None)

    play(scene)


def test_a_store_that_is_none_cannot_be_used(tmp_path: Path) -> None:
    async def start() -> None:
        await GatewayRole().start(host="127.0.0.1", port=0, settings={}, store=str(tmp_path))

    with pytest.raises(CannotError, match="cannot be used"):
        asyncio.run(start())


def test_a_gateway_that_is_not_running_does_nothing() -> None:
    async def call() -> None:
        role = GatewayRole()
        await role.stop()
        await role.call("neurons", {})

    with pytest.raises(CannotError, match="not running"):
        asyncio.run(call())
