"""RXON-RES: results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.suite import check
from conformance.rxon import scenarios_results as results

if TYPE_CHECKING:
    from conformance.kit.seen import Seen


@check("RXON-RES-03", results.unknown_job)
def test_a_result_for_an_unknown_job_is_ignored_as_job_not_found(seen: Seen) -> None:
    for answer in seen.answers("a result for an unknown job"):
        answer.must_be(200)
        answer.must_say(status="ignored", reason="job_not_found")


@check("RXON-RES-06", results.success)
def test_a_second_result_is_ignored_and_changes_nothing(seen: Seen) -> None:
    answer = seen.answer("a second result")
    answer.must_be(200)
    answer.must_say(status="ignored")
    before = seen.noted("the job after its success").data["job"]
    after = seen.noted("the job after a second result").data["job"]
    answer.must(before == after, f"the job changed from {before} to {after}")
