"""RXON-EVT: events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_events as events

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer


@check("RXON-EVT-01", events.progress)
def test_a_valid_event_is_answered_event_accepted(seen: Seen) -> None:
    for answer in seen.answers("a progress event"):
        answer.must_be(200)
        answer.must_say(status="event_accepted")


@check("RXON-EVT-02", events.progress)
def test_a_progress_event_sets_the_progress_of_its_job(seen: Seen) -> None:
    for said, job in zip(seen.notes("said"), seen.notes("the job then"), strict=False):
        shown = {name: job.data["job"].get(name) for name in ("progress", "progress_message")}
        wanted = {"progress": said.data["progress"], "progress_message": said.data["message"]}
        if shown != wanted:
            raise Broken(f"the job shows {shown}, the worker said {wanted}", said, job)


@check("RXON-EVT-03", events.contract)
def test_an_event_that_breaks_its_contract_is_not_accepted(seen: Seen) -> None:
    for answer in seen.negatives("an event that breaks its contract"):
        answer.must(not accepted(answer), "the event was accepted")
    changed_nothing(seen, "the job after the broken contract")


@check("RXON-EVT-04", events.incomplete, cases=events.REQUIRED)
def test_an_event_without_a_required_member_is_not_accepted(seen: Seen, member: str) -> None:
    for answer in seen.negatives(f"an event without {member}"):
        answer.must(says_error(answer), "the answer does not say that the event is incomplete")


@check("RXON-EVT-05", events.meddling)
def test_an_event_for_another_workers_job_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("an event for another worker's job"):
        answer.must_be_refused()
    changed_nothing(seen, "the job after the other worker's event")


@check("RXON-EVT-06", events.relay)
def test_a_relayed_event_is_accepted(seen: Seen) -> None:
    answer = seen.answer("a relayed event")
    answer.must(accepted(answer), "the event was not accepted")
    job = seen.noted("the job after the relay")
    if job.data["job"].get("progress") != 0.5:
        raise Broken("the relayed event had no effect on its job", *answer.evidence, job)


def accepted(answer: Answer) -> bool:
    """Whether an event was taken; it may be refused under 200 as well."""
    return answer.ok and answer.member("status") != "error"


def says_error(answer: Answer) -> bool:
    """Whether an event was refused in one of the two ways."""
    refused = answer.status is not None and 400 <= answer.status < 500
    return refused or (answer.ok and answer.member("status") == "error")


def changed_nothing(seen: Seen, tag: str) -> None:
    """Demand that a job is what it was before the events."""
    before, after = seen.noted("the job at first"), seen.noted(tag)
    if before.data["job"] != after.data["job"]:
        raise Broken("the event had an effect on the job", before, after)
