"""The desk over HTTP, as programs use it."""

import asyncio
import json
from typing import Any

import pytest
from neuron_peer import Peer, Stream, play

from reference.neuron.gateway import GatewayRole
from reference.neuron.gateway_desk import Door, Teller, is_this_machine

TASK = {"capability": "conf/echo"}


async def told(stream: Stream) -> list[tuple[str, Any]]:
    """Read a story to its end."""
    events = []
    while (event := await stream.event()) is not None:
        events.append((event.name, json.loads(event.data)))
    return events


def test_a_task_is_told_from_its_queue_to_its_result() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[tuple[str, Any]]:
        answer = await peer.ask("POST", "/tasks", json={**TASK, "input": 1})
        assert answer.status == 202
        path = f"/tasks/{answer.json['task_id']}/events"
        async with peer.session.get(path) as response:
            story = asyncio.create_task(told(Stream(response)))
            await asyncio.sleep(0)
            async with peer.registered() as stream:
                lease = await stream.lease()
                at = "2026-05-09T10:00:00Z"
                lease_id = lease["leaseId"]
                await peer.post("progress", leaseId=lease_id, percent=5, sentAt=at)
                await peer.post("progress", leaseId=lease_id, message="m", sentAt=at)
                await peer.ack(lease, output=[1])
                return await story

    story = play(scene)
    assert story[0] == (
        "state",
        {
            "state": "pending",
            "attempt": 0,
            "waiting_for": "a neuron that offers conf/echo; none is connected",
        },
    )
    reports = [data for name, data in story if name == "progress"]
    assert reports == [{"percent": 5.0}, {"message": "m"}]
    assert (story[-1][0], story[-1][1]["output"]) == ("outcome", [1])


def test_a_task_that_is_over_is_told_at_once() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[tuple[str, Any]]:
        task_id = (await peer.ask("POST", "/tasks", json=TASK)).json["task_id"]
        cancelled = await peer.ask("DELETE", f"/tasks/{task_id}?reason=a%20b")
        assert (cancelled.status, cancelled.json["state"]) == (202, "cancelled")
        async with peer.session.get(f"/tasks/{task_id}/events") as response:
            return await told(Stream(response))

    assert [name for name, _ in play(scene)] == ["outcome"]


def test_tasks_neurons_and_health_are_shown() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        async with peer.registered():
            task_id = (await peer.ask("POST", "/tasks", json=TASK)).json["task_id"]
            (listed,) = (await peer.ask("GET", "/tasks")).json["tasks"]
            assert (listed["task_id"], listed["state"]) == (task_id, "leased")
            (neuron,) = (await peer.ask("GET", "/neurons")).json["neurons"]
            assert (neuron["neuron_id"], neuron["in_flight"]) == ("n1", 1)
            health = (await peer.ask("GET", "/health")).json
            assert (health["ok"], health["neurons"], health["tasks"]["leased"]) == (True, 1, 1)

    play(scene)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{nope", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b'{"capability":"a"}', {}, 400),
        (b'{"capability":"a/b","output_schema":false}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"capability":"a/b"}', {"Content-Type": "text/plain"}, 415),
        (b'{"capability":"a/b"}', {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"capability":"a/b","input":"' + b"x" * 20_000 + b'"}', {}, 413),
    ],
)
def test_what_is_no_task_is_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        kind = {"Content-Type": "application/json", **headers}
        answer = await peer.ask("POST", "/tasks", data=body, headers=kind)
        assert answer.status == status
        assert answer.json["error"]
        assert (await peer.ask("GET", "/tasks")).json == {"tasks": []}

    play(scene, body_limit=10_000 if status == 413 else 1_000_000)


def test_what_is_not_there_is_not_found() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[int]:
        asked = [("GET", "/tasks/x"), ("DELETE", "/tasks/x"), ("GET", "/tasks/x/events")]
        return [(await peer.ask(*each)).status for each in asked]

    assert play(scene) == [404, 404, 404]


def test_what_is_over_cannot_be_called_off() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[int]:
        task_id = (await peer.ask("POST", "/tasks", json=TASK)).json["task_id"]
        return [(await peer.ask("DELETE", f"/tasks/{task_id}")).status for _ in range(2)]

    assert play(scene) == [202, 409]


def test_a_reset_ends_every_story() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> list[str]:
        task_id = (await peer.ask("POST", "/tasks", json=TASK)).json["task_id"]
        async with peer.session.get(f"/tasks/{task_id}/events") as response:
            stream = Stream(response)
            first = await stream.event()
            assert first is not None
            await role.reset()
            return [first.name, *(name for name, _ in await told(stream))]

    assert play(scene) == ["state"]


def test_an_operator_token_locks_the_desk_but_not_the_health() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[int]:
        statuses = [(await peer.ask("GET", path)).status for path in ("/tasks", "/health")]
        peer.token = "op"
        return [*statuses, (await peer.ask("GET", "/tasks")).status]

    assert play(scene, operator_token="op") == [401, 200, 200]


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_this_machine(address: str | None, here: bool) -> None:  # noqa: FBT001
    assert is_this_machine(address) is here


def test_without_a_token_strangers_stay_outside() -> None:
    class Request:
        remote = "10.0.0.1"

    refusal = Door(None).refusal(Request())  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.status == 403


def test_a_watcher_is_told_what_is_new_and_nothing_twice() -> None:
    teller = Teller()
    view = {"state": "leased", "attempt": 0, "reports": 2, "progress": [{}, {"percent": 1.0}]}
    assert [name for name, _ in teller.news(view)] == ["state", "progress", "progress"]
    assert teller.news(view) == []
    view |= {"reports": 1003, "progress": [{}] * 1000}
    assert len(teller.news(view)) == 1000
    view |= {"state": "done", "reports": 1004, "progress": [{"percent": 2.0}]}
    assert [name for name, _ in teller.news(view)] == ["progress", "outcome"]
