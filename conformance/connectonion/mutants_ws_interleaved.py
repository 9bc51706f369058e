"""A seeded bug that only an unlikely conversation brings to light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_ws_meanwhile import runs_both
from conformance.connectonion.socket_mutations import HEAR, type_of

if TYPE_CHECKING:
    from conformance.connectonion.socket_mutations import Hear
    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation, Effect


def distracted_by_a_pong(hear: Hear) -> Hear:
    """Run a second prompt beside the first when a PONG came before it."""
    distracted: set[int] = set()

    def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
        if talk.run is None:
            distracted.discard(id(talk))
        elif type_of(text) == "PONG":
            distracted.add(id(talk))
        other = runs_both(talk, text) if id(talk) in distracted else None
        return hear(talk, text, now=now) if other is None else other

    return heard


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-52", "a PONG makes it forget that a run is active", HEAR, distracted_by_a_pong
    ),
)
