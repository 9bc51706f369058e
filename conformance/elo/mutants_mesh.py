"""What breaks each requirement of a mesh: bugs that show only after something else happened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.links import Link
    from reference.elo.routing import Router
    from reference.elo.state import State

    Message = Mapping[str, Any]
    Hear = Callable[[State, Link, Message], None]

ROUTING, LINKS = "reference.elo.routing", "reference.elo.links"

of_the_node = partial(mutant, role="node")


def knows_who_came_first(has: Callable[[Link, Any], bool]) -> Callable[[Link, Any], bool]:
    """Give no task to who has come back, once its first connection was thought of."""
    first: dict[str, Link] = {}
    return lambda link, capability: (
        first.setdefault(link.prefix, link) is link and has(link, capability)
    )


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
        if asker is not None and asker != link.id:
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
        "who has come back is given no task for what it offers",
        f"{LINKS}:Link.has",
        knows_who_came_first,
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
