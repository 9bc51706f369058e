"""Seeded bugs that only an unlikely caller brings to light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_trust_decisions import decides, is_careful
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.authentication import Signed
    from reference.connectonion.trust import Trust

    Admit = Callable[..., None]

DECIDING, TRUST = "reference.connectonion.deciding", "reference.connectonion.trust"


def doubts_codes(admit: Admit) -> Admit:
    """Ask about whitelisted admins that present a code, and do not listen."""

    def admitted(trust: Trust, signed: Signed, *, now: float) -> None:
        caller = trust.caller(signed.caller)
        if caller.is_admin and caller.level is Level.WHITELIST and "invite_code" in signed.payload:
            trust.second.asked += 1
        admit(trust, signed, now=now)

    return admitted


def loses_patience(admit: Admit) -> Admit:
    """Block a stranger that presents the same wrong code once more."""
    seen: set[tuple[str, str]] = set()

    def admitted(trust: Trust, signed: Signed, *, now: float) -> None:
        presented = (signed.caller, str(signed.payload.get("invite_code")))
        wrong = presented[1] == "no code" and trust.clients.level(signed.caller) is Level.STRANGER
        if wrong and presented in seen:
            trust.clients.apply(Operation.BLOCK, signed.caller, by="a bug", at=now)
        seen.add(presented)
        admit(trust, signed, now=now)

    return admitted


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-01",
        "whitelisted admins with a code are asked about",
        f"{TRUST}:Trust.admit",
        doubts_codes,
        suffix="-code",
    ),
    of_the_host(
        "CO-TRUST-09.b",
        "the whitelist comes back with a code",
        f"{DECIDING}:_shipped",
        decides(
            Verdict.ALLOW,
            lambda rules, caller, given: (
                is_careful(rules)
                and caller.listed >= {Level.WHITELIST, Level.BLOCKED}
                and bool(given.invite_code)
            ),
        ),
        suffix="-listed",
    ),
    of_the_host(
        "CO-TRUST-51",
        "who shows a wrong code twice is blocked",
        f"{TRUST}:Trust.admit",
        loses_patience,
    ),
)
