"""What breaks each requirement of how much is heard of a peer."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import messages
from reference.elo.rates import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.core import Node
    from reference.elo.links import Link
    from reference.elo.rates import Rates
    from reference.elo.state import State
    from reference.elo.working import Work

    Message = Mapping[str, Any]
    Take = Callable[[Work, State, Link, Message], None]
    Heed = Callable[[Node, Link, Message], None]

CORE, WORKING = "reference.elo.core", "reference.elo.working"
TASKS = 98  # of one connection, where 99 are due
FAR = 3  # messages above the limit
LONG = 10.0  # seconds

of_the_node = partial(mutant, role="node")


def spent(state: State, link: Link) -> int:
    """Return how much a peer has said in its window."""
    return state.rates._budgets.get(link.prefix, Budget(0.0)).spent  # noqa: SLF001  (a bug)


def takes_one_task_less(take: Take) -> Take:
    """Hear one task less of a connection than is due."""
    taken: Counter[Link] = Counter()

    def takes(work: Work, state: State, link: Link, message: Message) -> None:
        taken[link] += 1
        if taken[link] <= TASKS or state.rates.window < LONG:
            take(work, state, link, message)
        else:
            work.refuse_too_many(state, link, message)

    return takes


def lets_the_loud_go(refuse: Take) -> Take:
    """Hang up on who says far too much, once its tasks are answered."""

    def refuses(work: Work, state: State, link: Link, message: Message) -> None:
        refuse(work, state, link, message)
        if spent(state, link) >= state.rates.limit + FAR and state.rates.window > LONG:
            link.ending = True

    return refuses


def not_counting(free: Callable[[Link, str], bool]) -> Callable[[Heed], Heed]:
    """Return what hears some messages without counting them."""

    def replacement(heed: Heed) -> Heed:
        def heeds(node: Node, link: Link, message: Message) -> None:
            if link.about is not None and free(link, str(message.get("type"))):
                link.heard = node.state.now
            else:
                heed(node, link, message)

        return heeds

    return replacement


def shares_by_what_is_offered(speaker: Callable[[Link], str]) -> Callable[[Link], str]:
    """Have peers that offer the same share a budget."""

    def speaks(link: Link) -> str:
        names = link.about.capabilities.names if link.about is not None else ()
        return "+".join(names) or speaker(link)

    return speaks


def opens_no_other_window(allows: Callable[..., bool]) -> Callable[..., bool]:
    """Have a window go on for as long as something is said."""

    def allowed(rates: Rates, who: str, *, now: float) -> bool:
        if (budget := rates._budgets.get(who)) is not None:  # noqa: SLF001  (a bug)
            budget.opened = now
        return allows(rates, who, now=now)

    return allowed


def counts_hellos(again: Callable[..., None]) -> Callable[..., None]:
    """Count another hello."""

    def heeds(state: State, link: Link, message: Message) -> None:
        state.rates.allows(link.prefix, now=state.now)
        again(state, link, message)

    return heeds


def drops_a_late_bye(bye: Callable[..., None]) -> Callable[..., None]:
    """Hear no bye of who has said too much."""

    def heeds(state: State, link: Link, message: Message) -> None:
        if spent(state, link) <= state.rates.limit:
            bye(state, link, message)

    return heeds


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-RATE-01", "one task less is heard", f"{WORKING}:Work.take", takes_one_task_less
    ),
    of_the_node(
        "ELO-RATE-02",
        "who says far too much is let go",
        f"{WORKING}:Work.refuse_too_many",
        lets_the_loud_go,
    ),
    of_the_node(
        "ELO-RATE-03",
        "heartbeats are not counted",
        f"{CORE}:Node._heed",
        not_counting(lambda _link, kind: kind == messages.HEARTBEAT),
    ),
    of_the_node(
        "ELO-RATE-04",
        "peers that offer the same share a budget",
        f"{CORE}:_speaker",
        shares_by_what_is_offered,
    ),
    of_the_node(
        "ELO-RATE-05",
        "a window goes on for as long as something is said",
        "reference.elo.rates:Rates.allows",
        opens_no_other_window,
    ),
    of_the_node(
        "ELO-RATE-06",
        "another hello is counted",
        "reference.elo.greeting:hello_again",
        counts_hellos,
    ),
    of_the_node(
        "ELO-RATE-07",
        "a bye above the limit is dropped",
        "reference.elo.greeting:bye",
        drops_a_late_bye,
    ),
    of_the_node(
        "ELO-RATE-08",
        "a budget is a connection's",
        f"{CORE}:_speaker",
        lambda _speaker: lambda link: f"#{link.id}",
    ),
    of_the_node(
        "ELO-RATE-09",
        "a task above the limit is dropped",
        f"{WORKING}:Work.refuse_too_many",
        lambda _refuse: lambda _work, _state, _link, _message: None,
    ),
    of_the_node(
        "ELO-DHT-03",
        "messages of the DHT are not counted",
        f"{CORE}:Node._heed",
        not_counting(
            lambda link, kind: (
                link.about is not None and not link.about.features and kind.startswith("dht_")
            )
        ),
    ),
)
