from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kit_world
import pytest

from conformance.kit.judging.judge import End, endings, judge
from conformance.kit.judging.suite import Scenario
from conformance.kit.verdict import (
    Broken,
    NotObserved,
    Outcome,
    Unmet,
    Unsupported,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage


async def play(stage: Stage) -> None:
    raise AssertionError("a judge plays nothing")


SCENE = Scenario(name="toy.scene", play=play)


def looks(seen: Seen) -> None:
    seen.noted("a sight")


def looks_at_nothing(seen: Seen) -> None:
    for _ in seen.notes("nothing"):
        raise Broken("never reached")


def never_looks(seen: Seen) -> None:
    pass


def finds_it_broken(seen: Seen) -> None:
    raise Broken("it is broken", seen.noted("a sight"))


def finds_it_unmet(seen: Seen) -> None:
    raise Unmet("the twin was refused", seen.noted("a sight"))


def finds_it_unsupported(seen: Seen) -> None:
    raise Unsupported("declared")


def finds_nothing_to_see(seen: Seen) -> None:
    next(seen.notes("a sight"))
    raise NotObserved("no way to see it")


def misses(seen: Seen) -> None:
    seen.noted("a sight")
    seen.answer("something else")


def crashes(seen: Seen) -> None:
    seen.noted("a sight")
    raise RuntimeError("our own bug")


def judged(
    function: Callable[..., None],
    end: End | None = End.FINISHED,
    *,
    level: str = "MUST",
    passive: bool = False,
    **ending: Any,
) -> Outcome:
    recorder = kit_world.recorder()
    recorder.note("note", tag="a sight")
    if end is not None:
        data = {"end": end, "reason": "so it ended", "evidence": [0], **ending}
        recorder.note("end", data=data)
    check = kit_world.checking(function, *(() if passive else (SCENE,)))
    return judge(check, kit_world.row(level), recorder.transcript.events, facts={})


@pytest.mark.parametrize(
    ("function", "end", "verdict"),
    [
        (looks, End.FINISHED, Verdict.PASS),
        (looks, None, Verdict.PASS),
        (looks, End.NOT_OBSERVED, Verdict.PASS),  # what it wanted was there before the end
        (looks, End.UNSUPPORTED, Verdict.PASS),
        (looks, End.UNMET, Verdict.FAIL),
        (looks, End.TIMED_OUT, Verdict.FAIL),
        (looks, End.CRASHED, Verdict.KIT_ERROR),
        (looks_at_nothing, End.FINISHED, Verdict.NOT_OBSERVED),
        (looks_at_nothing, End.NOT_OBSERVED, Verdict.NOT_OBSERVED),
        (looks_at_nothing, End.UNSUPPORTED, Verdict.UNSUPPORTED),
        (looks_at_nothing, End.UNMET, Verdict.FAIL),
        (looks_at_nothing, End.TIMED_OUT, Verdict.FAIL),
        (looks_at_nothing, End.CRASHED, Verdict.KIT_ERROR),
        (never_looks, End.FINISHED, Verdict.NOT_OBSERVED),
        (misses, End.FINISHED, Verdict.NOT_OBSERVED),
        (misses, End.NOT_OBSERVED, Verdict.NOT_OBSERVED),
        (misses, End.UNSUPPORTED, Verdict.UNSUPPORTED),
        (misses, End.UNMET, Verdict.FAIL),
        (misses, End.TIMED_OUT, Verdict.FAIL),
        (misses, End.CRASHED, Verdict.KIT_ERROR),
        (finds_it_broken, End.FINISHED, Verdict.FAIL),
        (finds_it_broken, End.NOT_OBSERVED, Verdict.FAIL),
        (finds_it_broken, End.UNMET, Verdict.FAIL),
        (finds_it_unmet, End.FINISHED, Verdict.FAIL),
        (finds_it_unmet, End.CRASHED, Verdict.KIT_ERROR),
        (finds_it_unsupported, End.FINISHED, Verdict.UNSUPPORTED),
        (finds_nothing_to_see, End.FINISHED, Verdict.NOT_OBSERVED),
        (finds_nothing_to_see, End.UNMET, Verdict.FAIL),
        (crashes, End.FINISHED, Verdict.KIT_ERROR),
        (crashes, None, Verdict.KIT_ERROR),
        (crashes, End.UNMET, Verdict.FAIL),  # it stumbled over what is not there
        (crashes, End.NOT_OBSERVED, Verdict.NOT_OBSERVED),
        (crashes, End.CRASHED, Verdict.KIT_ERROR),
    ],
)
def test_a_verdict_weighs_what_was_seen_and_how_it_ended(
    function: Callable[..., None], end: End | None, verdict: Verdict
) -> None:
    assert judged(function, end).verdict is verdict


@pytest.mark.parametrize("function", [looks_at_nothing, never_looks, misses])
def test_zero_subjects_are_never_a_pass(function: Callable[..., None]) -> None:
    outcome = judged(function)
    assert outcome.verdict is Verdict.NOT_OBSERVED
    assert outcome.reason


@pytest.mark.parametrize("level", ["SHOULD", "MAY"])
@pytest.mark.parametrize("function", [finds_it_broken, finds_it_unmet])
def test_what_does_not_bind_only_warns(function: Callable[..., None], level: str) -> None:
    assert judged(function, level=level).verdict is Verdict.WARN
    assert judged(looks, End.UNMET, level=level).verdict is Verdict.WARN


def test_a_finding_carries_reason_and_evidence() -> None:
    outcome = judged(finds_it_broken)
    assert (outcome.reason, outcome.subjects) == ("it is broken", 1)
    assert [event.tag for event in outcome.evidence] == ["a sight"]


def test_an_unmet_prerequisite_is_called_one_and_shows_its_evidence() -> None:
    for outcome in (judged(looks, End.UNMET), judged(finds_it_unmet)):
        assert outcome.reason.startswith("prerequisite: ")
        assert not outcome.met
        assert [event.tag for event in outcome.evidence] == ["a sight"]


def test_our_own_bug_comes_with_its_traceback() -> None:
    outcome = judged(crashes)
    assert "our own bug" in outcome.details
    assert "finds" not in outcome.details


def test_a_missing_tag_is_named() -> None:
    assert judged(misses).reason == "the run holds nothing tagged “something else”"


def test_a_passive_check_does_not_care_how_scenarios_ended() -> None:
    assert judged(looks, End.UNMET, passive=True).verdict is Verdict.PASS
    assert judged(looks, End.CRASHED, passive=True).verdict is Verdict.PASS


def test_a_case_and_an_example_are_handed_to_the_check() -> None:
    given: list[Any] = []

    def takes(seen: Seen, what: Any) -> None:
        given.append(what)

    check, row = kit_world.checking(takes, SCENE), kit_world.row()
    events = [kit_world.recorder().note("note", tag="a sight")]
    judge(check, row, events, facts={}, case="a dot")
    judge(check, row, events, facts={}, example=None)
    assert given == ["a dot", None]


def test_a_conversation_that_nobody_recorded_judges_nothing() -> None:
    outcome = judge(kit_world.checking(crashes, SCENE), kit_world.row(), [], facts={})
    assert outcome == Outcome(Verdict.NOT_OBSERVED, "none of its conversations was recorded")


def test_an_ending_survives_evidence_that_the_capture_lacks() -> None:
    recorder = kit_world.recorder()
    recorder.note("end", data={"end": "unmet", "evidence": [99]})
    assert endings(recorder.transcript.events)["toy.scene"].evidence == ()
