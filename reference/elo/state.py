"""What a node knows, and the few things that it can do: send, close, dial, ask, settle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import frames, handshake, messages
from reference.elo.acceptance import Executor
from reference.elo.answers import Answers
from reference.elo.capabilities import Capabilities
from reference.elo.effects import Close, Dial, Effect, Send, Settle
from reference.elo.identity import Identity
from reference.elo.links import Link, Links, Stage
from reference.elo.pace import Setup
from reference.elo.queries import Queries
from reference.elo.rates import Rates


@dataclass(slots=True, eq=False)
class State:
    """A node's memory; ``now`` is the time of the event that is being handled, in Unix seconds."""

    setup: Setup
    new_id: Callable[[], str]
    links: Links
    rates: Rates
    queries: Queries
    executor: Executor
    readers: dict[int, frames.Reader] = field(default_factory=dict)
    answers: dict[int, Answers] = field(default_factory=dict)
    now: float = 0.0
    _effects: list[Effect] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        """Who this node is."""
        return self.setup.identity

    @property
    def offers(self) -> Capabilities:
        """What this node can do."""
        return self.executor.capabilities

    def take(self) -> list[Effect]:
        """Hand out what is to be done."""
        effects, self._effects = self._effects, []
        return effects

    def do(self, effect: Effect) -> None:
        """Have something done."""
        self._effects.append(effect)

    def send(self, link: Link, message: Mapping[str, Any]) -> None:
        """Write a message; raises FrameError for one that no frame can carry."""
        self._effects.append(Send(link.id, frames.encode(message)))

    def send_all(self, message: Mapping[str, Any], *, but: Link | None = None) -> None:
        """Write a message to every peer."""
        for peer in self.links.peers(but=but):
            self.send(peer, message)

    def close(self, link: Link, why: str) -> None:
        """End a connection and forget it."""
        self._effects.append(Close(link.id, why))
        self.forget(link)

    def forget(self, link: Link) -> None:
        """Forget a connection that has ended."""
        self.links.drop(link)
        self.readers.pop(link.id, None)
        self.answers.pop(link.id, None)

    def dial(self, address: str) -> Link | None:
        """Dial ``prefix@host:port`` or ``host:port``; None for what is no address, or is here."""
        place = address.rpartition("@")[2]
        host, colon, port = place.rpartition(":")
        if not (host and colon and port.isdigit()) or self.is_here(host, int(port)):
            return None
        for link in self.links:
            if link.address == place and link.dialled:
                link.visit = False  # whoever dials it again wants more than an answer
                if link.stage is not Stage.PEER:
                    return link
        if self.links.dials(place):  # ELO-HELLO-35
            return None
        link = self.links.add(place, dialled=True, now=self.now)
        self._effects.append(Dial(link.id, place))
        return link

    def is_here(self, host: str, port: int) -> bool:
        """Whether an address is this node's own (sheet 6.6)."""
        return port == self.setup.listen and host in {"127.0.0.1", "localhost", "0.0.0.0"}  # noqa: S104

    def ask(self, capability: Any, *, ttl: int) -> str:
        """Send a query to every peer and return its id (ELO-ROUTE-04)."""
        id = self.new_id()[:8]
        self.queries.remember(id, asker=None, now=self.now)
        self.send_all(messages.query(capability, id, ttl=ttl, origin=self.identity.node_id))
        return id

    def settle(self, ticket: int, outcome: Any) -> None:
        """Tell whoever waits."""
        self._effects.append(Settle(ticket, outcome))

    # How this node introduces itself

    def hello(self) -> dict[str, Any]:
        """Write this node's hello."""
        told = self.setup.disclosure.in_hello(self.offers)
        said = messages.hello(
            self.identity.node_id,
            told,
            interests=self.offers.interests,
            visibility=self.setup.disclosure.visibility,
        )
        return self._proven(said)

    def ack(self, link: Link, *, listing: bool) -> dict[str, Any]:
        """Write this node's answer to a peer's hello, or news of itself to a known peer."""
        node_id = link.about.node_id if link.about is not None else ""
        lists = listing and self.setup.disclosure.lists_peers
        said = messages.ack(
            self.identity.node_id,
            self.setup.disclosure.in_ack(self.offers, node_id),
            interests=self.offers.interests,
            visibility=self.setup.disclosure.visibility,
            known_peers=[p.entry() for p in self.links.told_of(asker=link)] if lists else None,
        )
        return self._proven(said)

    def _proven(self, said: dict[str, Any]) -> dict[str, Any]:
        return handshake.proven(
            said,
            self.identity,
            listen=self.setup.listen,
            features=self.setup.features,
            timestamp=round(self.now, 3),
        )
