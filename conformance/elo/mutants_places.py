"""What breaks each requirement of places, of diallers, and of two nodes that know each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import handshake, messages
from reference.elo.effects import Close
from reference.elo.handshake import HandshakeError
from reference.elo.links import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.core import Node
    from reference.elo.handshake import Introduction
    from reference.elo.links import Link, Links
    from reference.elo.state import State

    Message = Mapping[str, Any]
    First = Callable[[State, Link, Message], bool]
    Ack = Callable[..., dict[str, Any]]

GREETING, CORE, LINKS = "reference.elo.greeting", "reference.elo.core", "reference.elo.links"
STATE, HANDSHAKE, MESSAGES = (
    "reference.elo.state",
    "reference.elo.handshake",
    "reference.elo.messages",
)
HASTY = 3.0  # seconds

of_the_node = partial(mutant, role="node")


def tells_no_port(proven: Callable[..., Any]) -> Callable[..., Any]:
    """Introduce oneself without the port on which one listens."""
    return lambda message, identity, **rest: proven(message, identity, **{**rest, "listen": None})


def leaves_the_old_open(admit: Callable[..., bool]) -> Callable[..., bool]:
    """Forget the old connection of the same id, and leave it open."""

    def admits(state: State, link: Link, about: Introduction) -> bool:
        twins = state.links.twins(link, about)
        same = {t.id for t in twins if t.about is not None and t.about.node_id == about.node_id}
        good = admit(state, link, about)
        effects = state._effects  # noqa: SLF001  (a bug)
        effects[:] = [e for e in effects if not (isinstance(e, Close) and e.link in same)]
        return good

    return admits


def remembers_addresses(node: Callable[[Link], dict[str, Any]]) -> Callable[..., Any]:
    """Tell the first address that a peer ever had."""
    known: dict[str, str] = {}

    def told(link: Link) -> dict[str, Any]:
        entry = node(link)
        return {**entry, "addr": known.setdefault(link.prefix, entry["addr"])}

    return told


def remembers_connections(named: Callable[..., Link | None]) -> Callable[..., Link | None]:
    """Look for a peer only once, and stay with what was found."""
    found: dict[tuple[int, str], int] = {}

    def looks(links: Links, target: str) -> Link | None:
        link = named(links, target)
        if link is None:
            return None
        return links.get(found.setdefault((id(links), link.prefix), link.id))

    return looks


def lists_the_dead(ack: Ack) -> Ack:
    """Tell who comes back of the connection that it had before."""
    last: dict[str, dict[str, Any]] = {}

    def told(state: State, link: Link, *, listing: bool) -> dict[str, Any]:
        said, before = ack(state, link, listing=listing), last.get(link.prefix)
        last[link.prefix] = link.entry()
        if "known_peers" in said and before is not None and link.prefix:
            said["known_peers"].append(before)
        return state._proven(said)  # noqa: SLF001  (a bug)

    return told


def compares_whole_ids(_twins: Callable[..., Any]) -> Callable[..., list[Link]]:
    """Tell peers apart by all of their ids."""
    return lambda links, link, about: [
        other
        for other in links.peers(but=link)
        if other.about is not None and other.about.node_id == about.node_id
    ]


def proven_for_ever(may_replace: Callable[..., bool]) -> Callable[..., bool]:
    """Let nobody have the place of who proved itself."""

    def may(newcomer: Introduction, incumbent: Link, *, dialled: bool) -> bool:
        given = may_replace(newcomer, incumbent, dialled=dialled)
        proven = incumbent.about is not None and incumbent.about.proven is not None
        return given and (not proven or dialled is not incumbent.dialled)

    return may


def tells_interests_alone(_register: Callable[..., Any]) -> Callable[..., Any]:
    """Tell no capabilities to who is connected already."""

    def registers(node: Node, offers: Any, *, now: float) -> Any:
        node.state.now = now
        node.state.executor.capabilities = offers
        node.state.send_all(messages.interest_update(offers))
        return node.state.take()

    return registers


def speaks_before_the_ack(connected: Callable[..., Any]) -> Callable[..., Any]:
    """Send a heartbeat right after the hello."""

    def connects(node: Node, number: int, *, here: str, now: float) -> Any:
        effects = connected(node, number, here=here, now=now)
        link = node.state.links.get(number)
        if link is not None:
            beat = messages.heartbeat(node.state.identity.node_id, timestamp=int(now))
            node.state.send(link, beat)
        return effects + node.state.take()

    return connects


def hasty(patience: Callable[..., float | None]) -> Callable[..., float | None]:
    """Wait for a hello_ack for three seconds."""

    def waits(node: Node, link: Link) -> float | None:
        greeted = link.stage is Stage.GREETED
        return link.since + HASTY if greeted else patience(node, link)

    return waits


def overlooks_events(first_frame: First) -> First:
    """Go on waiting for a hello_ack after an event."""

    def first(state: State, link: Link, message: Message) -> bool:
        return message.get("type") != "event" and first_frame(state, link, message)

    return first


def holds_it_against_the_next(first_frame: First) -> First:
    """Let the next peer that is dialled go, after one whose ack was bad."""
    disappointed: set[int] = set()

    def first(state: State, link: Link, message: Message) -> bool:
        if link.dialled and id(state) in disappointed:
            disappointed.discard(id(state))
            state.close(link, "the one before was no good")
            return False
        good = first_frame(state, link, message)
        if link.dialled and message.get("type") == "hello_ack" and not good:
            try:
                handshake.read(message, own_prefix=state.identity.prefix)
            except HandshakeError:
                disappointed.add(id(state))
        return good

    return first


def acknowledges_acks(first_frame: First) -> First:
    """Answer a hello_ack by another."""

    def first(state: State, link: Link, message: Message) -> bool:
        good = first_frame(state, link, message)
        if good and link.dialled:
            state.send(link, state.ack(link, listing=False))
        return good

    return first


def closes_what_stands(dial: Callable[..., Any]) -> Callable[..., Any]:
    """End the connection to an address that is dialled again, and open none."""

    def dials(state: State, address: str) -> Any:
        place = address.rpartition("@")[2]
        for link in state.links.peers():
            if link.dialled and link.address == place:
                state.close(link, "dialled again")
                return None
        return dial(state, address)

    return dials


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-HELLO-11",
        "a node does not tell where it listens",
        f"{HANDSHAKE}:proven",
        tells_no_port,
    ),
    of_the_node(
        "ELO-HELLO-14",
        "the old connection is forgotten and stays open",
        f"{GREETING}:_admit",
        leaves_the_old_open,
    ),
    of_the_node(
        "ELO-HELLO-15",
        "the first address of a peer is told for ever",
        f"{LINKS}:Link.node",
        remembers_addresses,
    ),
    of_the_node(
        "ELO-HELLO-16",
        "tasks stay with the first connection of a peer",
        f"{LINKS}:Links.named",
        remembers_connections,
    ),
    of_the_node(
        "ELO-HELLO-17",
        "who comes back is told of its old connection",
        f"{STATE}:State.ack",
        lists_the_dead,
    ),
    of_the_node(
        "ELO-HELLO-18", "whole ids are compared", f"{LINKS}:Links.twins", compares_whole_ids
    ),
    of_the_node(
        "ELO-HELLO-19",
        "a place is anybody's",
        f"{GREETING}:may_replace",
        lambda _may: lambda *_args, **_rest: True,
    ),
    of_the_node(
        "ELO-HELLO-22",
        "a hello tells no version",
        f"{MESSAGES}:hello",
        lambda hello: lambda *args, **rest: {**hello(*args, **rest), "version": None},
    ),
    of_the_node(
        "ELO-HELLO-23",
        "a heartbeat follows the hello",
        f"{CORE}:Node.connected",
        speaks_before_the_ack,
    ),
    of_the_node("ELO-HELLO-24", "a dialler waits three seconds", f"{CORE}:Node._patience", hasty),
    of_the_node(
        "ELO-HELLO-25",
        "an event before the hello_ack is overlooked",
        f"{GREETING}:first_frame",
        overlooks_events,
    ),
    of_the_node(
        "ELO-HELLO-26",
        "a bad ack is held against the next peer that is dialled",
        f"{GREETING}:first_frame",
        holds_it_against_the_next,
    ),
    of_the_node(
        "ELO-HELLO-27",
        "nobody dials the peers that it is told",
        f"{GREETING}:meet",
        lambda _meet: lambda _state, _about: None,
    ),
    of_the_node(
        "ELO-HELLO-28", "a hello_ack is answered", f"{GREETING}:first_frame", acknowledges_acks
    ),
    of_the_node(
        "ELO-HELLO-31",
        "models are told as interests",
        f"{MESSAGES}:interest_update",
        lambda _update: lambda own: {"type": "interest_update", "interests": list(own.names)},
    ),
    of_the_node(
        "ELO-HELLO-32",
        "peers learn of new interests and of no new capabilities",
        f"{CORE}:Node.register",
        tells_interests_alone,
    ),
    of_the_node(
        "ELO-HELLO-34",
        "of two connections each side keeps its own",
        f"{GREETING}:goes_first",
        lambda _first: lambda **_names: False,
    ),
    of_the_node(
        "ELO-HELLO-35",
        "dialling again ends the connection",
        f"{STATE}:State.dial",
        closes_what_stands,
    ),
    of_the_node(
        "ELO-HELLO-40",
        "the place of who proved itself is nobody's",
        f"{GREETING}:may_replace",
        proven_for_ever,
    ),
)
