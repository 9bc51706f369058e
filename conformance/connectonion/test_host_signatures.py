"""CO-AUTH: which signatures a host takes for which payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_host_signatures as signatures
from conformance.connectonion.forged import MALLEATED, SMALL_ORDER
from conformance.connectonion.signed_texts import ESCAPED, NUMBERS, PLAIN, RAW, SORTED
from conformance.connectonion.test_host_auth import must_be_refused
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_count(seen: Seen, name: str) -> None:
    """Demand that the right text is taken, and the wrong one is not."""
    seen.answer(f"{name}, right").must_be_ok()
    seen.answer(f"{name}, wrong").must_be_refused()


@check("CO-AUTH-02", signatures.texts, cases=tuple(PLAIN))
def test_a_signature_is_taken_for_what_was_signed(seen: Seen, case: str) -> None:
    must_count(seen, f"plain: {case}")


@check("CO-AUTH-02", signatures.texts, cases=tuple(signatures.SPOILT))
def test_nothing_else_is_taken_for_a_signature(seen: Seen, case: str) -> None:
    must_be_refused(seen, f"signature: {case}", twin="nothing spoilt")


@check("CO-AUTH-11", signatures.texts, cases=tuple(signatures.NO_KEYS))
def test_nothing_else_is_taken_for_the_key(seen: Seen, case: str) -> None:
    must_be_refused(seen, f"from: {case}", twin="nothing spoilt")


@check("CO-AUTH-03", signatures.texts, cases=tuple(ESCAPED))
def test_what_is_not_ascii_is_signed_escaped(seen: Seen, case: str) -> None:
    must_count(seen, f"escaped: {case}")


@check("CO-AUTH-04", signatures.texts, cases=tuple(RAW))
def test_raw_text_is_taken_too(seen: Seen, case: str) -> None:
    must_count(seen, f"raw: {case}")


@check("CO-AUTH-05", signatures.texts, cases=tuple(SORTED))
def test_keys_are_signed_in_order(seen: Seen, case: str) -> None:
    must_count(seen, f"sorted: {case}")


@check("CO-AUTH-06", signatures.texts, cases=tuple(NUMBERS))
def test_a_number_is_signed_as_it_was_meant(seen: Seen, case: str) -> None:
    must_count(seen, f"numbers: {case}")


@check("CO-AUTH-07", signatures.spelled, cases=tuple(signatures.SPELLINGS))
def test_a_signature_is_taken_when_it_is_spelled(seen: Seen, case: str) -> None:
    seen.answer(case).must_be_ok()


@check("CO-AUTH-20", signatures.times, cases=tuple(signatures.TIMES))
def test_headers_sign_a_fraction(seen: Seen, case: str) -> None:
    must_count(seen, case)


@check("CO-AUTH-21", signatures.forged, cases=(*SMALL_ORDER, *MALLEATED))
def test_what_no_key_has_signed_is_refused(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="signed by a key")
    answer = seen.answer(case)
    forbidden = str(answer.member("error")).startswith("forbidden")
    answer.must(not forbidden, "the signature was taken: only the policy refuses")
