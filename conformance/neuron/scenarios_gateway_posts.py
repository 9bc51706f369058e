"""Conversations about posting as such: paths, spellings, answers, and frames that are none."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron import malformed
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, EVENTS, KINDS, SHORT_TTL_MS, Neuron, path_of, twin
from conformance.neuron.scenarios_gateway_auth import frame_of

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Body

BESIDE = "a stream beside malformed posts"
BYSTANDER = "a bystander's stream"
ANSWERED = 30.0  # seconds; sheet 2.2: then a neuron gives up
FLOOD, FLOOD_BYTES = 24, 512 * 1024  # together more than any socket buffers hold


def spaced(body: Any) -> bytes:
    """Return JSON as httpx 0.27 writes it (sheet 4.2, form B)."""
    return json.dumps(body).encode()


def compact(body: Any) -> bytes:
    """Return JSON as httpx 0.28 writes it (sheet 4.2, form A)."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def backwards(body: Any) -> bytes:
    """Return JSON with the members of every object in reverse order."""
    return compact(reverse(body))


def reverse(value: Any) -> Any:
    """Return a value whose objects have their members in reverse order."""
    if isinstance(value, dict):
        return {name: reverse(value[name]) for name in reversed(value)}
    return [reverse(each) for each in value] if isinstance(value, list) else value


def roomy(body: Any) -> bytes:
    """Return JSON on many lines, with a line feed at the end."""
    return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


SPELLINGS = {"compact": compact, "spaced": spaced, "backwards": backwards, "roomy": roomy}
CLOCKS = ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")
INSTANTS = ("2026-05-09T10:00:00Z", "2026-05-09T10:00:00.120000Z")


@scenario()
async def paths(stage: Stage) -> None:
    """Post an empty object to each path, and to some that are none; ask in the wrong way."""
    neuron = Neuron(stage)
    await neuron.open()
    for kind in KINDS:
        await neuron.post(kind, b"{}", tag=f"nothing to {kind}")
    headers = neuron.headers()
    await neuron.post("no-such-frame", b"{}", tag="an unknown path")
    for kind in ("register", "heartbeat"):
        await neuron.http.ask("GET", path_of(kind), headers=headers, tag=f"GET {kind}")
    json_headers = [("Content-Type", "application/json"), *headers]
    await neuron.http.ask("POST", EVENTS, headers=json_headers, body=b"{}", tag="POST events")


@scenario()
async def spellings(stage: Stage) -> None:
    """Register in every spelling of JSON that neurons are known to send, and then some."""
    for name, spell in SPELLINGS.items():
        neuron = Neuron(stage, neuron_id=f"né 1 {stage.unique('neuron')}")
        await neuron.open()
        tag = f"a {name} register"
        await neuron.post("register", spell(neuron.registration()), tag=tag)


@scenario()
async def instants(stage: Stage) -> None:
    """Send heartbeats with times with and without a fraction."""
    neuron = await Neuron(stage).joined()
    for at in INSTANTS:
        flight = {"leaseId": "l1", "taskId": "t1", "startedAt": at}
        body = neuron.beat(sentAt=at, inFlight=[flight])
        await neuron.post("heartbeat", body, tag=f"a heartbeat of {at}")


# A gateway that never answers is given all its time.
@scenario(bound=2 * ANSWERED)
async def unread(stage: Stage) -> None:
    """Register and beat without reading the stream, when it is empty and when it is full."""
    neuron = Neuron(stage)
    await neuron.open(tag="a stream that nobody reads")
    (await neuron.stream()).pause()
    wide = neuron.registration(capabilities=[neuron.capability(concurrency=FLOOD)])
    await neuron.post("register", wide, tag="register, unread", within=ANSWERED)
    for _ in range(FLOOD):  # past the record, which would have to keep it all
        await stage.instance.call("inject_task", capability=neuron.type, input="x" * FLOOD_BYTES)
    beat = neuron.beat()
    await neuron.post("heartbeat", beat, tag="heartbeat, unread", within=ANSWERED)
    await neuron.post("register", wide, tag="register again, unread", within=ANSWERED)


@scenario(bound=25)
async def invalid(stage: Stage) -> None:
    """Post every malformed frame of every kind; look after the stream, and another neuron's."""
    bystander = await Neuron(stage).joined(tag=BYSTANDER)
    await bystander.heartbeat()
    neuron = await Neuron(stage).joined(tag=BESIDE)
    await post_all(neuron, "register", neuron.registration())
    await neuron.register(tag="register after malformed ones")
    await post_all(neuron, "update-capability", neuron.update())
    await post_all(neuron, "heartbeat", flying(neuron))
    for name, raw in malformed.monsters().items():
        await neuron.post("heartbeat", raw, tag=f"a monster: {name}")
    for at in CLOCKS:
        await neuron.heartbeat(tag=f"a monster: the clock says {at}", sentAt=at)
    await neuron.heartbeat(tag="a heartbeat after malformed posts")
    await bystander.heartbeat(tag="a bystander's heartbeat")
    await neuron.ended(within=0.1)
    desk = Desk(stage)
    await desk.inject(neuron.type)
    lease = await neuron.next_lease(within=COMES)
    if lease is None:
        return
    for kind in ("progress", "ack", "nack"):
        await post_all(neuron, kind, complete(neuron, kind, lease.id))
    await neuron.ack(lease, tag="the ack after malformed posts")


def flying(neuron: Neuron) -> Body:
    """Return a heartbeat that lists a lease, so that there is more to spoil."""
    at = INSTANTS[1]
    return neuron.beat(inFlight=[{"leaseId": "l1", "taskId": "t1", "startedAt": at}])


def complete(neuron: Neuron, kind: str, lease_id: str) -> Body:
    """Return a frame about a lease with all its optional members."""
    optional = {"progress": {"message": "m"}, "nack": {"code": "C"}}.get(kind, {})
    return {**frame_of(neuron, kind, lease_id), **optional}


async def post_all(neuron: Neuron, kind: str, valid: Body) -> None:
    """Post what can be wrong about a frame; before, where it changes nothing, the frame itself."""
    if kind not in {"ack", "nack"}:
        await neuron.post(kind, valid, tag=twin(f"an invalid {kind}"))
    for raw in malformed.variants(kind, valid).values():
        await neuron.post(kind, raw, tag=f"an invalid {kind}")


@scenario()
async def lost(stage: Stage) -> None:
    """Lose an ack for ever, half of it on its way, and take the task again."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.offering(leaseTtlMs=SHORT_TTL_MS)
    task_id = await desk.inject(neuron.type)
    stage.note("a task whose ack is lost", task_id=task_id)
    lease = await neuron.lease()
    await half_an_ack(neuron, lease.id)
    again = await neuron.next_lease(within=lease.seconds + COMES)
    if again is not None:
        await neuron.ack(again, tag="the ack that arrives")
        await desk.settle(task_id, "done", tag="the task after its second ack")


async def half_an_ack(neuron: Neuron, lease_id: str) -> None:
    """Send the first half of an ack and break the connection."""
    body = compact(neuron.success(lease_id))
    head = [
        f"POST {path_of('ack')} HTTP/1.1",
        "Host: gateway",
        f"Authorization: Bearer {neuron.token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    tcp = await neuron.stage.tcp()
    await tcp.send_bytes("\r\n".join([*head, "", ""]).encode() + body[: len(body) // 2])
    await asyncio.sleep(0)
    tcp.abort()
