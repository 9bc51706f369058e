"""RXON-POLL: polls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_polling as polling

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

CLOCK = 0.02  # seconds that two clocks may differ


@check("RXON-POLL-01", polling.idle)
def test_an_idle_poll_is_answered_204_when_the_hold_is_over(seen: Seen) -> None:
    answer = seen.answer("a poll without a task")
    answer.must_be(204)
    answer.must(not answer.body, f"the 204 has a body of {len(answer.body)} bytes")
    hold = float(seen.fact("poll_hold", 30.0))
    answer.must(answer.seconds >= hold - CLOCK, f"the poll was not held for {hold:g} s")


@check("RXON-POLL-02", polling.during_the_hold)
def test_a_held_poll_is_answered_within_a_second_of_the_job(seen: Seen) -> None:
    answer = seen.answer("a held poll")
    answer.must_be(200)
    submitted = seen.noted("the job was submitted").time
    answer.must(answer.reply.time - submitted < 1.0, "the task came more than 1 s after the job")


@check("RXON-POLL-03", polling.delivery)
def test_a_delivered_task_names_job_task_type_and_params(seen: Seen) -> None:
    for answer in seen.answers("a delivery"):
        answer.must_be(200)
        for name in ("job_id", "task_id", "type"):
            answer.must(isinstance(answer.member(name), str), f"`{name}` is no string")
        answer.must(isinstance(answer.member("params"), dict), "`params` is no object")


@check("RXON-POLL-04", polling.two_polls)
def test_one_task_answers_one_of_two_polls(seen: Seen) -> None:
    polls = list(seen.answers("one of two polls"))
    given = [poll for poll in polls if poll.status == 200]
    if len(given) != 1:
        evidence = [event for poll in polls for event in poll.evidence]
        raise Broken(f"one task was given to {len(given)} of two polls", *evidence)
    for poll in polls:
        poll.must_be(200, 204)


@check("RXON-POLL-05", polling.five_jobs)
def test_the_highest_priority_comes_first_and_the_older_of_equals(seen: Seen) -> None:
    deliveries = list(seen.answers("a delivery in order"))
    order = [(answer.member("params") or {}).get("job") for answer in deliveries]
    if order != [4, 2, 5, 1, 3]:
        evidence = [event for answer in deliveries for event in answer.evidence]
        raise Broken(f"jobs of priority 0, 5, 0, 9, 5 came in the order {order}", *evidence)


@check("RXON-POLL-06", polling.short_poll)
def test_the_poll_may_ask_for_a_shorter_hold(seen: Seen) -> None:
    short = seen.answer("a poll with a time-out of its own")
    usual = seen.answer("a poll as long as any")
    short.must_be(204)
    hold = float(seen.fact("poll_hold", 30.0))
    # On a busy machine both may come late; then the order still tells.
    shortened = short.seconds < hold - CLOCK or short.reply.time < usual.reply.time
    short.must(shortened, f"with timeout=0.1 it was held for {hold:g} s")


@check("RXON-POLL-07", polling.other_skills)
def test_a_poll_for_some_skills_gets_no_task_of_another(seen: Seen) -> None:
    seen.answer("a poll for another skill").must_be(204)
    seen.answer("a poll for both skills").must_be(200)


@check("RXON-POLL-08", polling.abandoned)
def test_an_abandoned_poll_takes_no_task(seen: Seen) -> None:
    seen.answer("the poll after an abandoned one").must_be(200)


@check("RXON-POLL-09", polling.glance)
def test_head_takes_no_task(seen: Seen) -> None:
    seen.answer("the poll after HEAD").must_be(200)


@check("RXON-POLL-10", polling.cancelled)
def test_the_task_of_a_cancelled_job_is_not_delivered(seen: Seen) -> None:
    answer = seen.answer("the poll after a cancellation")
    answer.must_be(200)
    job = (answer.member("params") or {}).get("job")
    answer.must(job == "kept", f"the first of two jobs was cancelled, the {job} one came")


@check("RXON-POLL-11", polling.delivery)
def test_the_times_of_a_task_are_whole_seconds(seen: Seen) -> None:
    for answer in seen.answers("a delivery"):
        answer.must_be(200)
        answer.must(type(answer.member("timestamp")) is int, "`timestamp` is no integer")
        deadline = answer.member("deadline")
        answer.must(deadline is None or type(deadline) is int, "`deadline` is no integer")
