from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kit_world
import pytest

from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from conformance.kit.transcript import Recorder


def asked(recorder: Recorder, tag: str, status: int | None) -> None:
    request = recorder.sent("http.request", "c1", tag=tag)
    data: dict[str, Any] = {"to": request.number, "status": status, "headers": []}
    if status is None:
        recorder.received("http.failure", "c1", data={"to": request.number, "why": "gone"})
    else:
        recorder.received("http.response", "c1", data=data)


@pytest.fixture
def recorder() -> Recorder:
    return kit_world.recorder()


def test_what_is_handed_out_is_counted(recorder: Recorder) -> None:
    for status in (200, 201, None):
        asked(recorder, "a question", status)
    asked(recorder, "another", 200)
    seen = Seen(recorder.transcript.events, {})
    assert [each.status for each in seen.answers("a question")] == [200, 201, None]
    assert seen.subjects == 3


def test_nothing_found_is_nothing_counted(recorder: Recorder) -> None:
    seen = Seen(recorder.transcript.events, {})
    assert list(seen.answers("a question")) == []
    assert list(seen.events_of("ws.message")) == []
    assert list(seen.notes("a note")) == []
    assert seen.subjects == 0


def test_all_answers_leaves_out_those_that_never_came(recorder: Recorder) -> None:
    asked(recorder, "a", 500)
    asked(recorder, "b", None)
    seen = Seen(recorder.transcript.events, {})
    assert [each.status for each in seen.all_answers()] == [500]
    assert seen.subjects == 1


def test_an_answer_that_was_never_asked_for_is_missing(recorder: Recorder) -> None:
    with pytest.raises(Missing, match="a question"):
        Seen(recorder.transcript.events, {}).answer("a question")


def test_a_negative_counts_once_its_twin_is_accepted(recorder: Recorder) -> None:
    asked(recorder, "a forgery (twin)", 200)
    asked(recorder, "a forgery", 403)
    seen = Seen(recorder.transcript.events, {})
    assert [each.status for each in seen.negatives("a forgery")] == [403]
    assert seen.subjects == 1  # the twin is a precondition, not a subject


@pytest.mark.parametrize("status", [403, 302, 500, None])
def test_a_refused_twin_makes_the_negative_unmet(recorder: Recorder, status: int | None) -> None:
    asked(recorder, "a forgery (twin)", status)
    asked(recorder, "a forgery", 403)
    with pytest.raises(Unmet, match="the twin of “a forgery”") as unmet:
        Seen(recorder.transcript.events, {}).negatives("a forgery")
    assert next(event.tag for event in unmet.value.evidence) == "a forgery (twin)"


def test_every_twin_must_be_accepted(recorder: Recorder) -> None:
    asked(recorder, "a forgery (twin)", 200)
    asked(recorder, "a forgery (twin)", 403)
    with pytest.raises(Unmet):
        Seen(recorder.transcript.events, {}).negatives("a forgery")


def test_a_negative_without_a_twin_proves_nothing(recorder: Recorder) -> None:
    asked(recorder, "a forgery", 403)
    with pytest.raises(Missing, match=r"a forgery \(twin\)"):
        Seen(recorder.transcript.events, {}).negatives("a forgery")


def test_events_are_those_of_the_target_unless_asked_otherwise(recorder: Recorder) -> None:
    recorder.sent("ws.message", "c1", tag="mine")
    recorder.received("ws.message", "c1", tag="yours")
    seen = Seen(recorder.transcript.events, {})
    assert [event.tag for event in seen.events_of("ws.message")] == ["yours"]
    mine = seen.events_of("ws.message", tag="mine", direction=Direction.KIT)
    assert [event.tag for event in mine] == ["mine"]
    assert list(seen.events_of("ws.message", tag="mine")) == []
    assert seen.subjects == 2


def test_a_note_is_a_subject(recorder: Recorder) -> None:
    recorder.note("note", tag="the job", data={"job": 1})
    seen = Seen(recorder.transcript.events, {})
    assert seen.noted("the job").data == {"job": 1}
    assert seen.subjects == 1
    with pytest.raises(Missing):
        seen.noted("another job")


def test_the_instances_facts_outrank_what_the_user_said(recorder: Recorder) -> None:
    user = {"hold": 30, "name": "user"}
    assert Seen([], user).fact("hold") == 30
    recorder.note("instance", data={"facts": {"hold": 1}})
    seen = Seen(recorder.transcript.events, user)
    assert (seen.fact("hold"), seen.fact("absent", 7)) == (1, 7)
    assert seen.subjects == 0
