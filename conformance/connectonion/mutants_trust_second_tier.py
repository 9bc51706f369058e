"""What breaks each requirement of a host's second tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from reference.connectonion.authentication import Refused
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import Ordered
from reference.connectonion.second_tier import Opinion, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.authentication import Signed
    from reference.connectonion.policy import Policy
    from reference.connectonion.second_tier import Question, SecondTier
    from reference.connectonion.trust import Trust

    Ask = Callable[..., Opinion]

TRUST, SECOND = "reference.connectonion.trust", "reference.connectonion.second_tier"


def asks_anyhow(admit: Callable[..., None]) -> Callable[..., None]:
    """Ask about contacts, and do not listen."""

    def admitted(trust: Trust, signed: Signed, *, now: float) -> None:
        if trust.clients.level(signed.caller) is Level.CONTACT:
            trust.second.asked += 1
        admit(trust, signed, now=now)

    return admitted


def asks_twice(opinion: Ask) -> Ask:
    """Ask once more about who shows a wrong code."""

    def asked(tier: SecondTier, policy: Policy, question: Question, *, now: float) -> Opinion:
        tier.asked += "invite_code" in question.request
        return opinion(tier, policy, question, now=now)

    return asked


def is_a_failure(refusal: Refused) -> bool:
    """Whether a refusal comes of a second tier that failed."""
    return isinstance(refusal.__cause__, Unavailable)


def without_a_reason(ask: Callable[..., None]) -> Callable[..., None]:
    """Say of every refusal that the rules decided."""

    def asked(trust: Trust, signed: Signed, now: float) -> None:
        try:
            ask(trust, signed, now)
        except Refused as refusal:
            if is_a_failure(refusal):
                raise
            raise Refused("forbidden: Denied by fast rules") from refusal

    return asked


def in_doubt(opinion: Ask) -> Ask:
    """Let in whomever nobody can judge."""

    def asked(tier: SecondTier, policy: Policy, question: Question, *, now: float) -> Opinion:
        try:
            return opinion(tier, policy, question, now=now)
        except Unavailable:
            return Opinion(allow=True, reason="in doubt")

    return asked


def for_ever(opinion: Ask) -> Ask:
    """Keep an opinion that a policy keeps at all."""

    def asked(tier: SecondTier, policy: Policy, question: Question, *, now: float) -> Opinion:
        keeps = isinstance(policy.rules, Ordered) and policy.rules.cache
        return opinion(tier, policy, question, now=0.0 if keeps else now)

    return asked


def remembers(opinion: Ask) -> Ask:
    """Keep a good opinion for good."""
    good: dict[Any, Opinion] = {}

    def asked(tier: SecondTier, policy: Policy, question: Question, *, now: float) -> Opinion:
        if isinstance(policy.rules, Ordered):
            return opinion(tier, policy, question, now=now)
        if question.client not in good:
            said = opinion(tier, policy, question, now=now)
            if not said.allow:
                return said
            good[question.client] = said
        return good[question.client]

    return asked


def fails(ask: Callable[..., None]) -> Callable[..., None]:
    """Fail with the second tier."""

    def asked(trust: Trust, signed: Signed, now: float) -> None:
        try:
            ask(trust, signed, now)
        except Refused as refusal:
            if is_a_failure(refusal):
                raise RuntimeError("the second tier failed") from refusal
            raise

    return asked


def obeys(ask: Callable[..., None]) -> Callable[..., None]:
    """Promote whoever tells the second tier to."""

    def asked(trust: Trust, signed: Signed, now: float) -> None:
        ask(trust, signed, now)
        if "promote" in signed.payload.get("prompt", ""):
            trust.clients.apply(Operation.PROMOTE_TO_CONTACT, signed.caller, by="a bug", at=now)

    return asked


MUTANTS: tuple[Mutant, ...] = (
    of_the_host("CO-TRUST-01", "contacts are asked about", f"{TRUST}:Trust.admit", asks_anyhow),
    of_the_host(
        "CO-TRUST-02",
        "a wrong code is asked about twice",
        f"{SECOND}:SecondTier.opinion",
        asks_twice,
    ),
    of_the_host("CO-TRUST-03", "no reason is told", f"{TRUST}:Trust._ask", without_a_reason),
    of_the_host(
        "CO-TRUST-04",
        "in doubt, yes",
        f"{SECOND}:SecondTier.opinion",
        in_doubt,
    ),
    of_the_host(
        "CO-TRUST-35.b", "what is kept is kept for ever", f"{SECOND}:SecondTier.opinion", for_ever
    ),
    of_the_host("CO-TRUST-39", "a good opinion is kept", f"{SECOND}:SecondTier.opinion", remembers),
    of_the_host("CO-TRUST-49", "the host fails with its second tier", f"{TRUST}:Trust._ask", fails),
    of_the_host("CO-TRUST-50", "a prompt can promote its sender", f"{TRUST}:Trust._ask", obeys),
)
