"""Asking the mesh who is there: one query, every answer within its time (ELO-ROUTE-24, 25)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo.constants import DISCOVERY_TTL
from reference.elo.dht.lookup import Lookup
from reference.elo.handshake import DHT
from reference.elo.identity import PREFIX
from reference.elo.links import Link
from reference.elo.state import State

Message = Mapping[str, Any]


@dataclass(slots=True)
class Search:
    """One question that is out, and whom it has found."""

    ticket: int
    until: float
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def also(self, lookup: Lookup) -> None:
        """Add whom a walk through the distributed table has met."""
        for each in lookup.nearest():
            prefix = each.node_id[:PREFIX]
            told = {"addr": f"{prefix}@{each.addr}", "node_id": prefix, "caps": []}
            self.found.setdefault(prefix, {**told, "via": DHT, "connected": False})


@dataclass(slots=True)
class Searches:
    """Every search of a node, by the id of its query."""

    _open: dict[str, Search] = field(default_factory=dict)

    def start(self, state: State, ticket: int, *, within: float) -> Search:
        """Ask every peer; the peers themselves are found already."""
        search = Search(ticket, state.now + within)
        for peer in state.links.peers():
            if peer.listed:
                search.found[peer.prefix] = {**peer.node(), "connected": True}
        self._open[state.ask("", ttl=DISCOVERY_TTL)] = search
        return search

    def response(self, message: Message, link: Link) -> bool:
        """Merge one answer; say whether it belongs to a search."""
        id = message.get("id")
        search = self._open.get(id) if isinstance(id, str) else None
        if search is None:
            return False
        nodes = message.get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            if isinstance(node, dict) and isinstance(node.get("node_id"), str):
                named = {"via": link.prefix, "connected": False, **node}
                search.found.setdefault(node["node_id"], named)
        return True

    def tick(self, state: State) -> None:
        """End the searches whose time is up."""
        for id, search in tuple(self._open.items()):
            if state.now >= search.until:
                del self._open[id]
                state.settle(search.ticket, list(search.found.values()))

    def due(self) -> float | None:
        """Return when the next search ends."""
        return min((search.until for search in self._open.values()), default=None)
