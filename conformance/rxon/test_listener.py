"""RXON-LSN and RXON-SER: what is served, and how it is spelled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken
from conformance.rxon import VERSION_HEADER
from conformance.rxon import scenarios_listener as listener
from conformance.rxon.scenarios_identity import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

WORKER_ROUTES = "/_worker/"


def spoken(seen: Seen) -> Iterator[Event]:
    """Yield everything with JSON in it that the target said on the workers' routes."""
    for answer in seen.all_answers():
        served = answer.reply.direction is Direction.TARGET
        event = answer.reply if served else answer.request
        if answer.request.data["target"].startswith(WORKER_ROUTES) and is_json(event.body):
            yield event
    yield from seen.events_of("ws.message", direction=Direction.TARGET)


def is_json(body: bytes) -> bool:
    """Whether there is JSON in a body."""
    try:
        return json.loads(body) is not None
    except ValueError:
        return False


def null_members(value: Any, path: str = "") -> Iterator[str]:
    """Yield where an object, at any depth, has a member that is null."""
    if isinstance(value, dict):
        yield from (f"{path}/{name}" for name, member in value.items() if member is None)
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in inner:
        if isinstance(member, dict | list):
            yield from null_members(member, f"{path}/{name}")


@check("RXON-SER-11")
def test_no_member_that_is_sent_is_null(seen: Seen) -> None:
    for event in spoken(seen):
        value = json.loads(event.body)
        if isinstance(value, dict | list):
            for path in null_members(value):
                raise Broken(f"the member {path} is null", event)


@check("RXON-SER-12")
def test_no_integral_number_is_sent_with_a_fraction(seen: Seen) -> None:
    for event in spoken(seen):
        spelled: list[str] = []
        json.loads(event.body, parse_float=spelled.append)
        for text in spelled:
            if "." in text and float(text).is_integer():
                raise Broken(f"an integral number is spelled {text}", event)


@check("RXON-LSN-02", listener.routes, cases=tuple(ROUTES))
def test_a_route_is_served_with_its_method_alone(seen: Seen, route: str) -> None:
    served = seen.answer(f"its method: {route}")
    served.must(served.status not in {None, 404, 405}, "the route is not served")
    seen.answer(f"another method: {route}").must_be(405)


@check("RXON-LSN-02", listener.routes, cases=("another path",))
def test_a_path_that_is_none_is_not_found(seen: Seen, what: str) -> None:
    for answer in seen.answers(what):
        answer.must_be(404)


@check(
    "RXON-LSN-03",
    listener.versions,
    cases=("an acceptance", "a refusal", "an empty answer", "a long answer"),
)
def test_an_answer_names_the_version(seen: Seen, kind: str) -> None:
    version = seen.answer("an acceptance").member("version")
    for answer in seen.answers(kind):
        named = answer.header(VERSION_HEADER)
        answer.must(named, f"the answer has no header {VERSION_HEADER}")
        answer.must(version in {None, named}, "another version than that of the registration")


@check("RXON-LSN-04", listener.giant_body)
def test_a_giant_body_is_refused_and_nothing_else(seen: Seen) -> None:
    for answer in seen.negatives("a giant body"):
        answer.must_be(413)
    seen.answer("a heartbeat afterwards").must_be(200)


@check(
    "RXON-LSN-05",
    listener.deep_body,
    cases=("a deep body", "an endlessly deep body"),
)
def test_a_deep_body_is_refused_and_nothing_else(seen: Seen, what: str) -> None:
    if what == "a deep body":
        list(seen.negatives(what))
    for answer in seen.answers(what):
        refused = answer.status is not None and 400 <= answer.status < 600
        answer.must(refused, "expected a refusal (4xx or 5xx)")
    seen.answer("a heartbeat afterwards").must_be(200)
