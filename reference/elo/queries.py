"""Queries that pass through a node: heard once, answered, forwarded, answers sent back (6.3)."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from reference.elo.constants import QUERY_MEMORY

SWEEP_AT = 256  # queries, above which old ones are dropped: seldom, so that none pays for all


@dataclass(frozen=True, slots=True)
class Heard:
    """A query that was seen: until when it is remembered, and who asked."""

    until: float
    asker: int | None  # the connection; None: this node itself


@dataclass(slots=True)
class Queries:
    """The queries of the last minute, by id."""

    memory: float = QUERY_MEMORY
    _heard: dict[Hashable, Heard] = field(default_factory=dict)
    _sweep_at: int = SWEEP_AT

    def knows(self, id: Hashable, *, now: float) -> bool:
        """Whether a query with this id was heard a short time ago, from anybody (ELO-ROUTE-16)."""
        heard = self._heard.get(id)
        return heard is not None and now < heard.until

    def remember(self, id: Hashable, *, asker: int | None, now: float) -> None:
        """Note a query, and who is to get answers to it."""
        if len(self._heard) >= self._sweep_at:
            self._heard = {key: heard for key, heard in self._heard.items() if now < heard.until}
            self._sweep_at = max(SWEEP_AT, 2 * len(self._heard))
        self._heard[id] = Heard(now + self.memory, asker)

    def asker_of(self, id: Hashable, *, now: float) -> int | None:
        """Return the connection to which an answer goes back (ELO-ROUTE-22)."""
        heard = self._heard.get(id)
        return heard.asker if heard is not None and now < heard.until else None


def may_be_forwarded(ttl: object) -> bool:
    """Whether a query has life left for another hop (ELO-ROUTE-20)."""
    return isinstance(ttl, int | float) and not isinstance(ttl, bool) and ttl > 1
