"""That a worker comes back, and loses no result, whatever its network does: RXON-EXE-14."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_worker_recovery as recovery
from conformance.rxon.hearing import body_of, is_a, is_delivery, results_of

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event


@property_check(
    "RXON-EXE-14",
    for_all="conformance.rxon.strategies_worker:troubles",
    played_by=recovery.in_trouble,
    examples=10,
    settings=recovery.QUICK,
)
def test_whatever_goes_wrong_a_worker_comes_back_and_loses_no_result(
    seen: Seen,
    example: dict[str, Any],  # noqa: ARG001  (what went wrong changes no demand)
) -> None:
    for note in seen.notes("a task"):
        must_be_reported_once(seen, note)
    over = seen.noted("all is well again")
    for kind in ("poll", "heartbeat"):
        if not any(is_a(kind)(event) and event.number > over.number for event in seen.events):
            raise Broken(f"the worker sends no {kind} any more", over)


def must_be_reported_once(seen: Seen, task: Event) -> None:
    """Demand that a task was taken, and that one report of it was answered for good."""
    ids = dict(task.data)
    if not any(ids.items() <= body_of(each).items() for each in seen.matching(is_delivery)):
        raise Broken("the worker did not come for a task", task)
    found = list(results_of(seen, ids))
    if not found:
        raise Broken("the result of a task was lost", task)
    if len(found) > 1:
        evidence = [event for each in found for event in each.evidence]
        raise Broken(f"a task was reported {len(found)} times", task, *evidence)
