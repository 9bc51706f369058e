"""CO-TRUST: whoever asks, with whatever it has, however often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.instances import CAREFUL
from conformance.connectonion.scenarios_trust_properties import (
    ASKED,
    COUNTED,
    present,
    present_while_blocked,
)
from conformance.connectonion.trust_desk import must_be_at
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen

    Example = Mapping[str, Any]

STRATEGIES = "conformance.connectonion.strategies_trust"


@property_check(
    "CO-TRUST-01", for_all=f"{STRATEGIES}:known", played_by=present, examples=12, settings=COUNTED
)
def test_nobody_is_asked_about_who_is_on_a_list(seen: Seen, *_example: object) -> None:
    for note in seen.notes(ASKED):
        if note.data["asked"] is None:
            raise NotObserved("needs the driver method `agent_calls`")
        if note.data["asked"] != 0:
            raise Broken(f"the second tier was asked about {note.data}", note)


@property_check(
    "CO-TRUST-09.b",
    for_all=f"{STRATEGIES}:known",
    played_by=present_while_blocked,
    examples=12,
    settings=CAREFUL,
)
def test_deny_beats_allow_and_no_code_promotes(seen: Seen, example: Example) -> None:
    for note in seen.notes(ASKED):
        if note.data["admitted"]:
            raise Broken(f"a blocked caller was let in with {note.data['presented']}", note)
    must_be_at(seen, "blocked", "while blocked")
    must_be_at(seen, example["level"], "unblocked")


@property_check(
    "CO-TRUST-51",
    for_all=f"{STRATEGIES}:persistent",
    played_by=present,
    examples=12,
    settings=CAREFUL,
)
def test_the_same_is_decided_again(seen: Seen, *_example: object) -> None:
    first: Any = None
    for number, note in enumerate(seen.notes(ASKED)):
        said = note.data["admitted"], note.data["level"]
        first = said if first is None else first
        if said != first:
            raise Broken(f"prompt {number} was decided otherwise than the first: {said}", note)
