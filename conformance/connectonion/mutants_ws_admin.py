"""What breaks each requirement of orders on a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_ws_onboarding import forgets, reworded
from conformance.connectonion.socket_mutations import HEAR, of_type, says_to

if TYPE_CHECKING:
    from conformance.kit.proof.mutation import Mutant

ADMIN = "ADMIN_"

MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-31",
        "a promotion is called something else",
        HEAR,
        of_type(
            "ADMIN_RESULT",
            lambda frame: {**frame, "action": "lift"} if frame["action"] == "promote" else frame,
        ),
    ),
    of_the_host(
        "CO-WS-32",
        "who is no admin is refused in other words",
        HEAR,
        says_to(ADMIN, reworded("forbidden: admin only", "forbidden: no")),
    ),
    of_the_host(
        "CO-WS-33",
        "who is not the super admin is refused in other words",
        HEAR,
        says_to(ADMIN, reworded("forbidden: super admin only", "forbidden: admin only")),
    ),
    of_the_host(
        "CO-WS-34",
        "an action that does not exist is refused in other words",
        HEAR,
        says_to(ADMIN, reworded("Unknown admin action", "no such action")),
    ),
    of_the_host("CO-WS-51", "an order can be repeated", HEAR, forgets(ADMIN)),
)
