"""What breaks each requirement of a host's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_library import unanchored, without_letter_case
from reference.connectonion.levels import Level, Roll

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.clients import Clients

CLIENTS, ROLLS = "reference.connectonion.clients", "reference.connectonion.rolls"


def by_name_first(level: Callable[[Clients, str], Level]) -> Callable[[Clients, str], Level]:
    """Let a whitelist that names a client count more than a pattern that blocks it."""

    def found(clients: Clients, client: str) -> Level:
        named = client in clients.rolls[Roll.WHITELIST].clients
        blocked = client in clients.rolls[Roll.BLOCKLIST].clients
        return Level.WHITELIST if named and not blocked else level(clients, client)

    return found


def read_once(read: Callable[..., None]) -> Callable[..., None]:
    """Read the whitelist until it has a line, and never again."""

    def taken(clients: Clients, texts: Any) -> None:
        if Roll.WHITELIST in texts and clients.rolls[Roll.WHITELIST].text.startswith("0x"):
            return
        read(clients, texts)

    return taken


def with_patterns(of: Any) -> Any:
    """Let patterns name admins."""
    return lambda text, **_told: of(text)


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-22",
        "a name counts more than a pattern",
        f"{CLIENTS}:Clients.level",
        by_name_first,
    ),
    of_the_host(
        "CO-TRUST-28.b",
        "entries have no case",
        f"{ROLLS}:ClientList.__contains__",
        without_letter_case,
    ),
    of_the_host(
        "CO-TRUST-29.b", "a pattern has no ends", f"{ROLLS}:ClientList.__contains__", unanchored
    ),
    of_the_host(
        "CO-TRUST-30.b", "admins may be a pattern", f"{ROLLS}:ClientList.parse", with_patterns
    ),
    of_the_host("CO-TRUST-31", "the whitelist is read once", f"{CLIENTS}:Clients.read", read_once),
)
