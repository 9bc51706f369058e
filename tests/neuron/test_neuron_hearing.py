"""How what a neuron says is read from a transcript."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.transcript import Direction, Event
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import hearing


def event(number: int, kind: str, direction: Direction = Direction.TARGET, **columns: Any) -> Event:
    return Event(number, float(number), "s", "c1", direction, kind, **columns)


def post(number: int, path: str, body: Any = None, **headers: str) -> Event:
    return event(
        number,
        "http.request",
        data={"method": "POST", "target": path, "headers": [list(p) for p in headers.items()]},
        body=json.dumps(body).encode(),
    )


def answer(number: int, to: int, status: int) -> Event:
    return event(number, "http.response", Direction.KIT, data={"to": to, "status": status})


def ending(number: int, path: str, lease_id: str = "l1", /, **members: Any) -> Event:
    return post(number, f"/neuron/{path}", {"leaseId": lease_id, **members})


def note(number: int, about: str, lease_id: str = "l1") -> Event:
    data = {"about": about, "lease_id": lease_id}
    return event(number, "note", Direction.NOTE, tag=hearing.LEASE, data=data)


def test_a_request_is_known_by_method_and_path_also_under_a_base() -> None:
    get = event(0, "http.request", data={"method": "GET", "target": "/b/neuron/events?neuronId=x"})
    assert hearing.kind_of(get) == hearing.OPEN
    assert hearing.kind_of(post(1, "/b/neuron/ack")) == "ack"
    assert [hearing.kind_of(post(1, path)) for path in ("/neuron/events", "/x", "/neuron/y")] == [
        "",
        "",
        "",
    ]
    assert hearing.kind_of(answer(1, 0, 200)) == ""


@pytest.mark.parametrize("body", [b"", b"[1]", b"nope", b"[" * 100_000])
def test_a_body_that_is_no_object_has_no_members(body: bytes) -> None:
    assert hearing.body_of(event(0, "http.request", body=body)) == {}


def test_a_bearer_is_what_follows_the_scheme() -> None:
    assert hearing.bearer(post(0, "/", AUTHORIZATION="Bearer a b")) == "a b"
    assert hearing.bearer(post(0, "/", Authorization="bearer a")) == ""
    assert hearing.bearer(post(0, "/")) == ""


def test_an_acceptance_is_of_a_request_that_was_shown_before() -> None:
    fits = hearing.is_accepted("register")
    events = [
        post(0, "/neuron/register"),
        answer(1, 0, 503),
        post(2, "/neuron/ack"),
        answer(3, 2, 200),
        post(4, "/neuron/register"),
        answer(5, 4, 204),
    ]
    assert [each.number for each in events if fits(each)] == [5]


def test_a_refusal_is_told_by_its_status() -> None:
    fits = hearing.is_refused("heartbeat", status=401)
    events = [post(0, "/neuron/heartbeat"), answer(1, 0, 401)]
    assert [fits(each) for each in events] == [False, True]


def test_the_neurons_clock_orders_instants_with_and_without_a_fraction() -> None:
    told = ["2026-01-01T00:00:01Z", "2026-01-01T00:00:01.5Z", "2026-01-01T00:00:02.000001Z"]
    ends = [ending(0, "ack", completedAt=text) for text in told]
    assert sorted(map(hearing.told_at, reversed(ends))) == [hearing.told_at(each) for each in ends]


def seen(*events: Event) -> Seen:
    return Seen(events, {})


def test_one_end_of_the_right_kind_is_what_a_lease_must_have() -> None:
    ack, nack = ending(1, "ack"), ending(2, "nack", kind="retryable")
    assert hearing.must_be_acked(seen(note(0, "a"), ack), note(0, "a")) is ack
    assert hearing.must_be_nacked(seen(nack), note(0, "a"), "retryable", "terminal") is nack
    with pytest.raises(Broken, match="no ack or nack came"):
        hearing.the_end(seen(ending(1, "ack", "l2")), note(0, "a"))
    with pytest.raises(Broken, match="ended 2 times"):
        hearing.the_end(seen(ack, nack), note(0, "a"))
    with pytest.raises(Broken, match="ended in a nack, not a ack"):
        hearing.must_be_acked(seen(nack), note(0, "a"))
    with pytest.raises(Broken, match="kind is 'retryable', not terminal"):
        hearing.must_be_nacked(seen(nack), note(0, "a"), "terminal")


def test_a_lease_that_must_not_run_may_be_nacked() -> None:
    hearing.must_not_be_executed(seen(ending(1, "nack")), note(0, "a"))
    with pytest.raises(Broken, match="was executed"):
        hearing.must_not_be_executed(seen(ending(1, "ack")), note(0, "a"))


def test_leases_are_found_by_what_they_are_about() -> None:
    looked = seen(note(0, "a", "l1"), note(1, "b", "l2"), note(2, "a", "l3"))
    assert [each.data["lease_id"] for each in hearing.leases(looked, "a")] == ["l1", "l3"]
    assert looked.subjects
    with pytest.raises(Missing):
        hearing.lease(looked, "c")


def test_what_was_not_said_is_not_observed() -> None:
    with pytest.raises(NotObserved, match="sent no heartbeat or ack"):
        hearing.said(seen(), "heartbeat", "ack")


def test_the_leases_of_the_gateway_are_read_from_its_stream() -> None:
    body = b'event: lease\ndata: {"type":"lease","lease":{"leaseId":"l9"}}\n\n'
    where = f"neuron.{hearing.BEHIND}"
    chunk = Event(0, 0.0, where, "c1", Direction.KIT, "http.chunk", data={"to": 0}, body=body)
    assert [lease_id for _, lease_id in hearing.granted(seen(chunk))] == ["l9"]
