"""A node without its sockets: bytes, connections and the time go in, effects come out."""

from collections.abc import Callable, Mapping
from typing import Any

from reference.elo import asking, frames, greeting, messages, signing
from reference.elo.acceptance import Executor
from reference.elo.capabilities import Capabilities
from reference.elo.constants import TASK_TTL
from reference.elo.dht.distance import K
from reference.elo.dht.lookup import Lookup
from reference.elo.dht.member import Member
from reference.elo.dht.messages import TYPES
from reference.elo.dht.records import CAPABILITY
from reference.elo.discovery import Searches
from reference.elo.effects import Effect
from reference.elo.frames import FrameError
from reference.elo.links import Link, Links, Stage
from reference.elo.pace import Setup
from reference.elo.queries import Queries
from reference.elo.rates import Rates
from reference.elo.returning import Returns
from reference.elo.routing import Errand, Router
from reference.elo.state import State
from reference.elo.working import Work

Message = Mapping[str, Any]


class Node:
    """Every method takes what happened, and when in Unix seconds; it returns what is to be done."""

    def __init__(self, setup: Setup, *, new_id: Callable[[], str]) -> None:
        pace = setup.pace
        self.setup = setup
        self.state = State(
            setup,
            new_id,
            Links(),
            Rates(pace.rate_limit, pace.rate_window),
            Queries(pace.query_memory),
            Executor(setup.identity.node_id, setup.offers, setup.handles, setup.verifies),
        )
        self.router = Router(
            self.state, setup.identity, new_id, pace.result_within, pace.query_within
        )
        self.work = Work()
        self.searches = Searches()
        self.returns = Returns(pace.return_pause)
        self.dht = Member(self.state)
        self.beat: float | None = None  # when the next heartbeat is due; None: it does not run

    # Connections

    def accepted(self, address: str, *, here: str, now: float) -> int:
        """Expect a hello from ``host:port``, which dialled; return the connection's number."""
        return self.state.links.add(address, dialled=False, now=now, here=here).id

    def dial(self, address: str, *, keeps: bool = False, now: float) -> list[Effect]:
        """Dial a peer, and if it ``keeps`` to it also whenever it is lost.

        An address that is none is passed over (sheet 5.2).
        """
        self.state.now = now
        if keeps:
            self.returns.keep(address)
        self.state.dial(address)
        return self.state.take()

    def connected(self, number: int, *, here: str, now: float) -> list[Effect]:
        """Greet whoever was dialled: the connection is open."""
        self.state.now = now
        link = self.state.links.get(number)
        if link is not None:
            link.stage, link.since, link.here = Stage.GREETED, now, here
            self.state.send(link, self.state.hello())  # ELO-HELLO-22
        return self.state.take()

    def closed(self, number: int, *, now: float) -> list[Effect]:
        """Forget a connection that has ended, or could not be opened."""
        self.state.now = now
        link = self.state.links.get(number)
        if link is not None:
            self.state.forget(link)
            self._lost(link)
        return self.state.take()

    def ended(self, number: int, *, now: float) -> list[Effect]:
        """End a connection on which nothing more will come, after what is still to be answered."""
        self.state.now = now
        link = self.state.links.get(number)
        if link is not None:
            answers = self.state.answers.get(number)
            link.ending = True
            if answers is None or not answers.outstanding:
                self._end(link, "the peer has ended it")
        return self.state.take()

    def received(self, number: int, data: bytes, *, now: float) -> list[Effect]:
        """Take the bytes that came on a connection."""
        self.state.now = now
        link = self.state.links.get(number)
        if link is not None:
            self._read(link, data)
        return self.state.take()

    def _read(self, link: Link, data: bytes) -> None:
        reader = self.state.readers.setdefault(link.id, frames.Reader())
        try:
            whole, broken = reader.feed(data), ""
        except FrameError as error:
            whole, broken = list(error.before), str(error)
        for message in whole:
            if self.state.links.get(link.id) is None:
                return
            self._heed(link, message)
        if broken and self.state.links.get(link.id) is not None:
            self._end(link, broken)

    def _end(self, link: Link, why: str) -> None:
        self.state.close(link, why)
        self._lost(link)

    def _lost(self, link: Link) -> None:
        self.router.lost(link, self.state.now)
        if link.dialled:
            self.returns.lost(link.address, now=self.state.now)
        self.dht.questions.lost(link)

    # Messages

    def _heed(self, link: Link, message: Message) -> None:
        link.heard = self.state.now
        if link.stage is not Stage.PEER:
            self._greet(link, message)
            return
        kind = message.get("type")
        if kind == messages.BYE:  # ELO-RATE-07: whatever has been said before
            greeting.bye(self.state, link, message)
        elif kind == messages.HELLO:  # ELO-RATE-06: not counted
            greeting.hello_again(self.state, link, message)
        elif not self.state.rates.allows(_speaker(link), now=self.state.now):
            if kind == messages.TASK:
                self.work.refuse_too_many(self.state, link, message)
        elif isinstance(kind, str) and kind in HEARERS:  # ELO-LIFE-10: others are ignored
            HEARERS[kind](self, link, message)

    def _greet(self, link: Link, message: Message) -> None:
        others = self.state.links.peers()
        if greeting.first_frame(self.state, link, message):
            self.state.rates.allows(_speaker(link), now=self.state.now)
            self.router.arrived(link, self.state.now)
            self.returns.found(link.address)
            self.dht.arrived(link)
        else:
            self._lost(link)
        for other in others:
            if self.state.links.get(other.id) is None:  # replaced
                self.router.lost(other, self.state.now)
                self.dht.questions.lost(other)

    def hear_response(self, link: Link, message: Message) -> None:
        """Give an answer to whoever asked: a search, a journey, or another node."""
        if self.searches.response(message, link):
            return
        if not asking.pass_back(self.state, link, message):
            self.router.response(link, message, self.state.now)

    # What its owner wants

    def send_task(  # noqa: PLR0913  (a task, and when)
        self,
        ticket: int,
        *,
        target: str,
        capability: str,
        payload: Any,
        ttl_s: int = TASK_TTL,
        relays: bool = False,
        now: float,
    ) -> list[Effect]:
        """Have a task done by somebody; what came of it is settled with the ticket.

        A tracker that ``relays`` goes to the target itself, and to no other tracker.
        """
        self.state.now = now
        errand = Errand(target, capability, payload, ttl_s)
        self.router.start(ticket, errand, relays=relays, now=now)
        return self.state.take()

    def discover(self, ticket: int, *, within: float, now: float) -> list[Effect]:
        """Ask who is there."""
        self.state.now = now
        search = self.searches.start(self.state, ticket, within=within)
        self.dht.walk(self.state.identity.node_id, search.also)
        return self.state.take()

    def find(self, ticket: int, *, key: str, now: float) -> list[Effect]:
        """Look for the records of a node's id, or of ``capability:`` and a name."""
        self.state.now = now
        enough = K if key.startswith(CAPABILITY) else 1

        def found(lookup: Lookup) -> None:
            told = sorted(lookup.records.values(), key=lambda each: -each.begun)
            self.state.settle(ticket, [dict(each.told) for each in told])

        self.dht.walk(key, found, enough=enough)
        return self.state.take()

    def register(self, offers: Capabilities, *, now: float) -> list[Effect]:
        """Offer other capabilities from now on, and tell the peers (ELO-HELLO-31, ELO-HELLO-32).

        A published node takes interests from the first message, and capabilities from the second.
        """
        self.state.now = now
        self.state.executor.capabilities = offers
        self.state.send_all(messages.interest_update(offers))
        for peer in self.state.links.peers():
            self.state.send(peer, self.state.ack(peer, listing=False))
        if self.dht.runs:
            self.dht.publish()
        return self.state.take()

    def run(self, *, now: float) -> list[Effect]:
        """Begin to send heartbeats, and tell the peers that the node is online (ELO-LIFE-05)."""
        self.state.now = now
        self.beat = now + self.state.setup.pace.heartbeat_interval
        event = messages.event(messages.ONLINE, {}, id=self.state.new_id(), timestamp=int(now))
        self.state.send_all(signing.sign(event, self.state.identity))
        self.dht.run()
        return self.state.take()

    def leave(self, *, now: float) -> list[Effect]:
        """Say bye to everybody and go (ELO-LIFE-07)."""
        self.state.now = now
        self.dht.questions.give_up_all()
        for link in self.state.links:
            if link.stage is Stage.PEER:
                self.state.send(link, messages.bye())
            self._end(link, "this node goes")
        return self.state.take()

    # Handlers and time

    def done(self, job: int, payload: Any, *, now: float) -> list[Effect]:
        """Answer with what a handler returned."""
        self.state.now = now
        self._finish(self.work.done(self.state, job, payload))
        return self.state.take()

    def _finish(self, link: Link) -> None:
        """Let a connection go that was only kept for its answers."""
        answers = self.state.answers.get(link.id)
        if link.ending and answers is not None and not answers.outstanding:
            self._end(link, "the peer has ended it")

    def failed(self, job: int, code: str, message: str, *, now: float) -> list[Effect]:
        """Answer that a handler raised."""
        self.state.now = now
        self._finish(self.work.failed(self.state, job, code, message))
        return self.state.take()

    def tick(self, *, now: float) -> list[Effect]:
        """Do what is due."""
        self.state.now = now
        for link in self.state.links:
            if (end := self._patience(link)) is not None and now >= end:
                self._end(link, "nothing was heard for too long")
        if self.beat is not None and now >= self.beat:
            self._send_heartbeats()
        self.router.tick(now)
        self.searches.tick(self.state)
        for address in self.returns.take_due(now=now):
            self.state.dial(address)
        self.dht.tick(in_use=self._is_in_use, end=self._end)
        return self.state.take()

    def _is_in_use(self, link: Link) -> bool:
        """Whether a task is done over a connection, here or there."""
        answers = self.state.answers.get(link.id)
        return self.router.has_task(link) or (answers is not None and answers.outstanding)

    def _send_heartbeats(self) -> None:
        pace = self.state.setup.pace
        self.beat = self.state.now + pace.heartbeat_interval
        beat = messages.heartbeat(self.state.identity.node_id, timestamp=int(self.state.now))
        self.state.send_all(beat)

    def _patience(self, link: Link) -> float | None:
        """Return until when a connection may be silent."""
        pace = self.state.setup.pace
        if link.stage is Stage.PEER:
            return link.heard + pace.idle_limit  # ELO-LIFE-03
        if link.stage is Stage.ACCEPTED:
            return link.since + pace.hello_within  # ELO-FRAME-22
        if link.stage is Stage.GREETED:
            return link.since + pace.ack_within  # ELO-HELLO-24
        return None  # it is being dialled: the shell's own limit

    def due_of(self, number: int) -> float | None:
        """Return until when one connection may be silent."""
        link = self.state.links.get(number)
        return self._patience(link) if link is not None else None

    def due(self) -> float | None:
        """Return when something will be due, if anything."""
        patience = (self._patience(link) for link in self.state.links)
        parts = (self.router.due(), self.searches.due(), self.returns.due(), self.dht.due())
        times = (*patience, self.beat, *parts)
        return min((each for each in times if each is not None), default=None)


def _speaker(link: Link) -> str:
    """Return whose budget a connection uses: its identity's, or its own when it has none."""
    return link.prefix or f"#{link.id}"


HEARERS: Mapping[str, Callable[[Node, Link, Message], None]] = {
    messages.ACK: lambda node, link, message: greeting.news(node.state, link, message),
    messages.INTERESTS: lambda node, link, message: greeting.interests(node.state, link, message),
    messages.QUERY: lambda node, link, message: asking.query(node.state, link, message),
    messages.RESPONSE: Node.hear_response,
    messages.TASK: lambda node, link, message: node.work.take(node.state, link, message),
    **dict.fromkeys(TYPES, lambda node, link, message: node.dht.hear(link, message)),
    messages.RESULT: lambda node, link, message: node.router.result(link, message),
}
