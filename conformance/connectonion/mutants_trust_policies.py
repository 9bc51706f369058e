"""What breaks each requirement of the policies that a host is started with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_library import allowing_first, null_is_empty, of_rules
from reference.connectonion.levels import Operation
from reference.connectonion.presets import PRESETS

if TYPE_CHECKING:
    from conformance.kit.proof.mutation import Mutant

DECIDING, POLICY = "reference.connectonion.deciding", "reference.connectonion.policy_text"
SETTINGS = "reference.connectonion.host_settings"


def in_small_letters(source: Any) -> Any:
    """Know levels in small letters alone; in capitals they are prose."""
    return lambda trust: (
        ("custom", trust) if trust.lower() in PRESETS and trust not in PRESETS else source(trust)
    )


def generous(on_success: Any) -> Any:
    """Promote for a verification that says nothing of it."""
    return lambda node, action, reader: (
        Operation.PROMOTE_TO_CONTACT
        if node is None and action is not None and action.startswith("verify")
        else on_success(node, action, reader)
    )


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-32", "levels in capitals are prose", f"{SETTINGS}:_source", in_small_letters
    ),
    of_the_host(
        "CO-TRUST-34.b",
        "rules that allow come first",
        f"{DECIDING}:_in_order",
        of_rules(allowing_first),
        suffix="-allow",
    ),
    of_the_host(
        "CO-TRUST-43.b", "a code may block", f"{POLICY}:PROMOTIONS", lambda good: (*good, "block")
    ),
    of_the_host(
        "CO-TRUST-43.b",
        "a verification promotes without on_success",
        f"{POLICY}:_on_success",
        generous,
        suffix="-silent",
    ),
    of_the_host(
        "CO-TRUST-44.b",
        "an unknown condition is a known one",
        f"{POLICY}:ALIASES",
        lambda known: {**known, "is_vip": "is_contact"},
    ),
    of_the_host("CO-TRUST-45.b", "null is an empty list", f"{POLICY}:_Reader.items", null_is_empty),
)
