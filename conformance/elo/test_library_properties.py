"""Frames and signatures, tried with whatever hypothesis thinks of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.elo.scenarios_library import cut, signed, written_again
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen

    Example = Mapping[str, Any]

STRATEGIES = "conformance.elo.strategies_library"


def said(seen: Seen, name: str) -> dict[str, Any]:
    """Return what a function said."""
    answer: dict[str, Any] = seen.noted(name).data["said"]
    return answer


def must_be(seen: Seen, name: str, expected: Mapping[str, Any]) -> None:
    """Demand members of what a function said."""
    got = said(seen, name)
    if any(got.get(member) != value for member, value in expected.items()):
        raise Broken(f"expected {dict(expected)!r}, got {got!r}", seen.noted(name))


def plain(message: Any) -> str:
    """Write a value so that equal ones are equal texts, numbers of two kinds apart."""
    return json.dumps(message, sort_keys=True)


@property_check("ELO-FRAME-03.a", for_all=f"{STRATEGIES}:streams", played_by=cut, examples=40)
def test_no_cut_changes_what_is_read(seen: Seen, example: Example) -> None:
    told = said(seen, "it")
    read = [plain(json.loads(text)) for text in told.get("frames", ())]
    if read != [plain(message) for message in example["messages"]] or told.get("closed"):
        raise Broken("what was written is not what is read", seen.noted("it"))


@property_check(
    "ELO-SIG-07.a", for_all=f"{STRATEGIES}:respellings", played_by=written_again, examples=40
)
def test_no_spelling_changes_what_is_signed(seen: Seen, *_example: object) -> None:
    one = said(seen, "one")
    must_be(seen, "other", one)
    must_be(seen, "again", one)


@property_check("ELO-SIG-04.a", for_all=f"{STRATEGIES}:changes", played_by=signed, examples=40)
def test_a_signature_is_of_one_message(seen: Seen, *_example: object) -> None:
    must_be(seen, "as it is", {"valid": True})
    must_be(seen, "changed", {"valid": False})
