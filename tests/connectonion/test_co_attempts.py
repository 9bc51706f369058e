"""What checks find of a frame and of what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.connectonion.attempts import attempted, must_be_passed_over
from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.verdict import Broken

OUTPUT = {"type": "OUTPUT", "result": "x"}
REFUSAL = {"type": "ERROR", "message": "forbidden: blocked"}


def seen(*came: dict[str, Any], answered: bool = True) -> Seen:
    """Return a conversation in which one frame was sent, and these came."""
    recorder = Recorder(Transcript(clock=lambda: 0.0), "s")
    sent = recorder.sent("ws.message", "c1", body=b"{}")
    recorder.received("ws.message", "c2", body=b'{"type": "elsewhere"}')
    events = [
        recorder.received("ws.message", "c1", body=json.dumps(each).encode()) for each in came
    ]
    last = events[-1].number if answered else None
    recorder.note("note", tag="it", data={"sent": sent.number, "answer": last})
    return Seen(recorder.transcript.events, {})


def test_an_attempt_is_what_was_sent_what_answered_and_what_came_between() -> None:
    tried = attempted(seen({"type": "PING"}, {"type": "note"}, OUTPUT), "it")
    assert tried.sent.connection == "c1"
    assert tried.came.body == OUTPUT
    assert [frame.type for frame in tried.between] == ["PING", "note"]


def test_without_an_answer_everything_that_came_is_between() -> None:
    tried = attempted(seen(OUTPUT, OUTPUT, answered=False), "it")
    assert len(tried.between) == 2
    with pytest.raises(Broken, match="nothing answered it"):
        tried.must_be("OUTPUT")


def test_what_was_not_noted_is_missing() -> None:
    with pytest.raises(Missing):
        attempted(seen(OUTPUT), "something else")


def test_an_error_has_its_text_and_a_refusal_its_beginning() -> None:
    tried = attempted(seen(REFUSAL), "it")
    tried.must_be_error("forbidden: blocked")
    tried.must_be_refused("forbidden")
    with pytest.raises(Broken, match="not 'forbidden'"):
        tried.must_be_error("forbidden")
    with pytest.raises(Broken, match="does not begin with unauthorized"):
        tried.must_be_refused("unauthorized")
    with pytest.raises(Broken, match="expected OUTPUT"):
        tried.must_be("OUTPUT")


def test_what_is_passed_over_is_followed_by_an_output_and_pings_at_most() -> None:
    must_be_passed_over(seen({"type": "PING"}, OUTPUT), "it")
    with pytest.raises(Broken, match="it was answered"):
        must_be_passed_over(seen(REFUSAL, OUTPUT), "it")
    with pytest.raises(Broken, match="expected OUTPUT"):
        must_be_passed_over(seen(REFUSAL), "it")
