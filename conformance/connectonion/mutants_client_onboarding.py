"""What breaks how a client makes itself known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.client_mutations import CORE, SAY, around, of_the_client, said
from reference.connectonion.client_core import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant


def other_code(_call: Any, frame: dict[str, Any]) -> dict[str, Any]:
    """Present a code that is not the one that was signed."""
    return {**frame, "payload": {**frame["payload"], "invite_code": "another"}}


def hopeful(good: Callable[..., None], call: Any, frame: Any, now: float) -> None:
    """Wait for better news after a code was refused."""
    if call.stage is not Stage.ONBOARDING:
        good(call, frame, now)


MUTANTS: tuple[Mutant, ...] = (
    of_the_client(
        "CO-CLIENT-13",
        "another code is presented than the one that is signed",
        SAY,
        said("ONBOARD_SUBMIT", other_code),
    ),
    of_the_client(
        "CO-CLIENT-14",
        "a refused code ends nothing",
        f"{CORE}:HANDLERS[ERROR]",
        around(hopeful),
    ),
)
