"""How long a worker waits before it goes (RXON-EXE-12)."""

import pytest

from reference.rxon.departure import Departure, Step
from reference.rxon.errands import Phase

NOW = 1_700_000_000.0


def test_nobody_goes_who_was_not_told_to() -> None:
    assert Departure().step(Phase.WORKING, busy=False, now=NOW) is Step.WAIT


def test_what_still_runs_is_called_off_and_then_given_up() -> None:
    departure = Departure()
    departure.begun(now=NOW, patience=10)
    assert departure.step(Phase.DRAINING, busy=True, now=NOW + 9.9) is Step.WAIT
    assert departure.step(Phase.DRAINING, busy=True, now=NOW + 10) is Step.CANCEL
    assert departure.step(Phase.DRAINING, busy=True, now=NOW + 14.9) is Step.WAIT
    assert departure.step(Phase.DRAINING, busy=True, now=NOW + 15) is Step.GIVE_UP


def test_a_result_that_nobody_takes_is_given_up() -> None:
    departure = Departure()
    departure.begun(now=NOW, patience=10)
    assert departure.step(Phase.DRAINING, busy=False, now=NOW + 10) is Step.GIVE_UP


@pytest.mark.parametrize(("after", "step"), [(4.9, Step.WAIT), (5, Step.GO)])
def test_the_goodbye_is_waited_for_a_few_seconds(after: float, step: Step) -> None:
    departure = Departure()
    departure.leaving(now=NOW)
    assert departure.step(Phase.LEAVING, busy=False, now=NOW + after) is step
    departure.over()
    assert departure.step(Phase.GONE, busy=False, now=NOW + 100) is Step.WAIT
