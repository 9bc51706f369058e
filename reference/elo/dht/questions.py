"""What a node asks others of the table: over the connection that there is, or on a visit.

A visit is a connection for the sake of questions: whom the other side lists is not dialled then,
or every walk would end in a mesh of everybody with everybody. It ends when nothing is asked on it
any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import messages
from reference.elo.dht.contacts import Contact
from reference.elo.effects import Wake
from reference.elo.handshake import DHT
from reference.elo.links import Link, Stage
from reference.elo.state import State

Message = Mapping[str, Any]
Say = Callable[[str, Link], Message]  # the question, of its id and where it goes
Then = Callable[[Message | None], None]  # None: it was not answered

ANSWER_WITHIN = 3.0  # seconds
VISIT_WITHIN = 5.0  # seconds from dialling to being asked
VISIT_LASTS = 10.0  # seconds after its last question


@dataclass(slots=True, eq=False)
class Question:
    """One question that is out, or waits for its visit to begin."""

    to: Contact
    say: Say
    wanted: str  # the type of its answer
    then: Then
    until: float
    link: int
    sent: bool = False


@dataclass(slots=True)
class Questions:
    """Every question of a node, by id."""

    state: State
    _open: dict[str, Question] = field(default_factory=dict)
    _visits: dict[int, float] = field(default_factory=dict)  # when each was used last
    _leaving: bool = False

    def ask(self, to: Contact, say: Say, *, wanted: str, then: Then) -> bool:
        """Ask a node; say whether that is under way. ``then`` gets the answer."""
        if self._leaving:
            return False
        link = self.state.links.named(to.node_id) or self._visit(to)
        if link is None:
            return False
        until = self.state.now + VISIT_WITHIN
        question = Question(to, say, wanted, then, until, link.id)
        id = self.state.new_id()[:8]
        if link.stage is Stage.PEER and not self._send(id, question, link):
            return False
        self._open[id] = question
        self.state.do(Wake())
        return True

    def _visit(self, to: Contact) -> Link | None:
        for link in self.state.links:
            if link.dialled and link.address == to.addr:
                return link  # it is under way, or it leads to somebody else
        visit = self.state.dial(to.addr)
        if visit is not None:
            visit.visit = True
            self._visits[visit.id] = self.state.now
        return visit

    def _send(self, id: str, question: Question, link: Link) -> bool:
        """Send a question, if its connection leads to whom it is for."""
        right = link.about is not None and link.about.node_id == question.to.node_id
        if not (right and speaks(link)):
            return False
        self.state.send(link, question.say(id, link))
        question.link, question.sent = link.id, True
        question.until = self.state.now + ANSWER_WITHIN
        if link.id in self._visits:
            self._visits[link.id] = self.state.now
        return True

    # What comes of it

    def answered(self, link: Link, message: Message) -> None:
        """Take an answer; one that nobody asked for is nothing."""
        id = message.get("id")
        question = self._open.get(id) if isinstance(id, str) else None
        if question is None or not question.sent or question.link != link.id:
            return
        if message.get("type") == question.wanted:
            del self._open[str(id)]
            question.then(message)

    def arrived(self, link: Link) -> None:
        """Ask what has waited for a connection."""
        for id, question in tuple(self._open.items()):
            waits = question.link == link.id and not question.sent
            if waits and not self._send(id, question, link):
                self._give_up(id)

    def lost(self, link: Link) -> None:
        """Hear that a connection is gone: there may be another to the same node."""
        self._visits.pop(link.id, None)
        for id, question in tuple(self._open.items()):
            if question.link != link.id:
                continue
            other = self.state.links.named(question.to.node_id)
            if other is None or not self._send(id, question, other):
                self._give_up(id)

    def _give_up(self, id: str) -> None:
        if (question := self._open.pop(id, None)) is not None:
            question.then(None)

    def give_up_all(self) -> None:
        """Ask nobody any more: the node goes, and whoever waits is told what there is."""
        self._leaving = True
        for id in tuple(self._open):
            self._give_up(id)
        self._leaving = False

    # Time

    def tick(self, *, in_use: Callable[[Link], bool], end: Callable[[Link, str], None]) -> None:
        """Give up what is not answered, and end visits on which nothing is asked."""
        for id, question in tuple(self._open.items()):
            if self.state.now >= question.until:
                self._give_up(id)
        for number, used in tuple(self._visits.items()):
            link = self.state.links.get(number)
            if link is None or not link.visit:
                del self._visits[number]
            elif self.state.now >= used + VISIT_LASTS:
                if link.stage is not Stage.PEER or in_use(link):
                    self._visits[number] = self.state.now
                else:
                    self.state.send(link, messages.bye())
                    end(link, "the visit is over")

    def due(self) -> float | None:
        """Return when the next question is given up, or the next visit ends."""
        ends = (used + VISIT_LASTS for used in self._visits.values())
        return min((*(each.until for each in self._open.values()), *ends), default=None)


def speaks(link: Link) -> bool:
    """Whether a peer announced that it takes part in the table (ELO-DHT-04)."""
    return link.about is not None and DHT in link.about.features
