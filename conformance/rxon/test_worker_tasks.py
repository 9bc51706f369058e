"""What becomes of tasks and of their results: RXON-EXE of role W."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.rxon import scenarios_worker_tasks as tasks
from conformance.rxon.employer import INTERVALS
from conformance.rxon.hearing import (
    body_of,
    exchanges,
    is_result_of,
    must_grow,
    must_wait,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

KINDS = tasks.tasks_of_all_kinds


def results(seen: Seen, tag: str) -> list[Event]:
    """Return the results of the task that was noted under a tag."""
    found = list(seen.matching(is_result_of(dict(seen.noted(tag).data))))
    if not found:
        raise Unmet(f"the task “{tag}” was never reported", *seen.notes(tag))
    return found


def must_succeed(seen: Seen, tag: str) -> None:
    """Demand that the noted task was a success."""
    for event in results(seen, tag):
        status = body_of(event).get("status", "success")
        if status != "success":
            raise Broken(f"the task “{tag}” is reported as {status!r}", event)


def must_fail(seen: Seen, tag: str, code: str, message: str = "") -> None:
    """Demand that the noted task was a failure with a code and a message."""
    for event in results(seen, tag):
        body = body_of(event)
        if body.get("status") != "failure":
            raise Broken(f"the task “{tag}” is reported as {body.get('status')!r}", event)
        error = body.get("error")
        told = error if isinstance(error, dict) else {}
        if told.get("code") != code:
            raise Broken(
                f"the task “{tag}” has the error code {told.get('code')!r}, not {code}", event
            )
        if message not in str(told.get("message")):
            raise Broken("the message does not tell what the skill said", event)


def twin_succeeds(seen: Seen, tag: str) -> None:
    """Without a success of its twin the failure of a task proves nothing."""
    try:
        must_succeed(seen, tag)
    except Broken as broken:
        raise Unmet(broken.reason, *broken.evidence) from broken


@check("RXON-EXE-02", KINDS, cases=tuple(tasks.BAD_PARAMS))
def test_params_that_break_the_schema_are_refused(seen: Seen, case: str) -> None:
    twin_succeeds(seen, "good params")
    must_fail(seen, f"bad params: {case}", "INVALID_INPUT_ERROR")


@check("RXON-EXE-03", KINDS)
def test_a_task_of_an_unknown_type_fails_permanently(seen: Seen) -> None:
    must_fail(seen, "an unknown type", "PERMANENT_ERROR")


@check("RXON-EXE-04", KINDS)
def test_an_error_in_a_skill_is_a_transient_failure_with_its_message(seen: Seen) -> None:
    must_fail(seen, "an error", "TRANSIENT_ERROR", tasks.MESSAGE)


@check("RXON-EXE-05", tasks.promises, cases=tuple(tasks.BAD_OUTPUTS))
def test_output_that_breaks_the_schema_is_a_contract_violation(seen: Seen, case: str) -> None:
    twin_succeeds(seen, "kept")
    must_fail(seen, f"broken: {case}", "CONTRACT_VIOLATION_ERROR")


@check("RXON-EXE-11", KINDS)
def test_a_task_whose_deadline_is_over_is_not_done(seen: Seen) -> None:
    twin_succeeds(seen, "in time")
    for event in seen.matching(is_result_of(dict(seen.noted("too late").data))):
        if body_of(event).get("status", "success") == "success":
            raise Broken("the task was done after its deadline", event)


@check("RXON-EXE-13", KINDS)
def test_a_task_without_params_has_none(seen: Seen) -> None:
    must_succeed(seen, "without params")


@check("RXON-EXE-10", tasks.a_task_that_comes_again, tasks.a_task_that_comes_twice)
def test_a_task_that_is_delivered_twice_runs_once(seen: Seen) -> None:
    for tag in ("after its end", "while it runs"):
        for note in seen.notes(tag):
            found = list(seen.matching(is_result_of(dict(note.data))))
            if len(found) > 1:
                raise Broken(f"a task that came again {tag} was done {len(found)} times", *found)
            if not found:
                raise Unmet("the task was never reported", note)


def reports(seen: Seen, tag: str) -> list[Answer]:
    """Return the reports of the job that was noted under a tag, with what came of each."""
    ids = dict(seen.noted(tag).data)
    return [each for each in exchanges(seen, "result") if is_result_of(ids)(each.request)]


def must_be_word_for_word(tries: list[Answer], count: int) -> None:
    """Demand so many tries with the same bytes."""
    evidence = [event for each in tries for event in each.evidence]
    if len(tries) < count:
        raise Broken(f"the result was sent {len(tries)} times, and then given up", *evidence)
    if len({each.request.body for each in tries}) > 1:
        raise Broken("the result was not sent again word for word", *evidence)


@check("RXON-EXE-06", tasks.results_that_get_lost)
def test_a_lost_result_is_sent_again_word_for_word_and_ever_later(seen: Seen) -> None:
    tries = reports(seen, "a result that gets lost")
    must_be_word_for_word(tries, 4)
    first = seen.fact("result_backoff", INTERVALS["result_backoff"])
    must_wait(tries[0], tries[1], first, "the result was sent again too early")
    gaps = [tries[n + 1].request.time - tries[n].reply.time for n in range(3)]
    must_grow(gaps, first, *tries)


@check("RXON-EXE-07", tasks.results_that_are_not_taken)
def test_a_result_that_was_not_taken_is_sent_again(seen: Seen) -> None:
    tries = reports(seen, "a result that is not taken")
    must_be_word_for_word(tries, 4)
    wait = seen.noted("seconds").data["wait"]
    must_wait(tries[2], tries[3], wait, "the limited result was sent again too early")


@check("RXON-EXE-08", tasks.results_that_are_ignored, cases=tasks.IGNORED)
def test_a_result_that_is_ignored_is_not_sent_again(seen: Seen, case: str) -> None:
    found = results(seen, case)
    if len(found) > 1:
        raise Broken(f"the result was sent {len(found)} times", *found)
