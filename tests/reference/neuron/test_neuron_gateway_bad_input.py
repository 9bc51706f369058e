"""What strangers send is answered, never with a fault of ours, and disturbs nobody else."""

import asyncio
import json
from typing import Any

import pytest
import yarl
from neuron_peer import ECHO, Peer, now, play

from reference.neuron.gateway import GatewayRole
from reference.neuron.messages import FROM_NEURON

VALID: dict[str, Any] = {
    "register": {"neuronId": "n1", "protocolVersion": "1.0.0", "capabilities": [ECHO]},
    "update-capability": {"neuronId": "n1", "capability": ECHO},
    "heartbeat": {"neuronId": "n1", "inFlight": [], "sentAt": now()},
    "ack": {"leaseId": "l1", "completedAt": now()},
    "nack": {"leaseId": "l1", "kind": "terminal", "reason": "r", "failedAt": now()},
    "progress": {"leaseId": "l1", "sentAt": now()},
}


def bad_bodies(kind: str) -> dict[str, bytes]:
    """Return bodies that are no frame of this kind, by what is wrong with them."""
    frame = {"type": kind, **VALID[kind]}
    other = next(name for name in VALID if name != kind)
    first = next(iter(VALID[kind]))
    missing = {name: value for name, value in frame.items() if name != first}
    good = json.dumps(frame).encode()
    return {
        "nothing": b"",
        "no JSON": b"{nope",
        "something after it": good + b"x",
        "an array": b"[" + good + b"]",
        "a number": b"5",
        "null": b"null",
        "no type": json.dumps(VALID[kind]).encode(),
        "another type": json.dumps({**frame, "type": other}).encode(),
        "a type that is an array": json.dumps({**frame, "type": []}).encode(),
        "a missing member": json.dumps(missing).encode(),
        "a null member": json.dumps({**frame, first: None}).encode(),
        "an unknown member": json.dumps({**frame, "zz": 1}).encode(),
        "a member of the wrong type": json.dumps({**frame, first: {"a": 1}}).encode(),
        "bytes that are no UTF-8": good.replace(b'"type"', b'"ty\xffpe"'),
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": json.dumps(frame).encode("utf-16"),
        "depth": b'{"type":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "depth without end": b"[" * 1_000_000,
        "a giant number": good[:-1] + b',"n":' + b"1" * 5000 + b"}",
        "NaN": good[:-1] + b',"n":NaN}',
    }


@pytest.mark.parametrize("kind", FROM_NEURON)
def test_what_is_no_frame_is_an_invalid_frame(kind: str) -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            for wrong, body in bad_bodies(kind).items():
                answer = await peer.ask("POST", f"/neuron/{kind}", data=body)
                assert (answer.status, answer.json["code"]) == (400, "INVALID_FRAME"), wrong
            await role.call("inject_task", {"capability": "conf/echo"})
            assert (await peer.ack(await stream.lease())).status == 200

    play(scene)


@pytest.mark.parametrize("kind", FROM_NEURON)
def test_nobody_knows_a_stranger(kind: str) -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        for shown in (None, "", "Bearer", "Bearer ", "Bearer wrong", "neuron-token", "Basic eA=="):
            headers = {} if shown is None else {"Authorization": shown}
            async with peer.session.post(f"/neuron/{kind}", json={}, headers=headers) as answer:
                assert answer.status == 401
                assert await answer.json() == {"error": "unauthorized"}

    play(scene)


def test_a_body_of_the_limit_is_read_and_a_longer_one_is_not() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[int]:
        statuses = []
        for size in (100_000, 100_001, 900_000):
            body = b'{"type":"ack","output":"' + b"x" * (size - 26) + b'"}'
            answer = await peer.ask("POST", "/neuron/ack", data=body)
            statuses.append(answer.status)
            assert answer.json["error"]
        return statuses

    assert play(scene, body_limit=100_000) == [400, 413, 413]


def test_other_paths_and_methods_are_refused_in_json() -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> list[tuple[int, str]]:
        asked = [
            ("GET", "/neuron/register"),
            ("POST", "/neuron/events"),
            ("HEAD", "/neuron/events"),
            ("PUT", "/neuron/ack"),
            ("GET", "/"),
            ("POST", "/neuron/nope"),
            ("POST", "/neuron/ack/"),
        ]
        answers = [await peer.ask(*each) for each in asked]
        return [(answer.status, answer.headers.get("Content-Type", "")) for answer in answers]

    found = play(scene)
    assert [status for status, _ in found] == [405, 405, 405, 405, 404, 404, 404]
    assert {kind for _, kind in found} == {"application/json"} | {found[2][1]}


@pytest.mark.parametrize(
    "query", ["", "?", "?neuronId=", "?neuronId", "?neuronid=a", "?neuronId=%ff"]
)
def test_a_stream_needs_a_neuron(query: str) -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        url = yarl.URL(f"/neuron/events{query}", encoded=True)
        answer = await peer.ask("GET", url)
        assert (answer.status, answer.json["code"]) == (400, "NO_NEURON_ID")

    play(scene)


@pytest.mark.parametrize("name", ["a b/c?d=é&x#y%41", "+", "ü", "\x00", "n" * 5000])
def test_a_name_may_be_anything(name: str) -> None:
    async def scene(peer: Peer, _role: GatewayRole) -> None:
        async with peer.registered(neuron_id=name):
            pass

    play(scene)


def test_half_a_surrogate_pair_comes_back_as_it_was() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            asked = {"capability": "conf/echo", "input": "\ud800"}
            task_id = (await role.call("inject_task", asked))["task_id"]
            lease = await stream.lease()
            assert lease["task"]["input"] == "\ud800"
            assert (await peer.ack(lease, output="\udfff")).status == 200
            answer = await peer.ask("GET", f"/tasks/{task_id}")
            assert answer.json["output"] == "\udfff"

    play(scene)


def test_a_clock_that_is_wrong_changes_nothing() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            await role.call("inject_task", {"capability": "conf/echo"})
            lease = await stream.lease()
            for at in ("1970-01-01T00:00:00Z", "2999-01-01T00:00:00+14:00"):
                beat = await peer.post("heartbeat", neuronId="n1", inFlight=[], sentAt=at)
                assert beat.status == 200
            ack = await peer.post(
                "ack", leaseId=lease["leaseId"], completedAt="0001-01-01T00:00:00Z"
            )
            assert ack.status == 200

    play(scene)


def test_a_neuron_that_does_not_read_disturbs_no_other() -> None:
    big = "x" * 1_000_000

    async def scene(peer: Peer, role: GatewayRole) -> None:
        deaf = {"type": "conf/deaf", "scope": "any", "concurrency": 10**6}
        async with peer.registered(deaf, neuron_id="deaf"), peer.registered() as stream:
            tasks = [
                (await role.call("inject_task", {"capability": "conf/deaf", "input": big}))[
                    "task_id"
                ]
                for _ in range(100)
            ]
            for _ in range(20):
                await role.call("inject_task", {"capability": "conf/echo"})
                assert (await peer.ack(await stream.lease())).status == 200
            states = [(await role.call("task", {"task_id": each}))["state"] for each in tasks]
            assert 64 <= states.count("leased") < 100

    play(scene)


def test_a_frame_that_is_cut_off_has_no_effect() -> None:
    async def scene(peer: Peer, role: GatewayRole) -> None:
        async with peer.registered() as stream:
            task_id = (await role.call("inject_task", {"capability": "conf/echo"}))["task_id"]
            lease = await stream.lease()
            host, port = role.url.removeprefix("http://").split(":")
            _reader, writer = await asyncio.open_connection(host, int(port))
            body = json.dumps({"type": "ack", "leaseId": lease["leaseId"], "completedAt": now()})
            head = (
                "POST /neuron/ack HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer neuron-token\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body[:-1].encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            assert (await peer.beat(lease)).status == 200
            assert (await role.call("task", {"task_id": task_id}))["state"] == "leased"

    play(scene)
