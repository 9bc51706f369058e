"""Other orders of the workers of a skill than the usual one, kept up to date once asked for.

A strategy that sorted all workers for every task would cost more with every worker. An order is
made when a strategy first wants it; from then on a worker that comes, goes or is given a task moves
in it, which costs a search and a shift.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias

# Where a worker stands among those that offer a skill: price, -reputation, arrival, worker id.
Place: TypeAlias = tuple[float, float, int, str]
Entry: TypeAlias = tuple[Any, Place]  # what the order goes by, then the usual order

ARRIVAL, LOAD, VALUE = "arrival", "load", "value"


def arrival(place: Place, _load: int) -> int:
    """Order by the first registration."""
    return place[2]


def load(_place: Place, load: int) -> int:
    """Order by the number of tasks."""
    return load


def value(place: Place, _load: int) -> float:
    """Order by the price for the reputation."""
    cost, reputation = place[0], -place[1]
    return cost / reputation if reputation > 0 else inf


KEYS: Mapping[str, Callable[[Place, int], Any]] = {ARRIVAL: arrival, LOAD: load, VALUE: value}


class Orderings:
    """The orders that somebody has asked for, by name and skill."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], list[Entry]] = {}

    def of(
        self, name: str, skill: str, offered: Iterable[Place], load_of: Callable[[str], int]
    ) -> Sequence[Entry]:
        """Return an order of all workers of a skill, from `offered` if it is not there yet."""
        entries = self._entries.get((name, skill))
        if entries is None:
            entries = sorted(entry(name, place, load_of(place[-1])) for place in offered)
            if entries:
                self._entries[name, skill] = entries
        return entries

    def add(self, skill: str, place: Place, load: int) -> None:
        """Put a worker where it belongs."""
        for name in KEYS:
            entries = self._entries.get((name, skill))
            if entries is not None:
                insort(entries, entry(name, place, load))

    def remove(self, skill: str, place: Place, load: int) -> None:
        """Take a worker out; `load` is what it was when it was put in."""
        for name in KEYS:
            entries = self._entries.get((name, skill))
            if entries is not None:
                del entries[bisect_left(entries, entry(name, place, load))]
                if not entries:
                    del self._entries[name, skill]

    def move(self, places: Mapping[str, Place], before: int, now: int) -> None:
        """Let a worker have another number of tasks."""
        for skill, place in places.items():
            entries = self._entries.get((LOAD, skill))
            if entries is not None:
                del entries[bisect_left(entries, (before, place))]
                insort(entries, (now, place))


def entry(name: str, place: Place, load: int) -> Entry:
    """Return where a worker stands in an order."""
    return (KEYS[name](place, load), place)
