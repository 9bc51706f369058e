"""What breaks each requirement of how host and client know that the other is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from aiohttp import WSCloseCode

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import SHELL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.host_shell import Shell, Socket

PATIENCE = 2  # PINGs without a PONG


def hurried(init: Callable[..., None]) -> Callable[..., None]:
    """Send PINGs twice as often."""

    def made(shell: Shell, host: Any, *given: Any, ping: float, **named: Any) -> None:
        init(shell, host, *given, ping=ping / 2, **named)

    return made


def never_asks(init: Callable[..., None]) -> Callable[..., None]:
    """Ask no peer whether it is there."""

    def made(shell: Shell, host: Any, *given: Any, dead_after: float, **named: Any) -> None:
        init(shell, host, *given, dead_after=1000 * dead_after, **named)

    return made


def is_the_hosts_own(session_id: str) -> bool:
    """Whether the host made the id of a session: those of the kit's are no UUIDs."""
    try:
        UUID(session_id)
    except ValueError:
        return False
    return True


def wants_pongs(say: Callable[..., Any]) -> Callable[..., Any]:
    """Tell no result to who has left two PINGs without an answer, and named no session."""
    unanswered: dict[int, int] = {}

    async def says(socket: Socket, frame: Mapping[str, Any]) -> None:
        if frame["type"] == "PING":
            unanswered[id(socket)] = unanswered.get(id(socket), 0) + 1
        waited = frame["type"] == "OUTPUT" and unanswered.pop(id(socket), 0) >= PATIENCE
        if not (waited and is_the_hosts_own(frame["session_id"])):
            await say(socket, frame)

    return says


MUTANTS: tuple[Mutant, ...] = (
    of_the_host("CO-WS-09", "PINGs come twice as often", f"{SHELL}:Shell.__init__", hurried),
    of_the_host(
        "CO-WS-12", "who answers no PING has no OUTPUT", f"{SHELL}:Socket.say", wants_pongs
    ),
    of_the_host(
        "CO-WS-36",
        "a host that stops says 1000",
        f"{SHELL}:SHUTDOWN",
        lambda _code: WSCloseCode.OK,
    ),
    of_the_host("CO-WS-37", "no peer is asked", f"{SHELL}:Shell.__init__", never_asks),
)
