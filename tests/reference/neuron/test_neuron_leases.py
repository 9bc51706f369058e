import pytest

from reference.neuron import leases
from reference.neuron.frames import NackKind
from reference.neuron.leases import Event, Stage


def test_every_stage_has_a_row_and_every_end_has_none() -> None:
    assert set(leases.TRANSITIONS) == set(Stage)
    assert {Stage.DONE, Stage.FAILED, Stage.CANCELLED} == leases.OVER


def test_every_stage_can_be_reached_and_left() -> None:
    reached = {stage for ways in leases.TRANSITIONS.values() for stage in ways.values()}
    assert reached == set(Stage)


def test_a_lease_is_only_granted_to_what_waits() -> None:
    granted = {stage for stage in Stage if leases.can(stage, Event.GRANT)}
    assert granted == leases.FOR_DELIVERY


def test_a_result_is_taken_where_a_lease_is_open() -> None:
    for event in (Event.ACK, Event.FAIL, Event.RETRY, Event.ABORT, Event.EXPIRE, Event.EXHAUST):
        assert {stage for stage in Stage if leases.can(stage, event)} == leases.OPEN


def test_whatever_is_not_over_can_be_cancelled_once() -> None:
    cancellable = {stage for stage in Stage if leases.can(stage, Event.CANCEL)}
    assert cancellable == set(Stage) - leases.OVER - {Stage.CANCELLING}


def test_nothing_is_delivered_again_after_a_cancel() -> None:
    ways = leases.TRANSITIONS[Stage.CANCELLING]
    assert set(ways.values()) <= leases.OVER


def test_every_kind_of_nack_means_something() -> None:
    assert set(leases.NACKS) == set(NackKind)


def test_what_cannot_happen_is_an_error() -> None:
    with pytest.raises(KeyError):
        leases.after(Stage.DONE, Event.ACK)
