"""What breaks what a relay passes on, and to whom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.connectonion.client_mutations import around
from conformance.kit.proof.mutation import mutant
from reference.connectonion.relaying import Drop, ToClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

RELAY = "reference.connectonion.relaying:Relay"
FROM_AGENT, FROM_CLIENT = f"{RELAY}.from_agent", f"{RELAY}.from_client"

of_the_relay = partial(mutant, role="rly")


def shortens(good: Callable[..., Any], relay: Any, link: int, frame: Any) -> Any:
    """Pass prompts on without their last letter, unless they are a first word."""
    odd = isinstance(frame, dict) and str(frame.get("prompt")).startswith("word")
    return good(relay, link, {**frame, "prompt": frame["prompt"][:-1]} if odd else frame)


KNOWN: set[str] = set()  # every address that was there when a prompt came


def passes_over(good: Callable[..., Any], relay: Any, link: int, frame: Any) -> Any:
    """Say nothing of an agent that was never there."""
    KNOWN.update(relay._agents)  # noqa: SLF001  (a bug)
    to = frame.get("to") if isinstance(frame, dict) else None
    return [] if isinstance(to, str) and to not in KNOWN else good(relay, link, frame)


def remembers(good: Callable[..., Any], relay: Any, link: int) -> Any:
    """Keep the place of an agent that has gone."""
    agents = dict(relay._agents)  # noqa: SLF001  (a bug)
    effects = good(relay, link)
    relay._agents = agents  # noqa: SLF001
    return effects


def takes_old_ones(good: Callable[..., str], frame: Any, now: float) -> str:
    """Take announcements of any age."""
    problem = good(frame, now)
    return "" if problem == "timestamp expired" else problem


def takes_any(good: Callable[..., Any], relay: Any, link: int, frame: Any, *, now: float) -> Any:
    """Take an answer from any agent."""
    if isinstance(frame, dict) and frame.get("type") == "OUTPUT":
        client, agent = relay._waiting.get(frame.get("input_id"), (None, None))  # noqa: SLF001
        if client is not None and agent != link:
            return [ToClient(client, frame)]
    return good(relay, link, frame, now=now)


def hangs_up(good: Callable[..., Any], relay: Any, link: int, frame: Any, *, now: float) -> Any:
    """Drop an agent that says what is no object."""
    return good(relay, link, frame, now=now) if isinstance(frame, dict) else [Drop(link)]


def stays(good: Callable[..., Any], relay: Any, link: int, frame: Any, now: float) -> Any:
    """Keep an agent where it announced itself first."""
    agents = dict(relay._agents)  # noqa: SLF001  (a bug)
    effects = good(relay, link, frame, now)
    relay._agents = {**relay._agents, **agents}  # noqa: SLF001
    return [each for each in effects if not isinstance(each, Drop)]


def always_online(good: Callable[..., Any], relay: Any, address: str) -> Any:
    """Call everybody online."""
    return {**good(relay, address), "online": True}


MUTANTS: tuple[Mutant, ...] = (
    of_the_relay("CO-RELAY-14", "prompts lose a letter", FROM_CLIENT, around(shortens)),
    of_the_relay(
        "CO-RELAY-15", "an unknown address is passed over", FROM_CLIENT, around(passes_over)
    ),
    of_the_relay(
        "CO-RELAY-16",
        "an agent that has gone keeps its place",
        f"{RELAY}.agent_gone",
        around(remembers),
    ),
    of_the_relay(
        "CO-RELAY-16",
        "a silent agent is never forgotten",
        f"{RELAY}.tick",
        lambda _good: lambda _relay, **_now: [],
        suffix="-silent",
    ),
    of_the_relay(
        "CO-RELAY-17",
        "announcements of any age are taken",
        "reference.connectonion.relaying:_problem",
        around(takes_old_ones),
    ),
    of_the_relay("CO-RELAY-18", "any agent may answer", FROM_AGENT, around(takes_any)),
    of_the_relay(
        "CO-RELAY-19", "an agent that makes noise is dropped", FROM_AGENT, around(hangs_up)
    ),
    of_the_relay(
        "CO-RELAY-20", "an agent stays where it was first", f"{RELAY}._announce", around(stays)
    ),
    of_the_relay("CO-RELAY-21", "everybody is online", f"{RELAY}.lookup", around(always_online)),
)
