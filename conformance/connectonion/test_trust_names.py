"""CO-TRUST: whom an order is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_trust_names as names
from conformance.connectonion.trust_desk import must_be_at, must_say
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_be_no_names(seen: Seen, odd: dict[str, str]) -> None:
    """Demand that orders about some names are refused and do nothing, and about others are not."""
    must_say(seen, "a plain name (twin)", success=True)
    must_be_at(seen, "blocked", "after an order about a plain name")
    for how in odd:
        for deed in names.DEEDS:
            must_say(seen, f"{deed} of {how}", type="ERROR")
        seen.answer(f"over HTTP: {how}").must_be_refused()
        must_be_at(seen, "contact", f"after orders about {how}")


@check("CO-TRUST-37", names.odd_names)
def test_a_name_is_one_line(seen: Seen) -> None:
    must_be_no_names(seen, names.lines_about(""))


@check("CO-TRUST-47", names.odd_names)
def test_a_name_is_no_pattern_and_no_comment(seen: Seen) -> None:
    must_be_no_names(seen, names.no_names(""))


@check("CO-TRUST-48", names.spellings)
def test_a_key_has_one_level_however_it_is_spelled(seen: Seen) -> None:
    must_say(seen, "promoted in capitals", success=True)
    must_be_at(seen, "contact", "after being promoted in capitals")
    must_say(seen, "promoted without 0x", success=True)
    must_be_at(seen, "whitelist", "after being promoted without 0x", "asked in capitals")
    must_be_at(seen, "blocked", "after being blocked in capitals")


@check("CO-TRUST-54", names.paths)
def test_a_name_is_no_path(seen: Seen) -> None:
    for name, _ in names.ALIKE:
        answer = seen.answer(f"promoted: {name}")
        answer.must_be(200)
        answer.must_say(success=True, level="contact")
        must_be_at(seen, "contact", f"asked for: {name}")
        must_be_at(seen, "stranger", f"beside it: {name}")
