"""CO-TRUST: policies that a host is started with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.connectonion import scenarios_trust_policies as policies
from conformance.connectonion.conditions import HOLDS
from conformance.connectonion.scenarios_trust_policies import SUCCESSES, TYPES, UNKNOWN, judged
from conformance.connectonion.trust_desk import must_be_at
from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.scenarios_trust_policies import Slip
    from conformance.kit.judging.seen import Seen

    Example = Mapping[str, Any]

STRATEGIES = "conformance.connectonion.strategies_trust"
STATUS = {"allow": 200, "deny": 403}
# Who is let in by what a host was started with.
KINDS = {"a level in capitals": ("whitelist",), "a text": ("contact",), "a file": ("contact",)}


@check("CO-TRUST-32", policies.kinds, cases=tuple(KINDS))
def test_a_policy_is_a_level_a_text_or_a_file(seen: Seen, kind: str) -> None:
    for level in ("stranger", "contact"):
        status = 200 if level in KINDS[kind] else 403
        seen.answer(f"a {level} under {kind}").must_be(status)
    if "whitelist" in KINDS[kind]:
        seen.answer(f"a whitelist under {kind}").must_be(200)


def must_not_start(seen: Seen, slips: Mapping[str, Slip]) -> None:
    """Demand that the host did not start with any of some mistakes, and told their lines."""
    for what, slip in slips.items():
        note = seen.noted(f"start: {what}")
        if note.data["started"]:
            raise Broken(f"the host started with a mistake in its policy: {what}", note)
        if not re.search(rf"\bline {slip.line}\b.*\w", note.data["words"]):
            raise Broken(f"{what}: line {slip.line} is not told: {note.data['words']}", note)


@check("CO-TRUST-43.b", policies.successes)
def test_a_host_does_not_start_with_rules_that_do_more_than_promote(seen: Seen) -> None:
    must_not_start(seen, SUCCESSES)


@check("CO-TRUST-44.b", policies.unknown_words)
def test_a_host_does_not_start_with_rules_that_it_does_not_know(seen: Seen) -> None:
    must_not_start(seen, UNKNOWN)


@check("CO-TRUST-45.b", policies.wrong_types)
def test_a_host_does_not_start_with_members_of_the_wrong_type(seen: Seen) -> None:
    must_not_start(seen, TYPES)


@property_check("CO-TRUST-34.b", for_all=f"{STRATEGIES}:precedences", played_by=judged, examples=12)
def test_the_first_rule_that_holds_decides_at_a_host(seen: Seen, example: Example) -> None:
    caller = {**example, "lists": _known(seen)}
    verdict = next(action for condition, action in example["rules"] if HOLDS[condition](caller))
    seen.answer("a prompt").must_be(STATUS[verdict])


@property_check("CO-TRUST-43.b", for_all=f"{STRATEGIES}:silent", played_by=judged, examples=12)
def test_without_on_success_a_prompt_changes_nothing(seen: Seen, *_example: object) -> None:
    must_be_at(seen, seen.noted("the caller").data["level"], "afterwards")


def _known(seen: Seen) -> list[str]:
    """Return the lists that decide about the caller."""
    level = seen.noted("the caller").data["level"]
    return {"whitelist": ["whitelist"], "contact": ["contacts"]}.get(level, [])
