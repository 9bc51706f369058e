"""The walk towards a target: ask the closest that are known, who name closer ones, until none is.

``alpha`` questions are out at a time. A walk asks a bounded number of nodes, whatever they say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reference.elo.dht.contacts import Contact
from reference.elo.dht.distance import K, closest
from reference.elo.dht.records import Record

ALPHA = 3
MOST_ASKED = 64  # nodes


@dataclass(slots=True, eq=False)
class Lookup:
    """One walk; ``enough`` records end it, none of them when nodes are looked for."""

    target: str
    own: str
    enough: int = 0
    ended: bool = False  # whoever wanted it has been told
    records: dict[str, Record] = field(default_factory=dict)
    _known: dict[str, Contact] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)

    def learn(self, contacts: Iterable[Contact]) -> None:
        """Hear of nodes; what was known of one first is kept."""
        for each in contacts:
            if each.node_id != self.own:
                self._known.setdefault(each.node_id, each)

    def found(self, records: Iterable[Record]) -> None:
        """Take the records about the target; of two of one node the newer."""
        for each in records:
            known = self.records.get(each.node_id)
            if self.target in each.keys and (known is None or each.begun > known.begun):
                self.records[each.node_id] = each

    def next(self) -> list[Contact]:
        """Return whom to ask now."""
        if self._has_enough:
            return []
        left = min(ALPHA - len(self._out), MOST_ASKED - len(self._asked))
        turn = [each for each in self._front() if each.node_id not in self._asked][: max(left, 0)]
        self._asked |= (names := {each.node_id for each in turn})
        self._out |= names
        return turn

    def _front(self) -> list[Contact]:
        alive = (each for each in self._known.values() if each.node_id not in self._failed)
        return closest(self.target, alive, name=lambda each: each.node_id)

    @property
    def _has_enough(self) -> bool:
        return bool(self.enough) and len(self.records) >= self.enough

    def answered(self, node_id: str) -> None:
        """Note that a node has answered."""
        self._out.discard(node_id)

    def failed(self, node_id: str) -> None:
        """Note that a node has not answered: it is not among the closest."""
        self._out.discard(node_id)
        self._failed.add(node_id)

    @property
    def is_over(self) -> bool:
        """Whether nobody is left to ask, or enough was found."""
        if self._has_enough:
            return True
        idle = all(each.node_id in self._asked for each in self._front())
        return not self._out and (idle or len(self._asked) >= MOST_ASKED)

    def nearest(self) -> list[Contact]:
        """Return the nodes closest to the target that have answered."""
        there = [each for each in self._front() if each.node_id in self._asked - self._out]
        return there[:K]
