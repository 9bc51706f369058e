"""Whether a signed request is let in: parameter whitelist, fast rules, second tier (sheet 6.1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.connectonion.authentication import Refused, Signed
from reference.connectonion.clients import Clients
from reference.connectonion.deciding import Caller, Credentials, decide, takes_code
from reference.connectonion.identity import same_person
from reference.connectonion.levels import PRECEDENCE, Level, Operation
from reference.connectonion.policy import Policy, Verdict
from reference.connectonion.second_tier import SecondTier, Unavailable, question

DENIED = "forbidden: Denied by fast rules"
BY_POLICY = "policy"  # whose changes these are, in the audit trail


@dataclass(slots=True)
class Trust:
    """A host's policy, what it knows of its clients, and who judges the rest.

    ``whitelist`` are callers that the host was started with: no policy is asked about them.
    """

    policy: Policy
    clients: Clients
    second: SecondTier = field(default_factory=SecondTier)
    whitelist: Collection[str] = ()

    def admit(self, signed: Signed, *, now: float) -> None:
        """Let a request in, or raise Refused with the words for its sender."""
        if signed.caller in {same_person(each) for each in self.whitelist}:  # CO-AUTH-15
            return
        credentials = Credentials(signed.payload.get("invite_code"), signed.payload.get("payment"))
        found = decide(self.policy, self.caller(signed.caller), credentials)
        for operation in found.changes:
            self.clients.apply(operation, signed.caller, by=BY_POLICY, at=now, reason=found.reason)
        if found.verdict is Verdict.DENY:
            raise Refused(DENIED)
        if found.verdict is Verdict.ASK:
            self._ask(signed, now)

    def _ask(self, signed: Signed, now: float) -> None:
        asked = question(
            self.policy, signed.caller, self.clients.level(signed.caller), signed.payload
        )
        try:
            opinion = self.second.opinion(self.policy, asked, now=now)
        except Unavailable as error:
            raise Refused(f"forbidden: {error}") from error
        if not opinion.allow:
            raise Refused(f"forbidden: {opinion.reason}")

    def caller(self, client: str) -> Caller:
        """Return what rules know of a client."""
        listed = (level for roll, level in PRECEDENCE if client in self.clients.rolls[roll])
        return Caller(frozenset(listed), self.clients.is_admin(client))

    def not_blocked(self, signed: Signed) -> None:
        """Refuse who is blocked; all that onboarding and administration ask (sheet 4.4)."""
        if self.clients.level(signed.caller) is Level.BLOCKED:  # CO-WS-29, CO-TRUST-27
            raise Refused(DENIED)

    # Onboarding (sheet 5.2)

    def offer(self, client: str) -> dict[str, Any] | None:
        """Return how a refused client may come in: nothing for who may not (CO-WS-24)."""
        onboarding = self.policy.onboarding
        if not onboarding or self.clients.level(client) is Level.BLOCKED:
            return None
        methods = [
            name
            for name, offered in (
                ("invite_code", bool(onboarding.codes)),
                ("payment", onboarding.payment is not None),
            )
            if offered
        ]
        price = {} if onboarding.payment is None else {"payment_amount": onboarding.payment}
        return {"methods": methods, **price}

    def onboard(self, signed: Signed, *, now: float) -> dict[str, Any]:
        """Take a code for a place among the contacts; raises Refused."""
        self.not_blocked(signed)
        code, payment = signed.payload.get("invite_code"), signed.payload.get("payment")
        if code:
            if not takes_code(self.policy.onboarding, code):
                raise Refused("Invalid invite code")
            return self._welcome(signed.caller, "Invite code", now)
        if isinstance(payment, int | float) and not isinstance(payment, bool) and payment > 0:
            raise Refused("Insufficient payment")  # CO-TRUST-17: nobody confirms it
        raise Refused("invite_code or payment required")

    def _welcome(self, client: str, by: str, now: float) -> dict[str, Any]:
        if self.clients.level(client) is Level.STRANGER:
            self.clients.apply(
                Operation.PROMOTE_TO_CONTACT, client, by=BY_POLICY, at=now, reason=by
            )
        level = self.clients.level(client)
        return {
            "identity": client,
            "level": str(level),
            "message": f"{by} verified. You are now a {level}.",
        }


def told_of(policy: Policy) -> Mapping[str, Any] | None:
    """Return what ``/info`` says of onboarding (CO-HOST-05)."""
    onboarding = policy.onboarding
    if not onboarding:
        return None
    return {"invite_code": bool(onboarding.codes), "payment": onboarding.payment}
