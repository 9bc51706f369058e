"""What breaks each requirement of questions who is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.core import Node
    from reference.elo.links import Link, Links
    from reference.elo.queries import Queries
    from reference.elo.state import State

    Message = Mapping[str, Any]
    Hear = Callable[[State, Link, Message], None]
    Nodes = Callable[[State, Link, Any], list[dict[str, Any]]]

ASKING, LINKS = "reference.elo.asking", "reference.elo.links"
MESSAGES, QUERIES = "reference.elo.messages", "reference.elo.queries"

of_the_node = partial(mutant, role="node")


def names_the_able(known: Nodes) -> Nodes:
    """Name only the peers that have what is asked for."""
    return lambda state, link, capability: [
        node
        for node in known(state, link, capability)
        if capability == "" or capability in node["caps"]
    ]


def tells_no_capabilities(response: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Leave out what the nodes of an answer can do."""
    return lambda id, nodes: response(
        id, [{name: node[name] for name in node if name != "caps"} for node in nodes]
    )


def names_the_asker(itself: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Name this node at the address of who asks."""
    return lambda state, link: {**itself(state, link), "addr": link.key}


def forgets_for_who_asked(query: Hear) -> Hear:
    """Answer whoever asked a question as often as it asks."""

    def hears(state: State, link: Link, message: Message) -> None:
        id = message.get("id", "")
        if isinstance(id, str) and state.queries.asker_of(id, now=state.now) == link.id:
            state.queries._heard.pop(id)  # noqa: SLF001  (a bug)
        query(state, link, message)

    return hears


def remembers_for_ever(knows: Callable[..., bool]) -> Callable[..., bool]:
    """Answer no question again, however long ago it was asked."""
    heard: set[Hashable] = set()

    def has_heard(queries: Queries, id: Hashable, *, now: float) -> bool:
        known = knows(queries, id, now=now) or id in heard
        heard.add(id)
        return known

    return has_heard


def answers_itself(query: Hear) -> Hear:
    """Overlook that a question is this node's own."""

    def hears(state: State, link: Link, message: Message) -> None:
        own = message.get("origin") == state.identity.node_id
        query(state, link, {**message, "origin": ""} if own else message)

    return hears


def claims_to_have_asked(pass_on: Hear) -> Hear:
    """Pass a question on as if it were this node's own, when nobody says whose it is."""
    return lambda state, link, message: pass_on(
        state, link, {"origin": state.identity.node_id, **message}
    )


def ends_with(wrong: Callable[[Node, Message], bool]) -> Callable[..., Any]:
    """Return what ends the connection of who sends such an answer."""

    def replaced(hear: Callable[[Node, Link, Message], None]) -> Callable[..., None]:
        def hears(node: Node, link: Link, message: Message) -> None:
            if wrong(node, message):
                node.state.close(link, "nobody asked")
            else:
                hear(node, link, message)

        return hears

    return replaced


def unasked(node: Node, message: Message) -> bool:
    """Whether an answer names somebody to nobody's question."""
    id = message.get("id")
    known = isinstance(id, str) and node.state.queries.knows(id, now=node.state.now)
    return isinstance(id, str) and not known and bool(message.get("nodes"))


def tells_of_the_gone(told_of: Callable[..., list[Link]]) -> Callable[..., list[Link]]:
    """Tell of peers whose connection has closed, as long as they have not come back."""
    ever: dict[int, tuple[Links, dict[str, Link]]] = {}

    def tells(links: Links, *, asker: Link) -> list[Link]:
        _, known = ever.setdefault(id(links), (links, {}))
        known.update({link.prefix: link for link in links.peers() if link.prefix})
        here = {link.prefix for link in links.peers()} | {asker.prefix}
        gone = [link for link in known.values() if link.listed and link.prefix not in here]
        return [*told_of(links, asker=asker), *gone]

    return tells


def forgets_capabilities(_interests: Hear) -> Hear:
    """Take new interests, and forget what the peer can do."""
    from reference.elo import capabilities  # noqa: PLC0415  (only where the bug is)

    def takes(_state: State, link: Link, message: Message) -> None:
        if link.about is not None:
            told = capabilities.read_interests(message.get("interests", []))
            link.about = link.about.with_news(capabilities.NOTHING, told)

    return takes


def takes_a_text_for_a_number(pass_on: Hear) -> Hear:
    """Read the life of a question from a text."""

    def passes(state: State, link: Link, message: Message) -> None:
        ttl = message.get("ttl")
        digits = isinstance(ttl, str) and ttl.isdigit()
        pass_on(state, link, {**message, "ttl": int(str(ttl))} if digits else message)

    return passes


MUTANTS: tuple[Mutant, ...] = (
    of_the_node("ELO-ROUTE-13", "only who has it is named", f"{ASKING}:_known", names_the_able),
    of_the_node(
        "ELO-ROUTE-14",
        "answers do not tell what their nodes can do",
        f"{MESSAGES}:response",
        tells_no_capabilities,
    ),
    of_the_node(
        "ELO-ROUTE-15",
        "a node names itself at its asker's address",
        f"{ASKING}:_itself",
        names_the_asker,
    ),
    of_the_node(
        "ELO-ROUTE-16",
        "who asked may ask again",
        f"{ASKING}:query",
        forgets_for_who_asked,
    ),
    of_the_node(
        "ELO-ROUTE-17",
        "no question is ever forgotten",
        f"{QUERIES}:Queries.knows",
        remembers_for_ever,
    ),
    of_the_node(
        "ELO-ROUTE-18", "a node answers its own questions", f"{ASKING}:query", answers_itself
    ),
    of_the_node(
        "ELO-ROUTE-19",
        "questions are passed back as well",
        "reference.elo.state:State.send_all",
        lambda send_all: lambda state, message, **_but: send_all(state, message),
    ),
    of_the_node(
        "ELO-ROUTE-20",
        "a question lives for one hop more",
        f"{ASKING}:may_be_forwarded",
        lambda may: lambda ttl: may(ttl) or (ttl == 1 and ttl is not True),
    ),
    of_the_node(
        "ELO-ROUTE-21",
        "who passes a question on says that it is its own",
        f"{ASKING}:_pass_on",
        claims_to_have_asked,
    ),
    of_the_node(
        "ELO-ROUTE-22",
        "answers are not passed back",
        f"{ASKING}:pass_back",
        lambda _back: lambda _state, _link, _message: False,
    ),
    of_the_node(
        "ELO-ROUTE-23",
        "a private node answers strangers",
        f"{ASKING}:_may_know",
        lambda _may: lambda _state, _link: True,
    ),
    of_the_node(
        "ELO-ROUTE-26",
        "who answers unasked is let go",
        "reference.elo.core:HEARERS[query_resp]",
        ends_with(unasked),
    ),
    of_the_node(
        "ELO-ROUTE-27", "the gone are still told of", f"{LINKS}:Links.told_of", tells_of_the_gone
    ),
    of_the_node(
        "ELO-ROUTE-28",
        "new interests leave a peer without capabilities",
        "reference.elo.greeting:interests",
        forgets_capabilities,
    ),
    of_the_node(
        "ELO-ROUTE-31",
        "a question ends where anybody is known",
        f"{ASKING}:_is_satisfied",
        lambda _satisfied: lambda nodes, _capability: bool(nodes),
    ),
    of_the_node(
        "ELO-ROUTE-35",
        "a life that is a text is a number",
        f"{ASKING}:_pass_on",
        takes_a_text_for_a_number,
    ),
    of_the_node(
        "ELO-ROUTE-37",
        "who answers a question whose id is no text is let go",
        "reference.elo.core:HEARERS[query_resp]",
        ends_with(lambda _node, message: not isinstance(message.get("id"), str)),
    ),
)
