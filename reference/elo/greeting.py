"""Hello and its answer: who becomes a peer, in whose place, and whom that makes known."""

from collections.abc import Mapping
from typing import Any

from reference.elo import capabilities, handshake
from reference.elo.capabilities import CapabilityError
from reference.elo.handshake import HandshakeError, Introduction
from reference.elo.links import Link, Stage, goes_first, may_replace
from reference.elo.messages import ACK, HELLO
from reference.elo.state import State

Message = Mapping[str, Any]


def first_frame(state: State, link: Link, message: Message) -> bool:
    """Take the first frame of a connection; say whether that made a peer of it."""
    wanted = ACK if link.dialled else HELLO  # ELO-HELLO-02, ELO-HELLO-25
    if message.get("type") != wanted:
        state.close(link, f"the first frame was no {wanted}")
        return False
    try:
        about = handshake.read(message, own_prefix=state.identity.prefix)
    except HandshakeError as error:
        state.close(link, str(error))
        return False
    if not _admit(state, link, about):
        state.close(link, "another connection of this peer stands")
        return False
    link.stage, link.greeted = Stage.PEER, state.now
    if link.dialled:
        if not link.visit:
            meet(state, about)
    else:
        state.send(link, state.ack(link, listing=True))
    return True


def _admit(state: State, link: Link, about: Introduction) -> bool:
    """Give a newcomer its place, closing whoever had it; say whether it gets one."""
    twins = state.links.twins(link, about)
    for twin in twins:
        given = may_replace(about, twin, dialled=link.dialled)
        if not given or _stays(state, link, twin, about):
            return False
    link.about = about
    for twin in twins:  # ELO-HELLO-14
        state.close(twin, "replaced by another connection of the same peer")
    return True


def _stays(state: State, link: Link, twin: Link, about: Introduction) -> bool:
    """Whether of two connections that both sides dialled the older is kept (ELO-HELLO-34).

    Only who follows the same rule can be expected to come to the same answer.
    """
    if about.proven is None or link.dialled == twin.dialled:
        return False
    own = state.identity.node_id
    dialler, listener = (own, about.node_id) if twin.dialled else (about.node_id, own)
    return goes_first(dialler=dialler, listener=listener)


def meet(state: State, about: Introduction) -> None:
    """Dial the peers that an answer to our own hello listed (ELO-HELLO-27)."""
    for item in about.known_peers:
        place = item.get("addr")
        if isinstance(place, str) and state.links.named(place) is None:
            state.dial(place)


def hello_again(state: State, link: Link, message: Message) -> None:
    """Take another hello: after a while it brings news and is answered (ELO-HELLO-36)."""
    if link.greeted is not None and state.now - link.greeted <= state.setup.pace.hello_pause:
        return  # ELO-RATE-06
    if _update(state, link, message):
        link.greeted = state.now
        state.send(link, state.ack(link, listing=True))


def news(state: State, link: Link, message: Message) -> None:
    """Take an answer that nobody asked for: it brings news, and no addresses (ELO-HELLO-29)."""
    _update(state, link, message)


def _update(state: State, link: Link, message: Message) -> bool:
    try:
        about = handshake.read(message, own_prefix=state.identity.prefix)
    except HandshakeError as error:
        state.close(link, str(error))
        return False
    if link.about is not None and about.prefix == link.prefix:
        link.about, link.listed = about, True
    return True


def interests(state: State, link: Link, message: Message) -> None:
    """Take new interests; published nodes tell no capabilities with them (ELO-ROUTE-28)."""
    if link.about is None:
        return
    try:
        told = capabilities.read_interests(message.get("interests", []))
        caps = capabilities.read(message["caps"]) if "caps" in message else link.about.capabilities
    except CapabilityError as error:
        state.close(link, str(error))
        return
    link.about = link.about.with_news(caps, told)


def bye(_state: State, link: Link, _message: Message) -> None:
    """Take leave: who said bye is listed no more, and may go on (ELO-LIFE-08, ELO-LIFE-09)."""
    link.listed = False
