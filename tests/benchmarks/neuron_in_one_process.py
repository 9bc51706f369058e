"""Event streams and frames; runs in the published SDK's environment, the reference on its path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx  # type: ignore[import-not-found]  # of the published environment
import side_by_side
from holokai_neuron_sdk import protocol, sse  # type: ignore[import-not-found]

from reference.neuron import messages
from reference.neuron import sse as own_sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

CALLS = 100
AT = "2026-05-09T10:00:00Z"
TASK = {
    "taskId": "t1",
    "workflowId": "w1",
    "capability": "core/echo",
    "input": {"rows": [{"n": number, "name": f"row {number}"} for number in range(20)]},
    "attempt": 0,
}
LEASE = {
    "type": "lease",
    "lease": {"leaseId": "l1", "expiresAt": AT, "task": TASK},
    "sentAt": AT,
}
TEXT = json.dumps(LEASE, separators=(",", ":"))
HEARTBEAT = {
    "type": "heartbeat",
    "neuronId": "n1",
    "inFlight": [
        {"leaseId": f"l{number}", "taskId": f"t{number}", "startedAt": AT} for number in range(10)
    ],
    "sentAt": AT,
}
STREAM = b": keep-alive\n\n" + f"event: lease\ndata: {TEXT}\n\n".encode() * 20
LARGE = b"event: lease\ndata: " + b"x" * 1_000_000 + b"\n\n"
PIECE = 16_384  # bytes of one read
GATEWAYS = messages.FROM_GATEWAY.keys()


def cut(stream: bytes, size: int) -> list[bytes]:
    """Return a stream as it comes from the network."""
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def to_its_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing: without a loop, so that none is measured."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waited")


def published_events(chunks: list[bytes]) -> int:
    """Count the events that the SDK reads."""

    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def count() -> int:
        return len([event.data async for event in sse.parse_sse_stream(arriving())])

    return int(to_its_end(count()))


def own_events(chunks: list[bytes]) -> int:
    """Count the events that the reference reads."""
    decoder = own_sse.Decoder()
    return sum(len(decoder.feed(chunk)) for chunk in chunks)


def published_lease() -> int:
    """Read a lease as the SDK does, and count the rows of its input."""
    frame = protocol.parse_server_frame(json.loads(TEXT))
    return len(frame.lease.task.input["rows"])


def own_lease() -> int:
    """Read a lease as the reference does."""
    frame: Any = messages.parse(TEXT, among=GATEWAYS)
    return len(frame.lease.task.input["rows"])


def published_body(frame: Any) -> bytes:
    """Return what the SDK posts, whose client writes the JSON."""
    body = frame.model_dump(by_alias=True, exclude_none=True, mode="json")
    return bytes(httpx.Request("POST", "http://gateway", json=body).content)


def pairs() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Return label -> (reference, published) calls that do the same."""
    leases, large = cut(STREAM, PIECE), cut(LARGE, PIECE)
    ours, theirs = messages.read(HEARTBEAT), protocol.HeartbeatFrame(**HEARTBEAT)
    return {
        "decode a stream of 20 leases": (
            lambda: own_events(leases),
            lambda: published_events(leases),
        ),
        "decode a lease of 1 MB": (lambda: own_events(large), lambda: published_events(large)),
        "read a lease": (own_lease, published_lease),
        "write a heartbeat of 10 leases": (
            lambda: messages.render(ours),
            lambda: published_body(theirs),
        ),
    }


side_by_side.report(pairs(), calls=CALLS)
