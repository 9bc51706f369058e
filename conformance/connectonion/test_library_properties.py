"""Signatures and trust, tried with whatever hypothesis thinks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.conditions import HOLDS
from conformance.connectonion.scenarios_library import judged, judged_again, written_again
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen

    Example = Mapping[str, Any]

STRATEGIES = "conformance.connectonion.strategies_library"
DENIED = {"verdict": "deny", "changes": []}


def said(seen: Seen, name: str = "it") -> dict[str, Any]:
    """Return what a function said."""
    answer: dict[str, Any] = seen.noted(name).data["said"]
    return answer


def must_be(seen: Seen, name: str, expected: Mapping[str, Any]) -> None:
    """Demand members of what a function said."""
    got = said(seen, name)
    if any(got.get(member) != value for member, value in expected.items()):
        raise Broken(f"expected {dict(expected)!r}, got {got!r}", seen.noted(name))


@property_check(
    "CO-AUTH-05.a", for_all=f"{STRATEGIES}:respellings", played_by=written_again, examples=40
)
def test_no_order_of_keys_changes_what_is_signed(seen: Seen, *_example: object) -> None:
    one = said(seen, "one")
    must_be(seen, "other", one)
    must_be(seen, "again", one)


@property_check("CO-TRUST-05", for_all=f"{STRATEGIES}:denied", played_by=judged, examples=30)
def test_deny_beats_allow(seen: Seen, *_example: object) -> None:
    must_be(seen, "it", DENIED)


@property_check("CO-TRUST-34", for_all=f"{STRATEGIES}:precedences", played_by=judged, examples=40)
def test_the_first_rule_that_holds_decides(seen: Seen, example: Example) -> None:
    verdict = next(action for condition, action in example["rules"] if HOLDS[condition](example))
    must_be(seen, "it", {"verdict": verdict, "changes": []})


@property_check("CO-TRUST-40", for_all=f"{STRATEGIES}:blocked", played_by=judged, examples=40)
def test_nothing_admits_or_promotes_who_is_blocked(seen: Seen, *_example: object) -> None:
    must_be(seen, "it", DENIED)


@property_check("CO-TRUST-43", for_all=f"{STRATEGIES}:unchanging", played_by=judged, examples=40)
def test_without_on_success_nothing_changes(seen: Seen, *_example: object) -> None:
    must_be(seen, "it", {"changes": []})


@property_check(
    "CO-TRUST-15.a", for_all=f"{STRATEGIES}:repeated", played_by=judged_again, examples=40
)
def test_the_same_is_decided_again_and_changes_are_made_once(seen: Seen, *_example: object) -> None:
    first = said(seen, "first")
    must_be(seen, "second", first)
    must_be(seen, "changed", {"verdict": first["verdict"], "changes": []})
