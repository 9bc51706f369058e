"""What breaks how a client shows that it is there, and how long it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.client_mutations import CALL, CORE, around, of_the_client
from reference.connectonion.client_core import LISTENING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant


def answers_once(good: Callable[..., None], call: Any, frame: Any, now: float) -> None:
    """Answer the first PING of a call alone."""
    if not call.begun_there:
        good(call, frame, now)


def waits_for_ever(good: Callable[..., Any], call: Any, *, now: float) -> Any:
    """Have as much patience without PINGs as with them."""
    if call.stage in LISTENING:
        call.heard = now
    return good(call, now=now)


def counts_from_a_ping(good: Callable[..., None], call: Any, frame: Any, now: float) -> None:
    """Begin to wait for a result anew with every PING."""
    call.begun = now
    good(call, frame, now)


MUTANTS: tuple[Mutant, ...] = (
    of_the_client(
        "CO-CLIENT-10",
        "the first PING alone is answered",
        f"{CORE}:HANDLERS[PING]",
        around(answers_once),
    ),
    of_the_client(
        "CO-CLIENT-11",
        "a silent host is waited for as long as one that sends PINGs",
        f"{CALL}.tick",
        around(waits_for_ever),
    ),
    of_the_client(
        "CO-CLIENT-12",
        "every PING gives a run more time",
        f"{CORE}:HANDLERS[PING]",
        around(counts_from_a_ping),
    ),
)
