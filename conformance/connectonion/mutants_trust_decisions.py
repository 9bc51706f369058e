"""What breaks each requirement of a host's decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_library import (
    default_first,
    granting,
    gullible,
    loosely,
    never_blocked,
    of_rules,
)
from reference.connectonion.deciding import Decision
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import Condition, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.authentication import Signed
    from reference.connectonion.conversation import Conversation
    from reference.connectonion.deciding import Caller, Credentials
    from reference.connectonion.policy import Ordered, Shipped
    from reference.connectonion.trust import Trust

    When = Callable[[Shipped, Caller, Credentials], bool]

DECIDING, POLICY = "reference.connectonion.deciding", "reference.connectonion.policy_text"
TRUST, CONVERSATION = "reference.connectonion.trust", "reference.connectonion.conversation"


def decides(verdict: Verdict, when: When) -> Callable[[Any], Any]:
    """Decide otherwise about some callers of the shipped dialect."""
    return lambda good: (
        lambda rules, caller, given: (
            Decision(verdict, "a bug") if when(rules, caller, given) else good(rules, caller, given)
        )
    )


def is_open(rules: Shipped) -> bool:
    """Whether the rules are those of the level open."""
    return rules.otherwise is Verdict.ALLOW and not rules.onboarding


def is_careful(rules: Shipped) -> bool:
    """Whether the rules leave strangers to the second tier."""
    return rules.otherwise is Verdict.ASK


def is_strict(rules: Shipped) -> bool:
    """Whether the rules are those of the level strict."""
    return rules.allowed == {Level.WHITELIST}


def denies_by_name(good: Any) -> Any:
    """Deny contacts where a policy names them."""

    def shipped(members: Any, reader: Any) -> Shipped:
        rules: Shipped = good(members, reader)
        denied = reader.value(members["deny"]) if "deny" in members else None
        named = isinstance(denied, list) and "contact" in denied
        return replace(rules, denied=rules.denied | {Level.CONTACT}) if named else rules

    return shipped


def forgets(good: Any) -> Any:
    """Let a code in a prompt count for one more, and no longer."""

    def admit(trust: Trust, signed: Signed, *, now: float) -> None:
        before = trust.clients.level(signed.caller)
        good(trust, signed, now=now)
        came = any(
            each.client == signed.caller and each.reason == "invite code"
            for each in trust.clients.trail
        )
        if came and before is Level.CONTACT and "invite_code" not in signed.payload:
            trust.clients.apply(Operation.DEMOTE_TO_STRANGER, signed.caller, by="a bug", at=now)

    return admit


def demoting(good: Any) -> Any:
    """Make a contact of everybody who has the code, of the whitelist too."""
    return lambda caller: (
        (Operation.DEMOTE_TO_CONTACT,) if caller.level is Level.WHITELIST else good(caller)
    )


def sells(good: Any) -> Any:
    """Take whatever amount is named for paid."""

    def onboard(trust: Trust, signed: Signed, *, now: float) -> Any:
        payment = signed.payload.get("payment")
        if isinstance(payment, int | float) and payment > 0:
            return trust._welcome(signed.caller, "Payment", now)  # noqa: SLF001  (a bug)
        return good(trust, signed, now=now)

    return onboard


def says_nothing(good: Any) -> Any:
    """Say nothing to who names a large amount."""

    def onboard(talk: Conversation, frame: Any, now: float) -> Any:
        payload = frame.get("payload")
        payment = payload.get("payment") if isinstance(payload, dict) else None
        large = isinstance(payment, int | float) and payment > 1000  # noqa: PLR2004
        return [] if large else good(talk, frame, now)

    return onboard


def admins_last(rules: Ordered) -> Ordered:
    """Let rules about admins come last."""
    about = Condition.IS_ADMIN
    return replace(rules, rules=tuple(sorted(rules.rules, key=lambda r: r.condition is about)))


def whoever_submits(good: Any) -> Any:
    """Ask nobody's name of who onboards."""

    def onboard(talk: Conversation, frame: Any, now: float) -> Any:
        gate = talk._desk.gate  # noqa: SLF001  (a bug)
        kept, gate.blacklist = gate.blacklist, ()
        try:
            return good(talk, frame, now)
        finally:
            gate.blacklist = kept

    return onboard


def lenient(rules: Ordered) -> Ordered:
    """Allow what no rule decides, where the policy says nothing of the second tier."""
    return rules if rules.agent else replace(rules, otherwise=Verdict.ALLOW)


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-05.b", "the default comes before codes", f"{DECIDING}:_shipped", default_first
    ),
    of_the_host(
        "CO-TRUST-06.b",
        "open turns strangers away who present a code",
        f"{DECIDING}:_shipped",
        decides(Verdict.DENY, lambda rules, _, given: is_open(rules) and bool(given.invite_code)),
    ),
    of_the_host(
        "CO-TRUST-07.b",
        "strict admits contacts that present a code",
        f"{DECIDING}:_shipped",
        decides(
            Verdict.ALLOW,
            lambda rules, caller, given: (
                is_strict(rules) and caller.level is Level.CONTACT and bool(given.invite_code)
            ),
        ),
    ),
    of_the_host(
        "CO-TRUST-08.b",
        "careful turns contacts away that present a code",
        f"{DECIDING}:_shipped",
        decides(
            Verdict.DENY,
            lambda rules, caller, given: (
                is_careful(rules) and caller.level is Level.CONTACT and bool(given.invite_code)
            ),
        ),
    ),
    of_the_host(
        "CO-TRUST-09.b",
        "careful admits blocked callers that are admins",
        f"{DECIDING}:_shipped",
        decides(
            Verdict.ALLOW,
            lambda rules, caller, _: (
                is_careful(rules) and caller.level is Level.BLOCKED and caller.is_admin
            ),
        ),
    ),
    of_the_host(
        "CO-TRUST-10.b",
        "who is blocked and presents nothing is denied where nobody is",
        f"{DECIDING}:_shipped",
        decides(
            Verdict.DENY,
            lambda rules, caller, given: (
                not rules.denied
                and caller.level is Level.BLOCKED
                and not (given.invite_code or given.payment)
            ),
        ),
    ),
    of_the_host(
        "CO-TRUST-11.b",
        "an unknown default allows",
        f"{POLICY}:_default",
        lambda good: (
            lambda node, reader: (
                Verdict.ALLOW
                if node is not None and reader.value(node) == "maybe"
                else good(node, reader)
            )
        ),
    ),
    of_the_host(
        "CO-TRUST-12.b", "contacts can be denied by name", f"{POLICY}:_shipped", denies_by_name
    ),
    of_the_host(
        "CO-TRUST-13", "a code counts for one more prompt", f"{TRUST}:Trust.admit", forgets
    ),
    of_the_host("CO-TRUST-14.b", "codes have no case", f"{DECIDING}:takes_code", loosely),
    of_the_host(
        "CO-TRUST-15", "a code makes a contact of the whitelist", f"{DECIDING}:_welcome", demoting
    ),
    of_the_host("CO-TRUST-16.b", "a claim is a payment", f"{DECIDING}:_shipped", gullible),
    of_the_host("CO-TRUST-17", "a submitted amount is a payment", f"{TRUST}:Trust.onboard", sells),
    of_the_host("CO-TRUST-33.b", "prose grants everything", f"{POLICY}:_nothing", granting),
    of_the_host(
        "CO-TRUST-34.b",
        "rules about admins come last",
        f"{DECIDING}:_in_order",
        of_rules(admins_last),
    ),
    of_the_host(
        "CO-TRUST-38",
        "onboarding knows no blacklist",
        f"{CONVERSATION}:HANDLERS[ONBOARD_SUBMIT]",
        whoever_submits,
    ),
    of_the_host(
        "CO-TRUST-55",
        "a large amount is answered by nothing",
        f"{CONVERSATION}:HANDLERS[ONBOARD_SUBMIT]",
        says_nothing,
    ),
    of_the_host(
        "CO-TRUST-40.b",
        "rules decide about blocked callers",
        f"{DECIDING}:_in_order",
        never_blocked,
    ),
    of_the_host(
        "CO-TRUST-41.b",
        "the rules after a promotion see the old level",
        f"{DECIDING}:_promoted",
        lambda good: lambda caller, operation: (caller, good(caller, operation)[1]),
    ),
    of_the_host(
        "CO-TRUST-42.b",
        "what no rule decides is allowed",
        f"{DECIDING}:_in_order",
        of_rules(lenient),
    ),
)
