"""Frames as checks read them from the chunks of a transcript."""

import json

import pytest

from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.transcript import Direction, Event
from conformance.kit.verdict import Broken
from conformance.neuron import streams
from conformance.neuron.peer import Lease, lifetime

LEASE = {
    "type": "lease",
    "sentAt": "2026-01-01T00:00:00Z",
    "lease": {
        "leaseId": "l1",
        "expiresAt": "2026-01-01T00:00:05.500000Z",
        "task": {"taskId": "t1", "capability": "a/b", "attempt": 0},
    },
}


def chunk(number: int, body: bytes, *, to: int = 1, tag: str = "s") -> Event:
    return Event(
        number, float(number), "scene", "c1", Direction.TARGET, "http.chunk", tag, {"to": to}, body
    )


def block(value: object) -> bytes:
    return f"event: lease\ndata: {json.dumps(value)}\n\n".encode()


def test_a_frame_is_proved_by_the_chunk_that_completed_it() -> None:
    raw = block(LEASE)
    found = list(streams.read([chunk(1, raw[:20]), chunk(2, raw[20:] + b": keep-alive\n\n")]))
    assert [(frame.kind, frame.name, frame.proof.number) for frame in found] == [
        ("lease", "lease", 2)
    ]
    assert (found[0].lease_id, found[0].task_id, found[0].time) == ("l1", "t1", 2.0)


def test_streams_are_read_each_by_itself() -> None:
    raw = block(LEASE)
    mixed = [chunk(1, raw[:9], to=1), chunk(2, raw[:9], to=2), chunk(3, raw[9:], to=1)]
    assert [frame.stream for frame in streams.read([*mixed, chunk(4, raw[9:], to=2)])] == [1, 2]


@pytest.mark.parametrize("value", [5, [], "x", {"type": 5}, {}])
def test_what_is_no_frame_has_no_kind(value: object) -> None:
    (frame,) = streams.read([chunk(1, block(value))])
    assert (frame.kind, frame.at("lease", "leaseId")) == ("", None)
    with pytest.raises(Broken, match="no frame"):
        frame.must(frame.kind, "no frame")


def test_what_is_looked_for_by_tag_and_kind_must_be_there() -> None:
    seen = Seen([chunk(1, block(LEASE), tag="one")], {})
    assert len(streams.frames(seen, "one", kind="lease")) == 1
    assert streams.leases(seen, "one", task="t2") == []
    for tag, kind in (("two", None), ("one", "cancel")):
        with pytest.raises(Missing):
            streams.frames(seen, tag, kind=kind)


def test_a_lease_lasts_from_when_it_was_sent() -> None:
    (frame,) = streams.read([chunk(1, block(LEASE))])
    assert lifetime(frame) == 5.5
    zoneless = {**LEASE, "lease": {**LEASE["lease"], "expiresAt": "2026-01-01T00:00:05"}}  # type: ignore[dict-item]
    (frame,) = streams.read([chunk(1, block(zoneless))])
    assert lifetime(frame) is None
    assert Lease.of(frame).seconds == 30.0
