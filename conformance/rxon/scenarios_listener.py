"""Conversations about what is served where, and about bodies that are too much."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.rxon import REGISTER
from conformance.rxon.peer import EVENTS, RESULT, TOKEN, Desk, Worker, path_of, twin
from conformance.rxon.sayings import without
from conformance.rxon.scenarios_identity import ROUTES
from reference.rxon import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.rxon.peer import Body

LIMIT = 1_048_576  # bytes of a body, RXON-LSN-04
LEVELS, TOO_MANY_LEVELS = 20, 150  # of a nested body, RXON-LSN-05
ENDLESS = 100_000  # levels; what parses them by recursion does not survive
COMPRESSIBLE = "assay " * 200  # the published orchestrator compresses from 500 bytes on

# A method that the route does not have.
OTHER_METHOD: Mapping[str, tuple[str, Callable[[Worker], str]]] = {
    "registration": ("GET", lambda _: REGISTER),
    "heartbeat": ("DELETE", lambda worker: path_of(worker.id)),
    "event": ("GET", lambda _: EVENTS),
    "result": ("GET", lambda _: RESULT),
    "poll": ("POST", lambda worker: f"{path_of(worker.id)}/tasks/next"),
    "token": ("GET", lambda _: TOKEN),
    "socket": ("POST", lambda worker: f"/_worker/ws/{worker.id}"),
}
NOWHERE = ("/_worker/nothing", "/_worker/tasks", "/_worker/events/1", "/_worker/tasks/results")


@scenario()
async def routes(stage: Stage) -> None:
    """Ask every route with its method and with another, then paths that are none."""
    worker = await Worker(stage).hired()
    for route, ask in ROUTES.items():
        await ask(worker, f"its method: {route}")
        method, path = OTHER_METHOD[route]
        await worker.send(method, path(worker), tag=f"another method: {route}")
    for nowhere in NOWHERE:
        await worker.send("POST", nowhere, {"worker_id": worker.id}, tag="another path")


@scenario()
async def versions(stage: Stage) -> None:
    """Collect an acceptance, refusals, an empty answer, a task and one worth compressing."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.register(tag="an acceptance")
    await worker.send("POST", REGISTER, b"{", tag="a refusal")
    await worker.send("PATCH", path_of(worker.id), token="", tag="a refusal")
    await worker.poll(tag="an empty answer")
    await desk.submit(worker.skill, params={"text": COMPRESSIBLE})
    await worker.http.ask(
        "GET",
        f"{path_of(worker.id)}/tasks/next",
        headers=[*worker.headers(), ("Accept-Encoding", "gzip, deflate")],
        within=worker.hold + 5.0,
        tag="a long answer",
    )


@scenario()
async def giant_body(stage: Stage) -> None:
    """Send an event of one byte too many and one that just fits."""
    worker = await Worker(stage).hired()
    for size, tag in ((LIMIT + 1, "a giant body"), (LIMIT - 1, twin("a giant body"))):
        await worker.send("POST", EVENTS, event_of(worker, size), tag=tag)
    await worker.heartbeat(tag="a heartbeat afterwards")


def event_of(worker: Worker, size: int) -> bytes:
    """Return a signed event of exactly so many bytes."""
    body = worker.happening("padded", {"padding": ""})
    missing = size - len(canonical.encode(worker.signed(body)))
    raw = canonical.encode(worker.signed({**body, "payload": {"padding": "x" * missing}}))
    # The next nonce may have one digit more than the one that was measured.
    return raw if len(raw) <= size else raw.replace(b"xx", b"x", 1)


def nested(levels: int) -> str:
    """Return JSON text of objects within objects."""
    return '{"a":' * levels + "1" + "}" * levels


def signed_by_text(worker: Worker, body: Body) -> bytes:
    """Sign a body that only the spelling of its text can sign, deep as it is.

    It must have no nulls and no fractions: then sorting the members makes its text canonical.
    """
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    signature = hmac.new(worker.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    security = {"signature": signature, "signer_id": worker.id}
    return json.dumps({**body, "security": security}, separators=(",", ":")).encode()


def deep_event(worker: Worker, levels: int) -> bytes:
    """Return an event with a payload of so many levels, correctly signed."""
    body = worker.happening("deep", json.loads(nested(levels)))
    whole = without(worker.signed(without(body, "payload")), "security")
    return signed_by_text(worker, {**without(whole, "bubbling_chain"), "payload": body["payload"]})


# Alone: whoever does not survive it takes no other conversation along.
@scenario(exclusive=True)
async def deep_body(stage: Stage) -> None:
    """Nest events within reason, beyond the limit, and beyond all reason."""
    worker = await Worker(stage).hired()
    for levels, tag in ((TOO_MANY_LEVELS, "a deep body"), (LEVELS, twin("a deep body"))):
        await worker.send("POST", EVENTS, deep_event(worker, levels), tag=tag)
    endless = f'{{"worker_id":"{worker.id}","payload":{nested(ENDLESS)}}}'.encode()
    await worker.send("POST", EVENTS, endless, tag="an endlessly deep body")
    await worker.heartbeat(tag="a heartbeat afterwards")
