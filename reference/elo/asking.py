"""Queries of others: answered with whom one knows, passed on, answers sent back (sheet 6.3)."""

from collections.abc import Hashable, Mapping
from typing import Any

from reference.elo import messages
from reference.elo.constants import DEFAULT_TTL
from reference.elo.links import Link
from reference.elo.queries import may_be_forwarded
from reference.elo.state import State

Message = Mapping[str, Any]


def query(state: State, link: Link, message: Message) -> None:
    """Answer a query, and pass it on as long as nobody is known who has the capability."""
    id, origin = message.get("id", ""), message.get("origin")
    if not isinstance(id, Hashable):
        state.close(link, "the id of a query is a text")
        return
    if origin == state.identity.node_id or state.queries.knows(id, now=state.now):
        return  # ELO-ROUTE-16, ELO-ROUTE-18
    state.queries.remember(id, asker=link.id, now=state.now)
    if not _may_know(state, link):
        return
    capability = message.get("capability", "")
    nodes = _known(state, link, capability)
    if has := _hashable_in(capability, state.offers.names):
        nodes.append(_itself(state, link))
    if nodes:
        state.send(link, messages.response(id, nodes))
    if not (has or _is_satisfied(nodes, capability)):
        _pass_on(state, link, message)


def _may_know(state: State, link: Link) -> bool:
    """Whether an asker is told anything at all (ELO-ROUTE-23)."""
    return state.setup.disclosure.open_to(_node_id(link))


def _known(state: State, link: Link, _capability: Any) -> list[dict[str, Any]]:
    """Return the peers that an asker is told of, whatever it asks for (ELO-ROUTE-13)."""
    return [peer.node() for peer in state.links.told_of(asker=link)]


def _is_satisfied(nodes: list[dict[str, Any]], capability: Any) -> bool:
    """Whether an answer names somebody who can; anybody will do when nothing special is asked."""
    if capability == "":
        return bool(nodes)
    return any(_hashable_in(capability, tuple(node["caps"])) for node in nodes)


def _hashable_in(capability: Any, names: tuple[str, ...]) -> bool:
    return isinstance(capability, str) and capability in names


def _itself(state: State, link: Link) -> dict[str, Any]:
    """Name this node, at the address where the asker can dial it (ELO-ROUTE-15)."""
    prefix = state.identity.prefix
    place = f"{link.here}:{state.setup.listen}" if state.setup.listen else link.key
    return {"node_id": prefix, "addr": f"{prefix}@{place}"}


def _pass_on(state: State, link: Link, message: Message) -> None:
    """Send a query to the others with one hop less (ELO-ROUTE-19, ELO-ROUTE-20, ELO-ROUTE-21)."""
    ttl = message.get("ttl", DEFAULT_TTL)
    if not may_be_forwarded(ttl):
        return
    onward = messages.query(
        message.get("capability", ""),
        message.get("id", ""),
        ttl=ttl - 1,
        origin=message.get("origin") or _node_id(link),
    )
    state.send_all(onward, but=link)


def pass_back(state: State, link: Link, message: Message) -> bool:
    """Send an answer to whoever asked this node; say whether there is one (ELO-ROUTE-22)."""
    id = message.get("id", "")
    asker = state.queries.asker_of(id, now=state.now) if isinstance(id, Hashable) else None
    back = state.links.get(asker) if asker is not None else None
    if back is None or back is link or not isinstance(message.get("nodes"), list):
        return False
    others = [node for node in message["nodes"] if not _names(node, back)]
    if others:
        state.send(back, messages.response(id, others))
    return True


def _names(node: Any, link: Link) -> bool:
    return isinstance(node, dict) and bool(link.prefix) and node.get("node_id") == link.prefix


def _node_id(link: Link) -> str:
    return link.about.node_id if link.about is not None else ""
