"""What the checks of a tracker make of answers that every implementation shapes in its own way."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.elo.test_tracker import error_of, holds, named, objects
from conformance.elo.wire import Message
from conformance.kit.transcript import Direction, Event

ERROR = {"code": "NO_PEER", "message": "m"}


def result(**body: Any) -> Message:
    event = Event(
        number=1,
        time=0.0,
        scenario="s",
        connection="c",
        direction=Direction.TARGET,
        kind="frame",
        tag="",
        data={},
        body=b"",
    )
    return Message(event, {"type": "result", **body})


@pytest.mark.parametrize(
    ("payload", "held"),
    [
        ({"n": 1}, True),
        ({"status": "success", "payload": {"n": 1}, "error": None}, True),
        ({"echo": {"payload": {"n": 1}}}, False),
        (None, False),
        ([{"n": 1}], False),
    ],
)
def test_a_relayed_payload_stands_alone_or_as_a_member(payload: Any, held: bool) -> None:  # noqa: FBT001
    assert holds(payload, {"n": 1}) is held


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"status": "error", "error": ERROR}, ERROR),
        ({"status": "error"}, {}),
        ({"status": "success", "payload": {"status": "error", "error": ERROR}}, ERROR),
        ({"status": "success", "payload": {"status": "error"}}, {}),
        ({"status": "success", "payload": {"status": "success"}}, None),
        ({"status": "success", "payload": 5}, None),
    ],
)
def test_a_relay_may_fail_in_its_status_or_in_its_payload(body: Any, error: Any) -> None:
    assert error_of(result(**body)) == error


def test_known_peers_are_a_list_or_a_member_that_is_one() -> None:
    peers = [{"addr": "abc@h:1"}, {"node_id": "abcdef"}, {"addr": "x@h:2"}]
    for payload in (peers, {"peers": peers}, {"count": 3, "peers": peers}):
        assert [each for each in objects(payload) if named(each, "abc")] == peers[:2]
    assert objects(5) == objects({"peers": None}) == []
