"""NEURON-GW-RES: what becomes of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.neuron import scenarios_gateway_results as results
from conformance.neuron.tasks import deliveries, must_be, must_be_unchanged, task_in

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.neuron.streams import Frame


def outcome(seen: Seen, name: str) -> tuple[Event, list[Frame]]:
    """Return the task that was given an outcome, and its leases."""
    notes = list(seen.notes("a task of an outcome"))
    note = next((each for each in notes if each.data["outcome"] == name), None)
    if note is None:
        raise Unmet(f"no task got as far as {name}", *notes)
    return note, deliveries(seen, note)


def must_come_once(seen: Seen, name: str) -> None:
    """Demand that an outcome was accepted and that its task did not come again."""
    seen.answer(name).must_be_ok()
    _, found = outcome(seen, name)
    for lease in found[1:]:
        raise Broken(f"the task came again after {name}", found[0].proof, lease.proof)


@check("NEURON-GW-RES-01", results.outcomes)
def test_an_ack_completes_the_task(seen: Seen) -> None:
    must_come_once(seen, "success")
    must_be(seen, "the task after success", "done")
    output = task_in(seen, "the task after success").get("output")
    seen.answer("success").must(output == {"answer": 42}, f"the task's output is {output!r}")


@check("NEURON-GW-RES-02", results.spare)
def test_an_ack_without_output_is_a_null_output(seen: Seen) -> None:
    answer = seen.answer("an ack without output")
    answer.must_be_ok()
    tag = "the task after an ack without output"
    must_be(seen, tag, "done")
    output = task_in(seen, tag).get("output")
    answer.must(output is None, f"the task's output is {output!r}, not null")


@check("NEURON-GW-RES-03", results.outcomes)
def test_a_retryable_failure_brings_the_task_again(seen: Seen) -> None:
    answer = seen.answer("retryable")
    answer.must_be_ok()
    _, found = outcome(seen, "retryable")
    answer.must(len(found) > 1, "the task was not delivered again")


@check("NEURON-GW-RES-04", results.outcomes)
def test_a_terminal_failure_ends_the_task(seen: Seen) -> None:
    must_come_once(seen, "terminal")
    must_be(seen, "the task after terminal", "failed")


@check("NEURON-GW-RES-05", results.outcomes)
def test_a_schema_mismatch_ends_the_task_and_is_reported(seen: Seen) -> None:
    must_come_once(seen, "schema-mismatch")
    must_be(seen, "the task after schema-mismatch", "failed")
    failure = task_in(seen, "the task after schema-mismatch").get("failure") or {}
    kind = failure.get("kind")
    seen.answer("schema-mismatch").must(kind == "schema-mismatch", f"it is reported as {kind!r}")


@check("NEURON-GW-RES-06", results.outcomes)
def test_a_cancelled_nack_ends_the_task_without_a_failure(seen: Seen) -> None:
    must_come_once(seen, "cancelled")
    must_be(seen, "the task after cancelled", "cancelled")


@check("NEURON-GW-RES-07", results.spare)
def test_a_nack_without_code_is_accepted(seen: Seen) -> None:
    seen.answer("a nack without code").must_be_ok()
    must_be(seen, "the task after a nack without code", "failed")


@check("NEURON-GW-RES-08", results.unknown, cases=("ack", "nack", "no effect"))
def test_a_result_for_an_unknown_lease_is_refused(seen: Seen, what: str) -> None:
    if what == "no effect":
        must_be(seen, "a task beside unknown leases", "leased")
        seen.answer("a heartbeat after unknown leases").must_be_ok()
        return
    for answer in seen.answers(f"an unknown {what}"):
        answer.must_be_refused()


@check("NEURON-GW-RES-09", results.twice, cases=results.PAIRS)
def test_a_second_outcome_changes_nothing(seen: Seen, pair: str) -> None:
    for first in seen.answers("a first outcome"):
        if not first.ok:
            raise Unmet(f"a first outcome was refused: {first.shown()}", *first.evidence)
    answer = seen.answer(pair)
    answer.must(answer.ok or answer.status == 409, f"expected 2xx or 409, got {answer.shown()}")
    must_be_unchanged(seen, f"before: {pair}", f"after: {pair}")
    notes = [n for n in seen.notes("a task with two outcomes") if n.data["pair"] == pair]
    for lease in deliveries(seen, notes[0])[1:]:
        raise Broken("the task came again after its second outcome", lease.proof)


@check("NEURON-GW-RES-10", results.promised)
def test_an_output_that_breaks_the_plans_schema_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("a broken promise"):
        answer.must_be_refused()


@check("NEURON-GW-RES-11", results.reporting, cases=tuple(results.PROGRESS))
def test_progress_is_accepted_with(seen: Seen, what: str) -> None:
    seen.answer(f"progress with {what}").must_be_ok()


@check("NEURON-GW-RES-12", results.twice)
def test_late_progress_does_no_harm(seen: Seen) -> None:
    answer = seen.answer("late progress")
    known = answer.status is not None and answer.status < 500
    answer.must(known, f"late progress is answered {answer.shown()}")
    must_be_unchanged(seen, f"after: {results.PAIRS[-1]}", "the task after late progress")
    seen.answer("an ack after late progress").must_be_ok()


@check("NEURON-GW-RES-13", results.reporting, cases=("percent", "kind", "reason"))
def test_a_result_is_refused_for_a_bad(seen: Seen, member: str) -> None:
    for answer in seen.negatives(f"a bad {member}"):
        answer.must_be_refused()
    must_be(seen, "the task after bad frames", "leased")


@check("NEURON-GW-RES-14", results.streamless)
def test_a_result_is_accepted_while_the_stream_is_down(seen: Seen) -> None:
    seen.answer("an ack without a stream").must_be_ok()
