"""What breaks each requirement of a host over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.host_mutations import ANSWER, member, of_the_host

if TYPE_CHECKING:
    from conformance.kit.proof.mutation import Mutant

MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-HOST-01",
        "the uptime is told as a text",
        ANSWER,
        member("/health", "uptime", str),
    ),
)
