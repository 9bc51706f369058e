"""How a task finds somebody to do it: direct, interest table, query, relay, NO_PEER (sheet 6.4).

A journey goes through the ways that its target allows, in order. A way is taken or not; when it
leads nowhere, the next is tried; after the last there is nobody (ELO-ROUTE-10).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from reference.elo import messages, signing
from reference.elo.constants import QUERY_WITHIN, RESULT_WITHIN, TASK_QUERY_TTL
from reference.elo.effects import Outcome
from reference.elo.frames import FrameError
from reference.elo.identity import PREFIX, Identity
from reference.elo.links import Link, Links
from reference.elo.messages import RELAY

PLACES = 8  # that a task's answers may have dialled: nobody makes a node dial a thousand hosts
NO_PEER, SEND_ERROR, TIMEOUT, UNKNOWN = "NO_PEER", "SEND_ERROR", "TIMEOUT", "UNKNOWN"


class Outbox(Protocol):
    """What a router needs of its node."""

    links: Links

    def send(self, link: Link, message: Mapping[str, Any]) -> None:
        """Write a message; raises FrameError for one that no frame can carry."""

    def dial(self, address: str) -> Link | None:
        """Dial an address, or return the connection on which that is under way."""

    def ask(self, capability: Any, *, ttl: int) -> str:
        """Send a query to every peer and return its id."""

    def settle(self, ticket: int, outcome: Outcome) -> None:
        """Tell the caller."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What shall be done, and by whom if that matters."""

    target: str
    capability: str
    payload: Any
    ttl_s: int

    def relay_payload(self) -> dict[str, Any]:
        """Return what a tracker is told (ELO-ROUTE-09)."""
        return {
            "target": self.target,
            "capability": self.capability,
            "payload": self.payload,
            "ttl_s": self.ttl_s,
        }


@dataclass(slots=True, eq=False)
class Journey:
    """One errand on its way, and where it is."""

    ticket: int
    errand: Errand
    ways: Iterator["Way"]
    until: float = 0.0
    query: str = ""  # the query that is out
    places: list[str] = field(default_factory=list)  # addresses that may have somebody
    told: int = 0  # how many there have been
    dialled: int | None = None
    task: str = ""  # the id of the task that is out
    link: int | None = None  # where it went
    relayed: bool = False


Way = Callable[["Router", Journey, float], bool]


@dataclass(slots=True)
class Router:
    """Every journey of a node."""

    outbox: Outbox
    identity: Identity
    new_id: Callable[[], str]
    result_within: float = RESULT_WITHIN
    query_within: float = QUERY_WITHIN
    _journeys: list[Journey] = field(default_factory=list)

    def start(self, ticket: int, errand: Errand, *, relays: bool, now: float) -> None:
        """Begin a journey."""
        journey = Journey(ticket, errand, iter(WAYS[bool(errand.target), relays]))
        self._journeys.append(journey)
        self.go_on(journey, now)

    def go_on(self, journey: Journey, now: float) -> None:
        """Take the next way that can be taken, or give up."""
        for way in journey.ways:
            if way(self, journey, now):
                return
        self._end(journey, Outcome(messages.ERROR, code=NO_PEER, message="nobody can do this"))

    def _end(self, journey: Journey, outcome: Outcome) -> None:
        self._journeys.remove(journey)
        self.outbox.settle(journey.ticket, outcome)

    def give(self, journey: Journey, link: Link, now: float) -> bool:
        """Send the task to a peer, or the request to relay it."""
        errand = journey.errand
        task = messages.task(
            self.new_id(),
            target="" if journey.relayed else errand.target,
            caller=self.identity.node_id,
            capability=RELAY if journey.relayed else errand.capability,
            payload=errand.relay_payload() if journey.relayed else errand.payload,
            timestamp=int(now),
            ttl_s=errand.ttl_s,
        )
        try:
            self.outbox.send(link, signing.sign(task, self.identity))
        except (FrameError, ValueError, RecursionError, TypeError) as error:  # ELO-TASK-23
            self._end(journey, Outcome(messages.ERROR, code=SEND_ERROR, message=str(error)))
            return True
        journey.task, journey.link = task["id"], link.id
        journey.until = now + self.result_within
        return True

    # What comes back

    def result(self, link: Link, message: Mapping[str, Any]) -> None:
        """Take a result: that of the task, from the peer that has it (ELO-TASK-18, 19)."""
        for journey in self._journeys:
            if journey.task and journey.task == message.get("id") and journey.link == link.id:
                if _is_genuine(link, message):
                    self._end(journey, outcome_of(message))
                return

    def response(self, link: Link, message: Mapping[str, Any], now: float) -> None:
        """Take an answer to a query: only one that names somebody who can do it counts."""
        for journey in self._journeys:
            if journey.query and journey.query == message.get("id") and not journey.task:
                able = _able(message.get("nodes"), journey.errand.capability, link)
                found = list(islice(able, PLACES - journey.told))
                journey.places += found
                journey.told += len(found)
                if found and journey.dialled is None:
                    self.visit(journey, now)
                return

    def visit(self, journey: Journey, now: float) -> None:
        """Go to the next place that was named; after the last, the next way is tried."""
        while journey.places:
            place = journey.places.pop(0)
            peer = self.outbox.links.named(place)
            if peer is not None:
                self.give(journey, peer, now)
                return
            dialled = self.outbox.dial(place)
            if dialled is not None:
                journey.dialled = dialled.id
                return
        journey.dialled = None
        if now >= journey.until:
            self.go_on(journey, now)

    def arrived(self, link: Link, now: float) -> None:
        """Hear that a connection that was dialled leads to a peer."""
        for journey in tuple(self._journeys):
            if journey.dialled == link.id:
                journey.dialled = None
                self.give(journey, link, now)

    def lost(self, link: Link, now: float) -> None:
        """Hear that a connection is gone: who waits for it waits no longer (ELO-ROUTE-12)."""
        for journey in tuple(self._journeys):
            if journey.dialled == link.id:
                journey.dialled = None
                self.visit(journey, now)
            elif journey.link == link.id:
                gone = f"{link.key} went before it answered"
                self._end(journey, Outcome(messages.ERROR, code=SEND_ERROR, message=gone))

    def tick(self, now: float) -> None:
        """End what has waited long enough."""
        for journey in tuple(self._journeys):
            if now < journey.until:
                continue
            if journey.task:
                late = f"no result within {self.result_within:g} s"
                self._end(journey, Outcome(messages.ERROR, code=TIMEOUT, message=late))
            elif journey.dialled is None:
                self.go_on(journey, now)

    def has_task(self, link: Link) -> bool:
        """Whether a peer has a task of ours."""
        return any(journey.link == link.id for journey in self._journeys)

    def due(self) -> float | None:
        """Return when the next journey has waited long enough."""
        return min((each.until for each in self._journeys if each.dialled is None), default=None)


# The ways


def _direct(router: Router, journey: Journey, now: float) -> bool:
    """Give it to the target itself (ELO-ROUTE-01)."""
    peer = router.outbox.links.named(journey.errand.target)
    return peer is not None and router.give(journey, peer, now)


def _interest_table(router: Router, journey: Journey, now: float) -> bool:
    """Give it to a peer that told of the capability (ELO-ROUTE-02, ELO-ROUTE-29)."""
    able = router.outbox.links.offering(journey.errand.capability)
    return bool(able) and router.give(journey, able[0], now)


def _query(router: Router, journey: Journey, now: float) -> bool:
    """Ask every peer who has the capability (ELO-ROUTE-03)."""
    if not router.outbox.links.peers():
        return False
    journey.query = router.outbox.ask(journey.errand.capability, ttl=TASK_QUERY_TTL)
    journey.until = now + router.query_within
    return True


def _relay(router: Router, journey: Journey, now: float) -> bool:
    """Have a tracker pass it on (ELO-ROUTE-07, ELO-ROUTE-08)."""
    if journey.errand.capability == RELAY:  # a relay of a relay would never end
        return False
    trackers = router.outbox.links.offering(RELAY)
    journey.relayed = bool(trackers)
    return bool(trackers) and router.give(journey, trackers[0], now)


# Whether there is a target, and whether a tracker relays: it goes to nobody else (ELO-ROUTE-08).
WAYS: Mapping[tuple[bool, bool], Sequence[Way]] = {
    (True, False): (_direct, _relay),
    (False, False): (_interest_table, _query, _relay),
    (True, True): (_direct,),
    (False, True): (_interest_table,),
}


# What messages say


def _able(nodes: Any, capability: str, responder: Link) -> Iterator[str]:
    """Yield the places of an answer's nodes that have a capability (ELO-ROUTE-06)."""
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, dict):
            continue
        names, prefix = node.get("caps"), node.get("node_id")
        # A node that names itself tells no capabilities, and often a wrong address (sheet 3.4).
        itself = isinstance(prefix, str) and prefix[:PREFIX] == responder.prefix
        if itself and names is None:
            yield responder.key
        elif isinstance(names, list) and capability in names and isinstance(node.get("addr"), str):
            yield node["addr"]


def _is_genuine(link: Link, message: Mapping[str, Any]) -> bool:
    """Whether a result is the peer's own (ELO-SIG-11); failures need no signature (ELO-SIG-10)."""
    signer = link.about.node_id if link.about is not None else ""
    if not signing.is_key(signer):  # who has no key is taken at its word
        return True
    failed = message.get("status") != messages.SUCCESS
    found = signing.verdict(message, signer)
    return found is signing.Verdict.SIGNED or (failed and found is signing.Verdict.UNSIGNED)


def outcome_of(message: Mapping[str, Any]) -> Outcome:
    """Read a result as its caller does (ELO-TASK-20, ELO-TASK-21)."""
    if message.get("status") == messages.SUCCESS:
        return Outcome(messages.SUCCESS, payload=message.get("payload", {}))
    error = message.get("error")
    told = error if isinstance(error, dict) else {"message": error} if error else {}
    code = str(told.get("code") or UNKNOWN)
    return Outcome(messages.ERROR, code=code, message=str(told.get("message") or ""))
