"""CO-AUTH: who signs, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_host_auth as auth
from conformance.connectonion.test_host_http import must_be_an_error
from conformance.connectonion.test_host_prompts import accepted
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

UNSIGNED = tuple(f"{how}, {level}" for level in auth.LEVELS for how in auth.UNSIGNED)


def must_be_refused(seen: Seen, tag: str, *, twin: str) -> None:
    """Demand a refusal, once the twin is seen to be accepted."""
    accepted(seen, twin)
    seen.answer(tag).must_be_refused()


@check(
    "CO-AUTH-01", auth.unsigned_open, auth.unsigned_by_default, auth.unsigned_strict, cases=UNSIGNED
)
def test_nobody_is_answered_who_signs_nothing(seen: Seen, case: str) -> None:
    level = case.rpartition(", ")[2]
    must_be_refused(seen, case, twin=f"signed, {level}")


@check("CO-AUTH-08", auth.ages, cases=(*auth.NEAR, *auth.NEAR_IN_A_HEADER))
def test_a_time_may_be_a_little_off(seen: Seen, case: str) -> None:
    seen.answer(case).must_be_ok()


@check("CO-AUTH-08", auth.ages, cases=tuple(auth.FAR))
def test_a_time_may_not_be_far_off(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="now in a payload")


@check("CO-AUTH-08", auth.ages, cases=tuple(auth.FAR_IN_A_HEADER))
def test_a_time_may_not_be(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="now in a header")


@check("CO-AUTH-09", auth.ages, cases=("none", *auth.TIMELESS))
def test_there_must_be_a_time_and_not(seen: Seen, case: str) -> None:
    accepted(seen, "now in a payload")
    seen.answer(f"no time: {case}").must_be(401)


@check("CO-AUTH-10", auth.ages, cases=("payload", "header"))
def test_nan_is_no_time_in_a(seen: Seen, where: str) -> None:
    must_be_refused(seen, f"NaN in a {where}", twin=f"now in a {where}")


@check("CO-AUTH-11", auth.changes)
def test_nobody_signs_for_somebody_else(seen: Seen) -> None:
    accepted(seen, "unchanged")
    must_be_refused(seen, "as somebody else", twin="another's own")


@check("CO-AUTH-12", auth.changes, cases=tuple(auth.INSIDE))
def test_a_signature_covers_the_payload(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="unchanged")


@check("CO-AUTH-12", auth.changes, cases=tuple(f"beside: {name}" for name in auth.BESIDE))
def test_a_signature_covers_nothing_else(seen: Seen, case: str) -> None:
    seen.answer(case).must_be_ok()


@check("CO-AUTH-13", auth.changes, cases=tuple(auth.ORDER))
def test_one_fault_is_found(seen: Seen, case: str) -> None:
    accepted(seen, "unchanged")
    answer = seen.answer(case)
    answer.must_be_refused()
    answer.must_say(error=auth.ORDER[case][1])


@check("CO-AUTH-14", auth.known_from_the_start, cases=tuple(auth.LISTED_FAULTS))
def test_the_blacklist_comes_first_before(seen: Seen, case: str) -> None:
    must_be_an_error(seen.answer(f"unlisted, {case}"), 403, "forbidden: blacklisted")


@check("CO-AUTH-15", auth.known_from_the_start)
def test_the_whitelist_is_no_matter_of_policy(seen: Seen) -> None:
    stranger = seen.answer("a stranger")
    if stranger.ok:
        raise Unmet("a strict host let a stranger in", *stranger.evidence)
    seen.answer("listed, signed").must_be_ok()


@check("CO-AUTH-15", auth.known_from_the_start, cases=("no signature", "noughts", "another's"))
def test_the_whitelist_signs_too_and_not_with(seen: Seen, case: str) -> None:
    must_be_refused(seen, f"listed, {case}", twin="listed, signed")
