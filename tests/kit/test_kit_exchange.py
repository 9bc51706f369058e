from __future__ import annotations

from typing import Any

import kit_world
import pytest

from conformance.kit.verdict import Broken
from conformance.kit.wire.exchange import Answer, answers


def exchange(body: bytes = b"", **data: Any) -> Answer:
    recorder = kit_world.recorder()
    request = recorder.sent("http.request", "c1", data={"method": "GET", "target": "/"})
    data = {"to": request.number, "headers": [], **data}
    kind = "http.failure" if "why" in data else "http.response"
    return Answer(request, recorder.received(kind, "c1", data=data, body=body))


def test_requests_are_paired_with_their_answers_whatever_the_order() -> None:
    recorder = kit_world.recorder()
    first = recorder.sent("http.request", "c1")
    second = recorder.sent("http.request", "c2")
    recorder.received("http.response", "c2", data={"to": second.number, "status": 202})
    recorder.received("http.failure", "c1", data={"to": first.number, "why": "gone"})
    recorder.received("http.response", "c3", data={"to": 99, "status": 500})
    found = list(answers(recorder.transcript.events))
    assert [(each.request.connection, each.status) for each in found] == [("c2", 202), ("c1", None)]


def test_an_answer_tells_status_headers_and_members() -> None:
    answer = exchange(b'{"status": "ok"}', status=200, headers=[["X-Name", "a"], ["x-name", "b"]])
    assert (answer.ok, answer.status, answer.failure) == (True, 200, "")
    assert (answer.header("x-NAME"), answer.header("absent")) == ("a", None)
    assert (answer.member("status"), answer.member("absent")) == ("ok", None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[1]", b"null"])
def test_a_body_that_is_no_object_has_no_members(body: bytes) -> None:
    assert exchange(body, status=200).member("status") is None


def test_a_failure_has_no_status_and_says_why() -> None:
    answer = exchange(why="no complete answer within 5 s")
    assert (answer.ok, answer.status, answer.shown()) == (
        False,
        None,
        "no complete answer within 5 s",
    )


def test_a_shown_answer_is_short() -> None:
    assert exchange(b"x" * 1000, status=404).shown() == "404 " + "x" * 160
    assert exchange(status=204).shown() == "204"


def test_the_time_is_that_between_request_and_reply() -> None:
    assert exchange(status=200).seconds == 1.0


@pytest.mark.parametrize("status", [400, 403, 499])
def test_any_4xx_is_a_refusal(status: int) -> None:
    exchange(status=status).must_be_refused()


@pytest.mark.parametrize("status", [200, 302, 399, 500])
def test_anything_else_is_no_refusal(status: int) -> None:
    answer = exchange(status=status)
    with pytest.raises(Broken, match=rf"expected a refusal \(4xx\), got {status}") as found:
        answer.must_be_refused()
    assert found.value.evidence == (answer.request, answer.reply)


def test_silence_is_neither_refusal_nor_acceptance() -> None:
    answer = exchange(why="closed")
    for demand in (answer.must_be_refused, answer.must_be_ok):
        with pytest.raises(Broken, match="got none: closed"):
            demand()


def test_one_of_several_statuses_will_do() -> None:
    exchange(status=202).must_be(200, 202)
    with pytest.raises(Broken, match="expected 200 or 202, got 500"):
        exchange(status=500).must_be(200, 202)


def test_members_must_be_equal() -> None:
    answer = exchange(b'{"status": "ignored", "reason": null}', status=200)
    answer.must_say(status="ignored", reason=None)
    with pytest.raises(Broken, match="expected `status` to be 'ok', it is 'ignored'"):
        answer.must_say(status="ok")
