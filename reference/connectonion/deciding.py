"""What a policy makes of a request: the fast rules, without a question to anybody (sheet 6.3, 6.7).

Where the design leaves a hole, the safest reading is taken, in both dialects: who is blocked stays
so whatever it presents, a claimed payment is none, and what no rule decides goes to the second
tier.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from reference.connectonion.levels import PRECEDENCE, Level, Operation
from reference.connectonion.policy import (
    Action,
    Condition,
    Onboarding,
    Ordered,
    Policy,
    Rule,
    Shipped,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as rules know: which levels' lists have it, and whether it is an admin."""

    listed: frozenset[Level] = frozenset()
    is_admin: bool = False

    @property
    def level(self) -> Level:
        """Its level: that of the first list that has it."""
        return next((level for _, level in PRECEDENCE if level in self.listed), Level.STRANGER)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller presents; ``paid`` is what a payment service confirmed, not what is claimed."""

    invite_code: Any = None
    payment: Any = None
    paid: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, why, and what it changes about the caller."""

    verdict: Verdict
    reason: str
    changes: tuple[Operation, ...] = ()


def decide(policy: Policy, caller: Caller, credentials: Credentials) -> Decision:
    """Apply a policy's fast rules."""
    if isinstance(policy.rules, Ordered):
        return _in_order(policy.rules, caller, credentials)
    return _shipped(policy.rules, caller, credentials)


def takes_code(onboarding: Onboarding, code: Any) -> bool:
    """Whether a code is one of those: equal in value and type (CO-TRUST-14)."""
    return any(type(code) is type(known) and code == known for known in onboarding.codes)


def takes_payment(onboarding: Onboarding, paid: float) -> bool:
    """Whether a confirmed payment is enough (CO-TRUST-16)."""
    return onboarding.payment is not None and paid >= onboarding.payment


# The shipped dialect: deny, allow, invite, payment, default, whatever their order (CO-TRUST-05)


def _shipped(rules: Shipped, caller: Caller, credentials: Credentials) -> Decision:
    if caller.listed & rules.denied:
        return Decision(Verdict.DENY, "blocked")
    if caller.listed & rules.allowed and caller.level is not Level.BLOCKED:
        return Decision(Verdict.ALLOW, f"{caller.level} is allowed")
    if caller.level is not Level.BLOCKED:
        if takes_code(rules.onboarding, credentials.invite_code):
            return Decision(Verdict.ALLOW, "invite code", _welcome(caller))
        if takes_payment(rules.onboarding, credentials.paid):
            return Decision(Verdict.ALLOW, "payment", _welcome(caller))
    return Decision(rules.otherwise, "default")


def _welcome(caller: Caller) -> tuple[Operation, ...]:
    """Return what good credentials change: they make strangers contacts (CO-TRUST-15)."""
    return (Operation.PROMOTE_TO_CONTACT,) if caller.level is Level.STRANGER else ()


# The ordered dialect: the first rule that decides


def _in_order(rules: Ordered, caller: Caller, credentials: Credentials) -> Decision:
    if caller.level is Level.BLOCKED:
        return Decision(Verdict.DENY, "blocked")
    changes: tuple[Operation, ...] = ()
    for rule in rules.rules:
        if not HOLDS[rule.condition](caller, credentials):
            continue
        verdict = _verdict(rule, caller)
        if verdict is not None:
            return Decision(verdict, f"rule on line {rule.line}", changes)
        if _succeeds(rule, rules.onboarding, credentials) and rule.on_success is not None:
            caller, done = _promoted(caller, rule.on_success)
            changes += done
    return Decision(rules.otherwise, "no rule decides", changes)


HOLDS: dict[Condition, Callable[[Caller, Credentials], bool]] = {
    Condition.HAS_INVITE_CODE: lambda _, given: given.invite_code not in (None, ""),
    Condition.HAS_PAYMENT: lambda _, given: given.payment is not None or given.paid > 0,
    Condition.IS_BLOCKED: lambda caller, _: caller.level is Level.BLOCKED,
    Condition.IS_WHITELIST: lambda caller, _: caller.level is Level.WHITELIST,
    Condition.IS_CONTACT: lambda caller, _: caller.level is Level.CONTACT,
    Condition.IS_STRANGER: lambda caller, _: caller.level is Level.STRANGER,
    Condition.IS_ADMIN: lambda caller, _: caller.is_admin,
    Condition.ALWAYS: lambda _caller, _given: True,
}


def _verdict(rule: Rule, caller: Caller) -> Verdict | None:
    """Return what a rule decides; a verification decides nothing by itself."""
    if rule.action is Action.REQUIRE_ADMIN:
        return None if caller.is_admin else Verdict.DENY
    return {Action.ALLOW: Verdict.ALLOW, Action.DENY: Verdict.DENY}.get(rule.action)


def _succeeds(rule: Rule, onboarding: Onboarding, credentials: Credentials) -> bool:
    if rule.action is Action.VERIFY_INVITE:
        return takes_code(onboarding, credentials.invite_code)
    return rule.action is Action.VERIFY_PAYMENT and takes_payment(onboarding, credentials.paid)


RANK = {Level.STRANGER: 0, Level.CONTACT: 1, Level.WHITELIST: 2}
REACHES = {
    Operation.PROMOTE_TO_CONTACT: Level.CONTACT,
    Operation.PROMOTE_TO_WHITELIST: Level.WHITELIST,
}


def _promoted(caller: Caller, operation: Operation) -> tuple[Caller, tuple[Operation, ...]]:
    """Promote, unless the caller is there already: the rules that follow see the new level."""
    reached = REACHES[operation]
    if RANK[caller.level] >= RANK[reached]:
        return caller, ()
    return replace(caller, listed=caller.listed | {reached}), (operation,)
