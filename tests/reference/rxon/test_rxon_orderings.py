"""Other orders of workers, kept up to date."""

import pytest

from reference.rxon.orderings import ARRIVAL, LOAD, VALUE, Orderings, Place

DEAR: Place = (5.0, -1.0, 1, "dear")
CHEAP: Place = (1.0, -0.1, 2, "cheap")
LOST: Place = (0.0, 0.0, 3, "lost")
LOADS = {"dear": 0, "cheap": 2, "lost": 1}
OFFERED = sorted([DEAR, CHEAP, LOST])


def names(orderings: Orderings, name: str) -> list[str]:
    return [place[-1] for _, place in orderings.of(name, "x", OFFERED, LOADS.__getitem__)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ARRIVAL, ["dear", "cheap", "lost"]),
        (LOAD, ["dear", "lost", "cheap"]),
        (VALUE, ["dear", "cheap", "lost"]),
    ],
)
def test_workers_stand_in_their_order(name: str, expected: list[str]) -> None:
    assert names(Orderings(), name) == expected


@pytest.mark.parametrize("name", [ARRIVAL, LOAD, VALUE])
def test_a_worker_comes_and_goes(name: str) -> None:
    orderings = Orderings()
    before = names(orderings, name)
    new: Place = (2.0, -1.0, 4, "new")
    orderings.add("x", new, 7)
    assert set(names(orderings, name)) == {*before, "new"}
    orderings.remove("x", new, 7)
    assert names(orderings, name) == before


def test_a_worker_that_is_given_a_task_moves() -> None:
    orderings = Orderings()
    names(orderings, LOAD)
    orderings.move({"x": DEAR, "another skill": DEAR}, 0, 9)
    assert names(orderings, LOAD) == ["lost", "cheap", "dear"]


def test_nothing_is_kept_that_nobody_asked_for() -> None:
    orderings = Orderings()
    orderings.add("x", DEAR, 0)
    orderings.move({"x": DEAR}, 0, 1)
    orderings.remove("x", DEAR, 1)
    assert not orderings._entries
    assert list(orderings.of(LOAD, "nobody's", [], LOADS.__getitem__)) == []
    assert not orderings._entries
