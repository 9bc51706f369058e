"""RXON-HB: heartbeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.rxon import scenarios_heartbeats as heartbeats
from conformance.rxon.peer import twin
from conformance.rxon.scenarios_heartbeats import has_task

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer


@check("RXON-HB-01", heartbeats.signed_beat)
def test_a_signed_heartbeat_is_answered_ok_and_extends_the_life(seen: Seen) -> None:
    seen.noted(heartbeats.IN_TIME)
    answer = last(seen, "a signed heartbeat")
    answer.must_be(200)
    answer.must_say(status="ok")
    got_a_task_later(seen)


@check("RXON-HB-02", heartbeats.empty_beat)
def test_a_heartbeat_without_a_body_extends_the_life(seen: Seen) -> None:
    seen.noted(heartbeats.IN_TIME)
    last(seen, "a heartbeat without a body").must_be(200)
    got_a_task_later(seen)


@check("RXON-HB-03", heartbeats.silence)
def test_a_silent_worker_gets_no_tasks(seen: Seen) -> None:
    seen.noted(heartbeats.IN_TIME)
    alive = seen.answer(twin("a poll after a life of silence"))
    if not has_task(alive):
        raise Unmet("the worker got no task while it lived", *alive.evidence)
    for answer in seen.negatives("a poll after a life of silence"):
        answer.must(not has_task(answer), "a task went to a worker that had long been silent")


@check("RXON-HB-04", heartbeats.status, cases=heartbeats.NOT_IDLE)
def test_only_an_idle_worker_is_given_tasks(seen: Seen, status: str) -> None:
    while_not = seen.answer(f"a poll while {status}")
    while_not.must(not has_task(while_not), f"a task went to a worker that said it was {status}")
    again = last(seen, f"a poll when idle after {status}")
    again.must(has_task(again), "no task went to a worker that was idle again")


@check("RXON-HB-05", heartbeats.no_catalogue)
def test_a_hash_without_a_catalogue_is_answered_with_a_request_for_it(seen: Seen) -> None:
    for answer in seen.answers("a hash without a catalogue"):
        answer.must_be(200)
        answer.must_say(require_full_sync=True)


@check("RXON-HB-06", heartbeats.new_catalogue)
def test_a_new_catalogue_replaces_the_old_one(seen: Seen) -> None:
    seen.answer("a new catalogue").must_be_ok()
    new = last(seen, "a poll for the new skill")
    new.must(has_task(new), "no task of the new skill went to the worker")
    old = seen.answer("a poll for the old skill")
    old.must(not has_task(old), "a task of a skill that the worker has no longer went to it")


@check("RXON-HB-07", heartbeats.current_tasks)
def test_a_wanted_task_is_not_called_off(seen: Seen) -> None:
    tasks = seen.noted("tasks").data
    both = seen.answer("a beat with two wanted tasks")
    called_off = unwanted(both)
    both.must(not called_off, f"{len(called_off)} of two wanted tasks were called off")
    one = seen.answer("a beat with a cancelled task")
    one.must(tasks["first"] not in unwanted(one), "the wanted task was called off as well")


@check("RXON-HB-08", heartbeats.current_tasks)
def test_a_task_of_an_ended_job_is_called_off(seen: Seen) -> None:
    tasks = seen.noted("tasks").data
    cancelled = seen.answer("a beat with a cancelled task")
    cancelled.must(tasks["second"] in unwanted(cancelled), "the cancelled task was not called off")
    finished = seen.answer("a beat with a finished task")
    finished.must(tasks["first"] in unwanted(finished), "the finished task was not called off")
    finished.must(tasks["second"] in unwanted(finished), "a second beat forgot the cancelled task")


@check("RXON-HB-09", heartbeats.stranger)
def test_an_unknown_worker_is_told_to_register(seen: Seen) -> None:
    for answer in seen.negatives("a heartbeat of an unknown worker"):
        answer.must(
            says_who_are_you(answer) or wants_everything(answer),
            f"nothing tells the worker to register again: {answer.status}",
        )


@check("RXON-HB-10", heartbeats.vanity, cases=("reputation", "worker_id"))
def test_a_heartbeat_does_not_change_who_a_worker_is(seen: Seen, member: str) -> None:
    before = seen.noted("the record at first").data["worker"] or {}
    after = seen.noted(f"the record after: {member}")
    if before.get(member) is None:
        raise NotObserved(f"the target's records show no {member}")
    if (after.data["worker"] or {}).get(member) != before[member]:
        raise Broken(f"the heartbeat changed the stored {member}", after)


@check("RXON-HB-11", heartbeats.no_object)
def test_a_heartbeat_that_is_no_object_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("a heartbeat that is no object"):
        answer.must_be_refused()


def last(seen: Seen, tag: str) -> Answer:
    """Return the last exchange with a tag, for what is tried several times."""
    first = seen.answer(tag)
    return [first, *seen.answers(tag)][-1]


def got_a_task_later(seen: Seen) -> None:
    """Demand that the worker of the last attempt was given a task past its first life's end."""
    later = last(seen, "a poll after the heartbeat")
    later.must(has_task(later), "the worker got no task, although its heartbeat was in time")


def unwanted(answer: Answer) -> list[str]:
    """Return the tasks that the answer to a heartbeat calls off."""
    answer.must_be(200)
    return list(answer.member("cancel_task_ids") or ())


def says_who_are_you(answer: Answer) -> bool:
    """Whether a refusal has one of the words that workers look for."""
    error = str(answer.member("error")).lower()
    refused = answer.status is not None and 400 <= answer.status < 500
    return refused and ("not found" in error or "unauthorized" in error)


def wants_everything(answer: Answer) -> bool:
    """Whether an answer asks for the whole catalogue."""
    return answer.status == 200 and answer.member("require_full_sync") is True
