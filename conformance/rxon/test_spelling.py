"""RXON-SIG-16: one signature for every spelling of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import property_check
from conformance.rxon import scenarios_spelling as spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen

NOT_ACCEPTED = {"error", "ignored"}


@property_check(
    "RXON-SIG-16",
    for_all="conformance.rxon.strategies_messages:respellings",
    played_by=spelling.respelled,
    examples=30,
)
def test_any_spelling_of_a_signed_message_is_accepted(
    seen: Seen, example: Mapping[str, Any]
) -> None:
    answer = seen.answer(spelling.TAG)
    kind = example["kind"]
    answer.must_be_ok()
    answer.must(answer.member("status") not in NOT_ACCEPTED, f"the {kind} was not accepted")
