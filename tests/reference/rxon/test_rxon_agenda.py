"""When a worker's errands are due, and how they are tried again (sheet 5.6)."""

import pytest

from reference.rxon.agenda import Agenda
from reference.rxon.errands import HEARTBEAT, POLL, Answer, Errand, Key, Pace

NOW = 1_700_000_000.0
RESULT: Key = (Errand.RESULT, "t1")
EVENT: Key = (Errand.EVENT, "e1")


def anything(_key: Key) -> bool:
    return True


def due(agenda: Agenda, now: float = NOW) -> list[Key]:
    return list(agenda.due(now=now, allowed=anything))


def test_an_errand_is_due_once_at_its_moment() -> None:
    agenda = Agenda(Pace())
    agenda.at(POLL, NOW)
    assert due(agenda, NOW - 1) == []
    assert due(agenda) == [POLL]
    assert due(agenda) == []


def test_what_is_not_allowed_or_under_way_waits() -> None:
    agenda = Agenda(Pace())
    agenda.at(POLL, NOW)
    assert list(agenda.due(now=NOW, allowed=lambda _: False)) == []
    assert agenda.next(lambda _: False) is None
    assert agenda.next(anything) == NOW
    agenda.under_way[POLL] = None  # type: ignore[assignment]
    assert due(agenda) == []
    assert agenda.next(anything) is None


def test_an_earlier_moment_replaces_a_later_one_but_not_the_other_way_round() -> None:
    agenda = Agenda(Pace())
    agenda.at(HEARTBEAT, NOW + 5)
    agenda.by(HEARTBEAT, NOW + 9)
    assert agenda.next(anything) == NOW + 5
    agenda.by(HEARTBEAT, NOW + 1)
    assert agenda.next(anything) == NOW + 1
    agenda.unless_planned(HEARTBEAT, NOW)
    assert agenda.next(anything) == NOW + 1


def test_what_is_under_way_is_not_planned_once_more() -> None:
    agenda = Agenda(Pace())
    agenda.under_way[POLL] = None  # type: ignore[assignment]
    agenda.unless_planned(POLL, NOW)
    del agenda.under_way[POLL]
    assert agenda.next(anything) is None


def waits(agenda: Agenda, key: Key, *answers: Answer | None) -> list[float]:
    found = []
    for answer in answers:
        agenda.failed(key, answer, now=NOW)
        moment = agenda.next(anything)
        assert moment is not None
        found.append(moment - NOW)
    return found


def test_waits_double_until_something_succeeds() -> None:
    agenda = Agenda(Pace(poll_backoff=0.5))
    assert waits(agenda, POLL, None, None, None) == [0.5, 1, 2]
    agenda.succeeded(POLL)
    assert waits(agenda, POLL, None) == [0.5]


def test_a_limit_is_waited_for_as_told_or_for_the_floor() -> None:
    agenda = Agenda(Pace(rate_limit_floor=3))
    told = Answer(status=429, headers={"retry-after": "7"})
    assert waits(agenda, POLL, told, Answer(status=429)) == [7, 3]


@pytest.mark.parametrize(("key", "tries"), [(RESULT, 3), (EVENT, 1)])
def test_some_errands_are_given_up(key: Key, tries: int) -> None:
    agenda = Agenda(Pace(result_tries=3))
    outcomes = [agenda.failed(key, None, now=NOW) for _ in range(tries)]
    assert outcomes == [True] * (tries - 1) + [False]
    assert agenda.next(anything) is None
    assert agenda.tried(key) == 0


def test_others_are_never_given_up() -> None:
    agenda = Agenda(Pace())
    assert all(agenda.failed(POLL, None, now=NOW) for _ in range(100))
    assert agenda.tried(POLL) == 100
