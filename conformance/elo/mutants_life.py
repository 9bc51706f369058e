"""What breaks each requirement of who is still there."""

from __future__ import annotations

import asyncio
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import messages
from reference.elo.links import Stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.core import Node
    from reference.elo.effects import Effect
    from reference.elo.links import Link
    from reference.elo.node_shell import Shell
    from reference.elo.state import State

    Message = Mapping[str, Any]
    Heed = Callable[[Node, Link, Message], None]

CORE, SHELL = "reference.elo.core", "reference.elo.node_shell"
LONG = 7.0  # seconds, more than it may take to stop

of_the_node = partial(mutant, role="node")


def beats_fast(send: Callable[[Node], None]) -> Callable[[Node], None]:
    """Beat twice as often."""

    def sends(node: Node) -> None:
        send(node)
        node.beat = node.state.now + node.setup.pace.heartbeat_interval / 2

    return sends


def besides(what: Callable[[Node, Link, Message], None], *types: str) -> Callable[[Heed], Heed]:
    """Return what does something more when messages of some types come."""

    def replaced(heed: Heed) -> Heed:
        def heeds(node: Node, link: Link, message: Message) -> None:
            heed(node, link, message)
            if message.get("type") in types and node.state.links.get(link.id) is not None:
                what(node, link, message)

        return heeds

    return replaced


def beats_back(node: Node, link: Link, _message: Message) -> None:
    """Answer with a heartbeat."""
    beat = messages.heartbeat(node.state.identity.node_id, timestamp=int(node.state.now))
    node.state.send(link, beat)


def tells_the_others(node: Node, link: Link, message: Message) -> None:
    """Pass a message on."""
    node.state.send_all(message, but=link)


def waits_for_ever(patience: Callable[..., float | None]) -> Callable[..., float | None]:
    """Let no peer go that says nothing."""
    return lambda node, link: math.inf if link.stage is Stage.PEER else patience(node, link)


def overlooks_heartbeats(heed: Heed) -> Heed:
    """Take a heartbeat for silence."""

    def heeds(node: Node, link: Link, message: Message) -> None:
        before = link.heard
        heed(node, link, message)
        if message.get("type") == messages.HEARTBEAT:
            link.heard = before

    return heeds


def says_so_twice(run: Callable[..., list[Effect]]) -> Callable[..., list[Effect]]:
    """Tell twice that the node is online."""
    return lambda node, *, now: [*run(node, now=now), *run(node, now=now)]


def goes_without_a_word(leave: Callable[..., list[Effect]]) -> Callable[..., list[Effect]]:
    """Say bye to nobody."""

    def leaves(node: Node, *, now: float) -> list[Effect]:
        for link in node.state.links.peers():
            link.stage = Stage.ACCEPTED
        return leave(node, now=now)

    return leaves


def overlooks_hasty_byes(bye: Callable[[State, Link, Message], None]) -> Callable[..., None]:
    """Overlook the bye of who has said nothing else since its hello."""

    def hears(state: State, link: Link, message: Message) -> None:
        budget = state.rates._budgets.get(link.prefix)  # noqa: SLF001  (a bug)
        if budget is None or budget.spent > 1:
            bye(state, link, message)

    return hears


def answers_byes(bye: Callable[[State, Link, Message], None]) -> Callable[..., None]:
    """Answer a bye with another."""

    def hears(state: State, link: Link, message: Message) -> None:
        bye(state, link, message)
        state.send(link, messages.bye())

    return hears


def ends_with_odd_types(heed: Heed) -> Heed:
    """End the connection of who says what has a number, or more, for its type."""

    def heeds(node: Node, link: Link, message: Message) -> None:
        if isinstance(message.get("type"), int | list | dict):
            node._end(link, "that is no type")  # noqa: SLF001  (a bug)
        else:
            heed(node, link, message)

    return heeds


def waits_for_who_never_greeted(close: Callable[[Shell], Awaitable[None]]) -> Callable[..., Any]:
    """Wait for those who have not greeted, before one stops."""

    async def closes(shell: Shell) -> None:
        if any(link.stage is Stage.ACCEPTED for link in shell.node.state.links):
            await asyncio.sleep(LONG)
        await close(shell)

    return closes


def listens_no_more(_reconnect: Callable[..., Any]) -> Callable[..., Any]:
    """Say bye, and stay so."""

    async def reconnects(shell: Shell) -> None:
        await shell.close()

    return reconnects


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-LIFE-01", "a node beats twice as fast", f"{CORE}:Node._send_heartbeats", beats_fast
    ),
    of_the_node(
        "ELO-LIFE-02",
        "heartbeats are answered",
        f"{CORE}:Node._heed",
        besides(beats_back, messages.HEARTBEAT),
    ),
    of_the_node(
        "ELO-LIFE-03", "who says nothing is kept", f"{CORE}:Node._patience", waits_for_ever
    ),
    of_the_node(
        "ELO-LIFE-04", "heartbeats count as silence", f"{CORE}:Node._heed", overlooks_heartbeats
    ),
    of_the_node("ELO-LIFE-05", "a node is online twice", f"{CORE}:Node.run", says_so_twice),
    of_the_node(
        "ELO-LIFE-06",
        "events are passed on",
        f"{CORE}:Node._heed",
        besides(tells_the_others, messages.EVENT),
    ),
    of_the_node(
        "ELO-LIFE-07", "a node goes without a word", f"{CORE}:Node.leave", goes_without_a_word
    ),
    of_the_node(
        "ELO-LIFE-08",
        "a bye right after the hello is overlooked",
        "reference.elo.greeting:bye",
        overlooks_hasty_byes,
    ),
    of_the_node("ELO-LIFE-09", "a bye is answered", "reference.elo.greeting:bye", answers_byes),
    of_the_node(
        "ELO-LIFE-10",
        "types that are no text end the connection",
        f"{CORE}:Node._heed",
        ends_with_odd_types,
    ),
    of_the_node(
        "ELO-LIFE-11",
        "who never greeted keeps a node from stopping",
        f"{SHELL}:Shell.close",
        waits_for_who_never_greeted,
    ),
    of_the_node(
        "ELO-LIFE-12",
        "a node that reconnects listens no more",
        f"{SHELL}:Shell.reconnect",
        listens_no_more,
    ),
)
