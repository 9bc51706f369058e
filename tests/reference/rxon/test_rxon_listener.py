"""What handlers' outcomes are on the wire, with the table of sheet 2.2 as literal data."""

from typing import Any

import pytest

from reference.rxon import listener
from reference.rxon.listener import Answer, Fault, Raised, Route
from reference.rxon.revision import NEWEST


def nested(containers: int) -> Any:
    value: Any = 1
    for _ in range(containers):
        value = [value]
    return value


@pytest.mark.parametrize("route", Route)
def test_what_a_handler_returns_is_sent_in_normal_form(route: Route) -> None:
    answer = listener.returned(route, {"b": 1.0, "a": None})
    assert answer == Answer(200, b'{"b":1}', is_json=True)


@pytest.mark.parametrize(
    ("route", "answer"),
    [
        (Route.REGISTER, Answer(200, b'{"status":"registered"}', is_json=True)),
        (Route.RESULT, Answer(200, b'{"status":"ok"}', is_json=True)),
        (Route.EVENT, Answer(200, b'{"status":"event_accepted"}', is_json=True)),
        (Route.POLL, Answer(204)),
        (Route.HEARTBEAT, Answer(200, b"null", is_json=True)),
        (Route.TOKEN, Answer(200, b"null", is_json=True)),
    ],
)
def test_a_handler_that_returns_nothing(route: Route, answer: Answer) -> None:
    assert listener.returned(route, None) == answer


@pytest.mark.parametrize(("value", "written"), [({}, b"{}"), ([], b"[]"), (0, b"0")])
def test_a_heartbeat_is_answered_with_whatever_little(value: Any, written: bytes) -> None:
    assert listener.returned(Route.HEARTBEAT, value).body == written


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (Raised(fault=Fault.PERMISSION, message="m"), (403, b'{"error":"m"}')),
        (Raised(fault=Fault.VALUE, message="m"), (400, b'{"error":"m"}')),
        (Raised(fault=Fault.OTHER, message="m"), (500, b'{"error":"m"}')),
        (Raised(fault=Fault.HTTP, message="m", status=418), (418, b'{"error":"m"}')),
        (
            Raised(fault=Fault.LIMIT, message="m"),
            (429, b'{"error":"m","code":"LIMIT_EXCEEDED_ERROR"}'),
        ),
        (Raised(fault=Fault.LIMIT, message="m", code="C"), (429, b'{"error":"m","code":"C"}')),
    ],
)
def test_a_handler_that_gives_up(raised: Raised, answer: tuple[int, bytes]) -> None:
    assert listener.failed(raised) == Answer(*answer, is_json=True)


def test_what_cannot_be_written_is_an_error_of_the_server() -> None:
    assert listener.returned(Route.POLL, nested(101)).status == 500


def test_before_there_is_a_handler() -> None:
    error = Answer(500, b'{"error":"No handler configured"}', is_json=True)
    assert listener.unhandled(Route.RESULT) == error
    assert listener.unhandled(Route.POLL) == Answer(500)


def test_another_revision_says_that_it_is_not_ready() -> None:
    error = Answer(503, b'{"error":"Service is initializing"}', is_json=True)
    assert listener.unhandled(Route.EVENT, revision=NEWEST) == error
    assert listener.unhandled(Route.POLL, revision=NEWEST) == Answer(
        503, b"Service is initializing"
    )
