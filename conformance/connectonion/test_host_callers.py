"""CO-AUTH: what a signature is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_host_callers as callers
from conformance.connectonion.talk import frames
from conformance.connectonion.test_host_auth import must_be_refused
from conformance.connectonion.test_host_prompts import accepted
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

OK_OR_UNAUTHORIZED = (200, 401)
STEPS = ("ONBOARD_REQUIRED", "ONBOARD_SUCCESS", "OUTPUT")


@check("CO-AUTH-16", callers.repeated)
def test_a_repeated_request_is_answered_or_unauthorized(seen: Seen) -> None:
    accepted(seen, "the first time")
    seen.answer("the second time").must_be(*OK_OR_UNAUTHORIZED)


@check("CO-AUTH-23", callers.repeated)
def test_a_signature_does_one_deed(seen: Seen) -> None:
    must_be_refused(seen, "the second time", twin="the first time")


@check("CO-AUTH-17", callers.repeated)
def test_a_prompt_for_another_host_is_answered_or_unauthorized(seen: Seen) -> None:
    accepted(seen, "for nobody")
    seen.answer("for another host").must_be(*OK_OR_UNAUTHORIZED)


@check("CO-AUTH-24", callers.repeated, cases=("for the host", "for nobody"))
def test_a_prompt_may_come(seen: Seen, case: str) -> None:
    seen.answer(case).must_be_ok()


@check("CO-AUTH-24", callers.repeated, cases=("for another host",))
def test_a_prompt_may_not_come(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="for the host")


@check("CO-AUTH-18", callers.blocked_respelled, cases=tuple(callers.RESPELL))
def test_who_is_blocked_stays_so(seen: Seen, case: str) -> None:
    accepted(seen, "not blocked")
    must_be_blocked(seen)
    answer = seen.answer(case)
    answer.must(not answer.ok, "a blocked caller is let in under another spelling of its key")


def must_be_blocked(seen: Seen) -> None:
    """Judge nothing of a host that lets the blocked in as they are."""
    plain = seen.answer("as it is")
    if plain.ok:
        raise Unmet("a blocked caller was let in", *plain.evidence)


@check(
    "CO-AUTH-18", callers.friend_respelled, cases=tuple(f"a friend {n}" for n in callers.RESPELL)
)
def test_a_friend_is_no_stranger(seen: Seen, case: str) -> None:
    accepted(seen, "a friend as it is")
    answer = seen.answer(case)
    known = answer.ok or answer.status == 401  # a host need not know every spelling of a key
    answer.must(known, f"a contact is a stranger under another spelling: {answer.shown()}")


@check("CO-AUTH-19", callers.other_routes, cases=(*callers.DEEDS, "input"))
def test_an_order_is_good_for_one_route(seen: Seen, route: str) -> None:
    accepted(seen, "the order")
    seen.answer(f"again as {route}").must_be_refused()
    after = seen.answer("the level afterwards")
    after.must_say(level="contact")


@check("CO-AUTH-12", callers.other_routes, cases=("the order about another",))
def test_a_signature_covers_whom_it_is_about(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="the order")
    seen.answer("the level of another").must_say(level="stranger")


@check("CO-AUTH-22", callers.retried)
def test_a_prompt_is_answered_after_onboarding(seen: Seen) -> None:
    seen.noted(callers.RETRIED)
    heard = list(frames(seen, callers.RETRIED, *STEPS, "ERROR"))
    shown = [each.event for each in heard]
    kinds = tuple(each.type for each in heard)
    if kinds[:1] == STEPS[2:]:
        raise NotObserved("the host lets strangers in")
    if kinds[:2] != STEPS[:2]:
        raise Unmet(f"nobody could onboard: {kinds}", *shown)
    if kinds != STEPS:
        raise Broken(f"the prompt was not answered afterwards: {kinds}", *shown)
