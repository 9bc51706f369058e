"""What breaks each requirement of a mesh: bugs that show only after something else happened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import asking
from reference.elo.messages import RELAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.links import Link, Links
    from reference.elo.routing import Router
    from reference.elo.state import State

    Message = Mapping[str, Any]
    Hear = Callable[[State, Link, Message], None]

ROUTING, LINKS = "reference.elo.routing", "reference.elo.links"

of_the_node = partial(mutant, role="node")


def keeps_to_the_first(offering: Callable[..., list[Link]]) -> Callable[..., list[Link]]:
    """Know nobody else for what somebody once did, also when that one has gone."""
    first: dict[str, Link] = {}

    def offers(links: Links, capability: Any, *, but: Link | None = None) -> list[Link]:
        able = offering(links, capability, but=but)
        if capability == RELAY or not able:
            return able
        known = first.setdefault(str(capability), able[0])
        return able if links.get(known.id) is known else []

    return offers


def finds_another(lost: Callable[[Router, Link, float], None]) -> Callable[..., None]:
    """Give a task to somebody else, when who has it goes."""

    def loses(router: Router, link: Link, now: float) -> None:
        for journey in router._journeys:  # noqa: SLF001  (a bug)
            others = router.outbox.links.offering(journey.errand.capability)
            if journey.link == link.id and others:
                router.give(journey, others[0], now)
        lost(router, link, now)

    return loses


def passes_on_again(query: Hear) -> Hear:
    """Pass a question on once more, when it comes from somebody else than its asker."""

    def hears(state: State, link: Link, message: Message) -> None:
        id = message.get("id", "")
        asker = state.queries.asker_of(id, now=state.now) if isinstance(id, str) else None
        special = message.get("capability") != ""
        if special and asker is not None and asker != link.id:
            asking._pass_on(state, link, message)  # noqa: SLF001  (a bug)
        query(state, link, message)

    return hears


def tells_what_was(node: Callable[[Link], dict[str, Any]]) -> Callable[[Link], dict[str, Any]]:
    """Tell of who has come back what it offered before."""
    first: dict[str, tuple[int, list[str]]] = {}

    def told(link: Link) -> dict[str, Any]:
        entry = node(link)
        known = first.get(link.prefix)
        if known is None or known[0] == link.id:
            first[link.prefix] = link.id, entry["caps"]
            return entry
        return {**entry, "caps": known[1]}

    return told


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-MESH-01",
        "nobody takes the place of who has gone",
        f"{LINKS}:Links.offering",
        keeps_to_the_first,
    ),
    of_the_node(
        "ELO-MESH-02",
        "a task is given to somebody else when its doer goes",
        f"{ROUTING}:Router.lost",
        finds_another,
    ),
    of_the_node(
        "ELO-MESH-03",
        "questions that come round are passed on again",
        "reference.elo.asking:query",
        passes_on_again,
    ),
    of_the_node(
        "ELO-MESH-04",
        "who has come back is told of as it was",
        f"{LINKS}:Link.node",
        tells_what_was,
    ),
)
