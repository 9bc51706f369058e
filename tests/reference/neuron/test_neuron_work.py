"""The leases that a neuron has taken: in line, running, each reported once."""

import pytest

from reference.neuron.capabilities import ANY, Capability
from reference.neuron.frames import Lease, Nack, Task
from reference.neuron.neuron_effects import Effect, Interrupt, Run
from reference.neuron.neuron_outcomes import Aborted, Returned
from reference.neuron.neuron_work import REMEMBERED, Offer, Work
from reference.neuron.timestamps import at


def work() -> Work:
    return Work([Offer(capability=Capability(type="a/b", scope=ANY, concurrency=1))])


def lease(name: str, kind: str = "a/b") -> Lease:
    task = Task(task_id=f"t-{name}", workflow_id="w", capability=kind, input=None, attempt=0)
    return Lease(lease_id=name, expires_at=at(0.0), task=task)


def told(found: Work) -> list[tuple[str, str]]:
    return [
        (frame.lease_id, frame.kind if isinstance(frame, Nack) else "ack")
        for frame in found.verdicts()
    ]


def wanted(found: Work) -> list[tuple[type[Effect], str]]:
    return [
        (type(effect), effect.lease.lease_id if isinstance(effect, Run) else effect.lease_id)
        for effect in found.effects()
        if isinstance(effect, Run | Interrupt)
    ]


def test_a_lease_runs_and_is_reported() -> None:
    found = work()
    found.lease(lease("x"), now=1.0)
    assert wanted(found) == [(Run, "x")]
    assert [(each.lease_id, each.started_at) for each in found.in_flight] == [("x", at(1.0))]
    assert (found.is_running("x"), found.is_done) == (True, False)
    found.ended("x", Returned(1), now=2.0)
    assert told(found) == [("x", "ack")]
    assert (found.in_flight, found.is_done, found.is_running("x")) == ((), True, False)


def test_what_stands_in_line_is_not_in_flight() -> None:
    found = work()
    for name in "xyz":
        found.lease(lease(name), now=1.0)
    assert [each.lease_id for each in found.in_flight] == ["x"]
    assert not found.is_running("y")


def test_verdicts_and_effects_are_given_once() -> None:
    found = work()
    found.lease(lease("x"), now=1.0)
    found.ended("x", Returned(1), now=1.0)
    assert (len(found.verdicts()), len(found.effects())) == (1, 1)
    assert (found.verdicts(), found.effects()) == ([], [])


def test_the_end_of_a_lease_that_is_reported_already_changes_nothing() -> None:
    found = work()
    found.lease(lease("x"), now=1.0)
    for _ in range(2):
        found.ended("x", Returned(1), now=1.0)
    assert told(found) == [("x", "ack")]


def test_refused_leases_are_not_remembered_and_ended_ones_are() -> None:
    found = work()
    for _ in range(2):
        found.lease(lease("none", "no/body"), now=1.0)
    assert told(found) == [("none", "retryable")] * 2
    found.lease(lease("x"), now=1.0)
    found.ended("x", Returned(1), now=1.0)
    found.lease(lease("x"), now=1.0)
    assert told(found) == [("x", "ack")]


def test_the_memory_of_ended_leases_is_bounded() -> None:
    found = work()
    for number in range(REMEMBERED + 1):
        found.lease(lease(str(number)), now=1.0)
        found.ended(str(number), Returned(1), now=1.0)
    assert len(found._ended) == REMEMBERED
    found.verdicts()
    found.effects()
    found.lease(lease("1"), now=1.0)
    assert wanted(found) == []


def test_draining_reports_the_line_and_lets_the_rest_run() -> None:
    found = work()
    for name in "xyz":
        found.lease(lease(name), now=1.0)
    found.drain(now=2.0)
    found.lease(lease("late"), now=2.0)
    assert told(found) == [("y", "retryable"), ("z", "retryable"), ("late", "retryable")]
    assert wanted(found) == [(Run, "x")]


def test_insisting_interrupts_and_giving_up_reports() -> None:
    found = work()
    found.lease(lease("x"), now=1.0)
    found.give_up(now=2.0)
    assert told(found) == []
    found.insist(now=2.0)
    found.insist(now=2.0)
    assert wanted(found) == [(Run, "x"), (Interrupt, "x"), (Interrupt, "x")]
    found.give_up(now=3.0)
    assert told(found) == [("x", "cancelled")]
    assert found.is_done


def test_a_cancel_before_a_revocation_stays_one() -> None:
    found = work()
    found.lease(lease("x"), now=1.0)
    found.cancel("x", now=2.0)
    found.revoke("a/b", now=2.0)
    found.ended("x", Aborted(), now=3.0)
    assert told(found) == [("x", "cancelled")]


def test_revoking_what_nobody_offers_changes_nothing() -> None:
    found = work()
    found.revoke("no/body", now=1.0)
    found.lease(lease("x"), now=1.0)
    assert wanted(found) == [(Run, "x")]


def test_a_reinstated_capability_runs_again() -> None:
    found = work()
    found.revoke("a/b", now=1.0)
    found.lease(lease("x"), now=1.0)
    found.reinstate()
    found.lease(lease("y"), now=1.0)
    assert (told(found), wanted(found)) == ([("x", "retryable")], [(Run, "y")])


def test_a_new_limit_is_what_is_registered_next() -> None:
    found = work()
    assert found.resize("a/b", 3, now=1.0).concurrency == 3
    assert [each.concurrency for each in found.capabilities] == [3]
    for kind, limit in (("a/b", 0), ("no/body", 1)):
        with pytest.raises(ValueError, match=r"."):
            found.resize(kind, limit, now=1.0)
    assert [each.concurrency for each in found.capabilities] == [3]
