"""CO-WS: how an agent asks its client, and what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempted, must
from conformance.connectonion.scenarios_ws_questions import (
    APPROVALS,
    ASKED,
    BINARY_RUNNING,
    EARLY,
    PONG_RUNNING,
    QUESTION,
    STALE,
    answered_too_early,
    approvals,
    asked,
    binary_during_a_run,
    pong_during_a_run,
    unheard_frames,
)
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen


def question(seen: Seen, about: str, kind: str) -> Frame:
    """Return what a run asked; its absence breaks the requirement."""
    tried = attempted(seen, about)
    for frame in tried.between:
        if frame.type == kind:
            return frame
    raise Broken(f"no {kind} came", tried.sent)


def must_result(seen: Seen, about: str, result: str) -> None:
    """Demand that a run ended with this result."""
    output = attempted(seen, about).must_be("OUTPUT")
    came = output.body.get("result")
    must(came == result, f"`result` is {came!r}, not {result!r}", output)


@check("CO-WS-19", approvals, cases=tuple(APPROVALS))
def test_an_approval_decides(seen: Seen, case: str) -> None:
    asking = question(seen, case, "approval_needed")
    must(isinstance(asking.body.get("tool"), str), "`tool` is no text", asking)
    must(isinstance(asking.body.get("arguments"), dict), "`arguments` is no object", asking)
    must_result(seen, case, APPROVALS[case][1])


@check("CO-WS-20", asked)
def test_a_question_is_answered_on_the_same_connection(seen: Seen) -> None:
    question(seen, ASKED, "ask_user")
    must_result(seen, ASKED, "answer:blue")


@check("CO-WS-21", asked)
def test_a_question_stands_under_text(seen: Seen) -> None:
    asking = question(seen, ASKED, "ask_user")
    must(asking.body.get("text") == QUESTION, "`text` is not the question", asking)


@check("CO-WS-11", pong_during_a_run, cases=(PONG_RUNNING,))
def test_the_agent_sees_no_pong(seen: Seen, case: str) -> None:
    others = [frame for frame in attempted(seen, case).between if frame.type != "PING"]
    must(not others, "it was answered", *others)
    must_result(seen, case, "received:assay")


@check("CO-WS-39", binary_during_a_run, cases=(BINARY_RUNNING,))
def test_the_agent_sees_no_binary_frame(seen: Seen, case: str) -> None:
    must_result(seen, case, "received:text")


@check("CO-WS-44", unheard_frames)
def test_what_one_run_did_not_hear_is_not_for_the_next(seen: Seen) -> None:
    must_result(seen, STALE, "received:fresh")


@check("CO-WS-45", answered_too_early)
def test_an_answer_before_the_question_is_none(seen: Seen) -> None:
    must_result(seen, EARLY, "approved:false")
