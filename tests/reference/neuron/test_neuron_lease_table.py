"""The life of a lease in a neuron, as a table (sheet 5.3)."""

import pytest

from reference.neuron.neuron_leases import HOLDS_A_SLOT, TRANSITIONS, Event, Reaction, Stage, Step


def test_every_stage_has_its_row() -> None:
    assert TRANSITIONS.keys() == set(Stage)


def test_nothing_comes_after_the_result() -> None:
    assert TRANSITIONS[Stage.REPORTED] == {}


def test_a_result_is_reported_exactly_where_a_lease_is_over() -> None:
    for row in TRANSITIONS.values():
        for step in row.values():
            reports = step.reaction not in {Reaction.RUN, Reaction.INTERRUPT}
            assert reports is (step.to is Stage.REPORTED)


def test_every_reaction_has_its_place() -> None:
    found = {step.reaction for row in TRANSITIONS.values() for step in row.values()}
    assert found == set(Reaction)


@pytest.mark.parametrize("event", [Event.CANCEL, Event.REVOKE, Event.DRAIN, Event.MISFIT])
def test_a_lease_in_line_can_end_without_a_run(event: Event) -> None:
    assert TRANSITIONS[Stage.QUEUED][event].to is Stage.REPORTED


@pytest.mark.parametrize("event", [Event.CANCEL, Event.REVOKE, Event.DEADLINE])
def test_a_running_lease_is_asked_to_end(event: Event) -> None:
    assert TRANSITIONS[Stage.RUNNING][event] == Step(Stage.ABORTING, Reaction.INTERRUPT)


def test_stopping_lets_a_running_lease_run() -> None:
    assert Event.DRAIN not in TRANSITIONS[Stage.RUNNING]


def test_who_was_asked_to_end_is_not_asked_again_by_a_second_cancel() -> None:
    assert Event.CANCEL not in TRANSITIONS[Stage.ABORTING]


def test_only_who_was_asked_to_end_is_given_up() -> None:
    assert [stage for stage, row in TRANSITIONS.items() if Event.GIVE_UP in row] == [Stage.ABORTING]


def test_the_slot_is_held_until_the_handler_ends() -> None:
    assert {Stage.RUNNING, Stage.ABORTING} == HOLDS_A_SLOT
