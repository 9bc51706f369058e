"""Trust policies as values: two dialects, and what a decision can be (sheet 6.2, 6.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reference.connectonion.levels import Level, Operation


class Verdict(StrEnum):
    """What a policy says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"  # the fast rules cannot decide: the second tier does


class Dialect(StrEnum):
    """The language that a policy is written in."""

    SHIPPED = "shipped"  # allow, deny, onboard, default
    ORDERED = "ordered"  # fast_rules, use_agent, cache
    NONE = "none"  # no front matter: nothing is granted (CO-TRUST-33)


class Condition(StrEnum):
    """What an ordered rule is about."""

    HAS_INVITE_CODE = "has_invite_code"
    HAS_PAYMENT = "has_payment"
    IS_BLOCKED = "is_blocked"
    IS_WHITELIST = "is_whitelist"
    IS_CONTACT = "is_contact"
    IS_STRANGER = "is_stranger"
    IS_ADMIN = "is_admin"
    ALWAYS = "always"


class Action(StrEnum):
    """What an ordered rule does. Only a `verify_…` that succeeds may change anything."""

    ALLOW = "allow"
    DENY = "deny"
    VERIFY_INVITE = "verify_invite"
    VERIFY_PAYMENT = "verify_payment"
    REQUIRE_ADMIN = "require_admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the ordered dialect; ``line`` is where it stands in the policy."""

    condition: Condition
    action: Action
    on_success: Operation | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Onboarding:
    """How strangers may become contacts: codes that are taken, and a price (None: not for sale)."""

    codes: tuple[Any, ...] = ()
    payment: float | None = None

    def __bool__(self) -> bool:
        return bool(self.codes) or self.payment is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A policy of the shipped dialect."""

    denied: frozenset[Level] = frozenset({Level.BLOCKED})
    allowed: frozenset[Level] = frozenset()
    onboarding: Onboarding = Onboarding()
    otherwise: Verdict = Verdict.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A policy of the ordered dialect; ``cache`` is in seconds, 0 remembers nothing.

    ``agent`` holds the texts that say when the second tier is wanted, and why.
    """

    rules: tuple[Rule, ...]
    onboarding: Onboarding = Onboarding()
    agent: tuple[Mapping[str, str], ...] = ()
    cache: float = 0.0
    otherwise: Verdict = Verdict.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy and the text that the second tier is given; ``name`` is told to clients."""

    name: str
    dialect: Dialect
    rules: Shipped | Ordered
    body: str = ""

    @property
    def onboarding(self) -> Onboarding:
        """How strangers may become contacts."""
        return self.rules.onboarding


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something in a policy that cannot be understood; a fatal one makes it no policy."""

    line: int
    reason: str
    fatal: bool = True


class PolicyError(ValueError):
    """A policy that cannot be used; the text has a line for every complaint."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.reason}" for each in complaints))
        self.complaints = complaints
