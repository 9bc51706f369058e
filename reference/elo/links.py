"""Connections and the peers behind them: who is who, who replaces whom, who is told of whom."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from reference.elo import frames
from reference.elo.frames import FrameError
from reference.elo.handshake import Introduction
from reference.elo.identity import PREFIX


class Stage(Enum):
    """How far a connection has come."""

    ACCEPTED = auto()  # a hello is awaited
    DIALLING = auto()  # its address has been dialled, nothing came of it yet
    GREETED = auto()  # our hello is out, its answer is awaited
    PEER = auto()


@dataclass(slots=True, eq=False)
class Link:
    """One connection; ``address`` is ``host:port`` as this side sees it, ``here`` its own host."""

    id: int
    address: str
    here: str
    dialled: bool
    since: float
    stage: Stage
    about: Introduction | None = None
    heard: float = 0.0  # when the last whole frame came
    greeted: float | None = None  # when its last heeded hello came
    listed: bool = True  # ELO-LIFE-08: who said bye is told to nobody
    visit: bool = False  # dialled for questions of the distributed table alone
    told: tuple[Introduction | None, dict[str, Any]] | None = None  # of it, made of that
    measured: tuple[Introduction | None, float] | None = None  # how much that is
    ending: bool = False  # ELO-FRAME-15: it says nothing more, and still hears answers

    @property
    def prefix(self) -> str:
        """The first characters of the peer's id."""
        return self.about.prefix if self.about is not None else ""

    @property
    def key(self) -> str:
        """The peer's name among connections (sheet 2.3)."""
        return f"{self.prefix}@{self.address}"

    @property
    def reachable_at(self) -> str:
        """Where others can dial it (ELO-HELLO-11): what it told, else what we dialled or saw."""
        if self.dialled or self.about is None or self.about.listen is None:
            return self.key
        host = self.address.rpartition(":")[0]
        return f"{self.prefix}@{host}:{self.about.listen}"

    @property
    def size(self) -> float:
        """How many bytes it takes to tell of it; without end for what no frame can carry."""
        if self.measured is None or self.measured[0] is not self.about:
            self.measured = (self.about, _size(self.entry()))
        return self.measured[1]

    def entry(self) -> dict[str, Any]:
        """Return what an ack's ``known_peers`` says of it (ELO-HELLO-09)."""
        if self.told is None or self.told[0] is not self.about:
            interests = self.about.interests if self.about is not None else ()
            self.told = (self.about, {**self.node(), "interests": list(interests)})
        return self.told[1]

    def node(self) -> dict[str, Any]:
        """Return what an answer to a query says of it (ELO-ROUTE-14)."""
        names = self.about.capabilities.names if self.about is not None else ()
        return {"addr": self.reachable_at, "node_id": self.prefix, "caps": list(names)}

    def has(self, capability: Any) -> bool:
        """Whether the peer told that it has a capability."""
        return self.about is not None and capability in self.about.capabilities.names


@dataclass(slots=True)
class Links:
    """Every connection of a node."""

    _links: dict[int, Link] = field(default_factory=dict)
    _numbers: int = 0

    def add(self, address: str, *, dialled: bool, now: float, here: str = "127.0.0.1") -> Link:
        """Make a connection known."""
        self._numbers += 1
        stage = Stage.DIALLING if dialled else Stage.ACCEPTED
        link = Link(self._numbers, address, here, dialled, now, stage, heard=now)
        self._links[link.id] = link
        return link

    def get(self, id: int) -> Link | None:
        """Return a connection that is still there."""
        return self._links.get(id)

    def drop(self, link: Link) -> None:
        """Forget a connection."""
        self._links.pop(link.id, None)

    def __iter__(self) -> Iterator[Link]:
        return iter(tuple(self._links.values()))

    def peers(self, *, but: Link | None = None) -> list[Link]:
        """Return the connections past their handshake, oldest first."""
        return [link for link in self if link.stage is Stage.PEER and link is not but]

    def told_of(self, *, asker: Link) -> list[Link]:
        """Return the peers that an asker is told of: never the asker itself, on any connection."""
        own = asker.prefix
        return fitting(
            link
            for link in self.peers(but=asker)
            if link.listed and not (own and link.prefix == own)
        )

    def named(self, target: str) -> Link | None:
        """Return the peer that a target names: by its id, by the id's prefix, or by its key."""
        prefix = target.partition("@")[0][:PREFIX]
        if not prefix:
            return None
        links = self._links.values()
        there = (each for each in links if each.prefix == prefix and each.stage is Stage.PEER)
        return next(there, None)

    def offering(self, capability: Any, *, but: Link | None = None) -> list[Link]:
        """Return the peers that told that they have a capability, and did not say bye."""
        return [link for link in self.peers(but=but) if link.listed and link.has(capability)]

    def twins(self, link: Link, about: Introduction) -> list[Link]:
        """Return other connections of the same identity (ELO-HELLO-14, ELO-HELLO-18)."""
        return [other for other in self.peers(but=link) if other.prefix == about.prefix]

    def dials(self, address: str) -> bool:
        """Whether an address has been dialled already (ELO-HELLO-35)."""
        return any(link.address == address and link.dialled for link in self)


ROOM = 900_000  # bytes of a frame for whom it lists


def fitting(peers: Iterable[Link]) -> list[Link]:
    """Return those of some peers of whom one frame has room to tell.

    Otherwise whoever tells much of itself would have nobody be greeted any more.
    """
    room, chosen = ROOM, []
    for peer in peers:
        if peer.size <= room:
            room -= int(peer.size)
            chosen.append(peer)
    return chosen


def _size(told: dict[str, Any]) -> float:
    try:
        return len(frames.encode(told))
    except FrameError:
        return math.inf


def may_replace(newcomer: Introduction, incumbent: Link, *, dialled: bool) -> bool:
    """Whether a newcomer takes a peer's place (ELO-HELLO-19).

    Nobody can take the place of who proved itself without a newer proof: not even with the same,
    which anybody may have overheard. Only when both sides dialled at once may a peer's hello and
    its hello_ack be of the same moment.
    """
    proof = incumbent.about.proven if incumbent.about is not None else None
    if proof is None:
        return True
    if newcomer.proven is None:
        return False
    crossing = dialled is not incumbent.dialled
    return newcomer.proven > proof or (crossing and newcomer.proven == proof)


def goes_first(*, dialler: str, listener: str) -> bool:
    """Whether of two connections between the same pair the one so dialled is kept.

    Both sides come to the same answer, so that one is left (ELO-HELLO-34).
    """
    return dialler < listener
