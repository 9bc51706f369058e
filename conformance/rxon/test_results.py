"""RXON-RES: results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.rxon import scenarios_results as results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

# What tells a job that has changed from one that has not.
TELLING = ("status", "result", "state_history", "retry_count", "task_id", "error_message")


def job_in(note: Event) -> Mapping[str, Any]:
    """Return the job that was looked at."""
    job: Mapping[str, Any] = note.data["job"]
    return job


def deliveries(seen: Seen, tag: str) -> list[Answer]:
    """Return the polls that were answered with a task; there is at least one."""
    found = [poll for poll in seen.answers(tag) if poll.status == 200]
    if not found:
        raise Missing(tag)
    return found


def last(seen: Seen, tag: str) -> Answer:
    """Return the last exchange with this tag."""
    *_, answer = seen.answer(tag), *seen.answers(tag)
    return answer


def must_be(seen: Seen, tag: str, status: str) -> None:
    """Demand that a job was seen with a status, after the exchange whose tag ends the note's."""
    note = seen.noted(f"the job after {tag}")
    found = job_in(note).get("status")
    if found != status:
        said = [event for answer in seen.answers(tag) for event in answer.evidence]
        raise Broken(f"expected the job to be {status}, it is {found}", *said, note)


def must_be_unchanged(seen: Seen, before: str, after: str) -> None:
    """Demand that two looks at a job show the same."""
    notes = seen.noted(before), seen.noted(after)
    was, became = ({key: job_in(note).get(key) for key in TELLING} for note in notes)
    for key in TELLING:
        if was[key] != became[key]:
            raise Broken(f"`{key}` of the job changed from {was[key]} to {became[key]}", *notes)


@check("RXON-RES-01", results.success)
def test_a_success_is_accepted_and_its_data_visible_in_the_job(seen: Seen) -> None:
    answer = seen.answer("a success")
    answer.must_be(200)
    answer.must_say(status="accepted")
    must_be(seen, "a success", "finished")
    job = job_in(seen.noted("the job after a success"))
    shown = str([job.get("result"), job.get("state_history")])
    answer.must("forty-two" in shown, "the job does not show the result's data")


@check("RXON-RES-02", results.no_status)
def test_a_result_without_status_is_a_success(seen: Seen) -> None:
    answer = seen.answer("a result without status")
    answer.must_be(200)
    answer.must_say(status="accepted")
    must_be(seen, "a result without status", "finished")


@check("RXON-RES-03", results.unknown_job)
def test_a_result_for_an_unknown_job_is_ignored_as_job_not_found(seen: Seen) -> None:
    answer = seen.answer("a result for an unknown job")
    answer.must_be(200)
    answer.must_say(status="ignored", reason="job_not_found")


@check("RXON-RES-04", results.other_worker)
def test_another_workers_result_is_ignored_as_worker_mismatch(seen: Seen) -> None:
    for answer in seen.negatives("another worker's result"):
        answer.must_be(200)
        answer.must_say(status="ignored", reason="worker_mismatch")
    must_be_unchanged(
        seen, "the job before another worker's result", "the job after another worker's result"
    )


@check("RXON-RES-05", results.old_attempt)
def test_an_old_attempts_result_is_ignored_as_stale_task(seen: Seen) -> None:
    for answer in seen.negatives("an old attempt's result"):
        answer.must_be(200)
        answer.must_say(status="ignored", reason="stale_task")
    must_be_unchanged(
        seen, "the job before an old attempt's result", "the job after an old attempt's result"
    )


@check("RXON-RES-06", results.success)
def test_a_second_result_is_ignored_and_changes_nothing(seen: Seen) -> None:
    answer = seen.answer("a second result")
    answer.must_be(200)
    answer.must_say(status="ignored")
    must_be_unchanged(seen, "the job after a success", "the job after a second result")


@check("RXON-RES-07", results.other_name)
def test_a_result_in_another_workers_name_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("a result in another name"):
        answer.must_be(403)
    must_be_unchanged(
        seen, "the job before a result in another name", "the job after a result in another name"
    )


@check("RXON-RES-08", results.no_ids, cases=("job_id", "task_id"))
def test_a_result_without_its_ids_is_malformed(seen: Seen, member: str) -> None:
    for answer in seen.negatives(f"a result without {member}"):
        answer.must_be(400)


@check("RXON-RES-09", results.transient_failures)
def test_a_transient_failure_is_retried_as_often_as_configured(seen: Seen) -> None:
    attempts = deliveries(seen, "an attempt")
    if not attempts:
        raise Broken("the task was never delivered")
    for attempt in attempts:
        same = attempt.member("job_id") == attempts[0].member("job_id")
        attempt.must(same, "the retry belongs to another job")
    task_ids = {attempt.member("task_id") for attempt in attempts}
    attempts[-1].must(len(task_ids) == len(attempts), "a retry has the task id of an old attempt")
    note = seen.noted("the job after its last attempt")
    status = job_in(note).get("status")
    if status != "quarantined":
        raise Broken(f"after {len(attempts)} failed attempts the job is {status}", note)


@check("RXON-RES-10", results.permanent_failures, cases=results.QUARANTINING)
def test_a_permanent_failure_quarantines_the_job_at_once(seen: Seen, code: str) -> None:
    seen.answer(code).must_be(200)
    must_be(seen, code, "quarantined")


@check("RXON-RES-11", results.bad_input, cases=results.FAILING)
def test_a_failure_that_blames_the_input_fails_the_job_at_once(seen: Seen, code: str) -> None:
    seen.answer(code).must_be(200)
    must_be(seen, code, "failed")


@check("RXON-RES-12", results.own_statuses)
def test_a_status_leads_along_its_transition_and_an_unknown_one_to_failure(seen: Seen) -> None:
    must_be(seen, "a status with a transition", "finished")
    must_be(seen, "a status without one", "failed")


@check("RXON-RES-13", results.promises)
def test_data_that_breaks_the_output_schema_is_no_success(seen: Seen) -> None:
    kept = seen.noted("the job after a broken promise (twin)")
    if job_in(kept).get("status") != "finished":
        raise Unmet("data that keeps the output schema did not finish its job", kept)
    for answer in seen.negatives("a broken promise"):
        broken = job_in(seen.noted("the job after a broken promise"))
        answer.must(broken.get("status") != "finished", "the job follows its success transition")


@check("RXON-RES-14", results.integral_number)
def test_an_integral_number_is_an_integer_however_it_is_spelled(seen: Seen) -> None:
    answer = seen.answer("an integer spelled 1.0")
    job = job_in(seen.noted("the job after 1.0"))
    found = f"{job.get('status')}: {job.get('error_message', '')}"
    answer.must(job.get("status") == "finished", f"the job is {found}")


@check("RXON-RES-15", results.cancelled_job)
def test_a_result_does_not_revive_a_cancelled_job(seen: Seen) -> None:
    answer = seen.answer("a result after cancellation")
    answer.must_be(200)
    answer.must_say(status="ignored")
    status = job_in(seen.noted("the cancelled job after a result")).get("status")
    answer.must(status == "cancelled", f"the cancelled job is {status}")


@check("RXON-RES-16", results.late)
def test_a_late_result_is_ignored_as_deadline_exceeded(seen: Seen) -> None:
    answer = seen.answer("a late result")
    answer.must_be(200)
    answer.must_say(status="ignored", reason="deadline_exceeded")


@check("RXON-RES-17", results.no_result)
def test_an_unreported_task_is_delivered_again_after_the_time_out(seen: Seen) -> None:
    first = deliveries(seen, "a first delivery")[0]
    again = last(seen, "a poll after the first delivery")
    again.must(again.status == 200, "the task was not delivered again")
    again.must(again.member("job_id") == first.member("job_id"), "another job's task came")
    again.must(again.member("task_id") != first.member("task_id"), "the task id is the old one")
    limit = float(seen.fact("execution_timeout", 300))
    waited = again.reply.time - first.request.time
    again.must(waited >= limit, f"the task came again before {limit:g} s were over")


@check("RXON-RES-18", results.branches)
def test_every_branch_counts_once_and_an_unknown_one_not_at_all(seen: Seen) -> None:
    for answer in seen.answers("a branch"):
        answer.must_be(200)
        answer.must_say(status="accepted")
    seen.answer("an unknown branch").must_say(status="ignored")
    early, last = (seen.noted(f"the job {when} its last branch") for when in ("before", "after"))
    for note, over in ((early, False), (last, True)):
        status = job_in(note).get("status")
        if (status == "finished") is not over:
            raise Broken(f"the job is {status} {note.tag.removeprefix('the job ')}", note)


@check("RXON-RES-19", results.moved_task)
def test_a_worker_may_answer_a_task_from_another_workers_queue(seen: Seen) -> None:
    answer = seen.answer("a result of a moved task")
    answer.must_be(200)
    answer.must_say(status="accepted")


@check("RXON-RES-20", results.with_metadata)
def test_a_result_may_carry_metadata_that_its_job_has_not(seen: Seen) -> None:
    answer = seen.answer("a result with metadata")
    answer.must_be(200)
    answer.must_say(status="accepted")
    must_be(seen, "a result with metadata", "finished")
