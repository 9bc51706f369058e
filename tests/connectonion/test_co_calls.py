"""How a client's calls are read from a transcript."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.connectonion import calls
from conformance.connectonion.hosting import CALL
from conformance.connectonion.polls import is_given_up, polls_at
from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.transcript import Direction, Event
from conformance.kit.verdict import Broken, NotObserved

ABOUT, OTHER = "a call", "another"


def event(number: int, kind: str, direction: Direction = Direction.TARGET, **columns: Any) -> Event:
    return Event(number, float(number), "s", "c1", direction, kind, **columns)


def note(number: int, about: str = ABOUT, *, ours: bool = True) -> Event:
    data = {"about": about, "ours": ours}
    return event(number, "note", Direction.NOTE, tag=CALL, data=data)


def said(number: int, direction: Direction = Direction.TARGET, **frame: Any) -> Event:
    return event(number, "ws.message", direction, body=json.dumps(frame).encode())


def asking(number: int, session: Any = None) -> Event:
    return said(number, type="INPUT", prompt="p", session=session)


def get(number: int, path: str = "/sessions/s1") -> Event:
    return event(number, "http.request", data={"method": "GET", "target": path, "headers": []})


def told(number: int, about: str = ABOUT, **result: Any) -> list[Event]:
    params: dict[str, Any] = {"method": "ask", "params": {"prompt": "p"}}
    answer: dict[str, Any] = {"method": "ask", "result": result}
    return [
        event(number, "driver.call", Direction.NOTE, tag=about, data=params),
        event(number + 1, "driver.answer", Direction.NOTE, tag=about, data=answer),
    ]


def read(*events: Event, about: str = ABOUT) -> calls.Told:
    return calls.call(Seen(events, {}), about)


def test_a_call_lasts_until_the_next() -> None:
    events = (note(0), asking(1, {"session_id": "s1"}), get(2), note(3, OTHER), asking(4))
    first, second = calls.calls(Seen(events, {}))
    assert (first.about, first.input.event.number, first.session_id) == (ABOUT, 1, "s1")
    assert [each.number for each in first.polls] == [2]
    assert (second.input.event.number, second.session_id) == (4, "")
    with pytest.raises(Missing):
        read(*events, about="no call")


def test_how_a_call_ended_may_be_told_when_the_next_has_begun() -> None:
    one = read(note(0), note(1, OTHER), *told(2, done=True, result="r"))
    assert one.prompt == "p"
    one.must_bring("r")


def test_a_call_without_an_input_breaks_what_needs_one() -> None:
    with pytest.raises(Broken, match="no INPUT"):
        _ = read(note(0)).input


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"done": True, "error": "no"}, "the error 'no'"),
        ({"done": True, "result": "s"}, "not 'r'"),
        ({"done": False, "asked": {}}, "as done"),
    ],
)
def test_another_end_is_no_result(outcome: dict[str, Any], words: str) -> None:
    with pytest.raises(Broken, match=words):
        read(note(0), *told(1, **outcome)).must_bring("r")


def test_an_error_must_say_why() -> None:
    failed = read(note(0), *told(1, done=True, error="it is so"))
    failed.must_fail("so")
    with pytest.raises(Broken, match="does not say"):
        failed.must_fail("otherwise")
    with pytest.raises(Broken, match="did not end with an error"):
        read(note(0), *told(1, done=True, result="r")).must_fail()


def test_a_call_that_does_not_end_is_broken() -> None:
    with pytest.raises(Broken, match="did not end"):
        read(note(0), told(1)[0]).must_bring("r")


def test_of_a_client_without_driver_is_seen_what_it_fetched() -> None:
    by_hand, record = note(0, ours=False), said(2, Direction.KIT, result="r")
    read(by_hand, asking(1), record).must_bring("r")
    with pytest.raises(Broken, match="never fetched"):
        read(by_hand, asking(1), record).must_bring("s")
    with pytest.raises(NotObserved, match="the driver method `ask`"):
        _ = read(by_hand, asking(1)).outcome
    with pytest.raises(NotObserved, match="the driver method `ask`"):
        _ = read(by_hand, asking(1)).prompt


def test_of_a_client_without_driver_is_seen_that_it_hung_up() -> None:
    closed = event(2, "ws.close", data={"code": 1011})
    read(note(0, ours=False), asking(1), closed).must_fail("anything")
    with pytest.raises(Broken, match="did not hang up"):
        read(note(0, ours=False), asking(1)).must_fail()


def test_who_polls_or_closes_listens_no_more() -> None:
    asked = read(note(0), asking(1, {"session_id": "s1"})).input
    closed = event(2, "ws.close", data={"code": 1000})
    assert is_given_up(closed, asked)
    assert is_given_up(get(2), asked)
    assert not is_given_up(get(2, "/sessions/s2"), asked)
    assert not is_given_up(event(2, "ws.close", Direction.KIT), asked)
    assert polls_at(get(2, "/sessions/a%2Fb"), "a/b")
    assert not polls_at(get(2, "/health"))
