"""CO-WS: how a host offers strangers a way in, and whom it lets in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.connectonion.attempts import Attempt, attempted, must
from conformance.connectonion.scenarios_ws_onboarding import (
    AFTER_FORGED,
    AFTER_WRONG,
    BLOCKED,
    BLOCKED_PROMPT,
    COMES_IN,
    FORGED,
    NOT_BLOCKED,
    NOTHING,
    OFFER,
    SAME_AGAIN,
    STRICT,
    STRICT_TWIN,
    USED,
    USED_AGAIN,
    WELCOME,
    WRONG_CODES,
    blocked_caller,
    forged_submissions,
    nothing_submitted,
    refused_without_a_way_in,
    stranger_comes_in,
    submission_repeated,
    wrong_codes,
)
from conformance.connectonion.test_ws_runs import is_number
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

METHODS = (["invite_code"], ["payment"], ["invite_code", "payment"])


def accepted(seen: Seen, about: str, kind: str) -> None:
    """Demand that a twin was accepted, as a prerequisite."""
    tried = attempted(seen, about)
    if tried.answer is None or tried.answer.type != kind:
        raise Unmet(f"the twin ({about}), which must be accepted, was not", tried.sent)


def must_be_a_stranger(seen: Seen, about: str) -> None:
    """Demand the level that was noted."""
    note = seen.noted(about)
    if note.data["level"] != "stranger":
        raise Broken(f"the level is {note.data['level']!r}, not 'stranger'", note)


def sender(tried: Attempt) -> str:
    """Return the `from` of what was sent."""
    return str(json.loads(tried.sent.body)["from"])


def refused(seen: Seen, about: str) -> Attempt:
    """Return a prompt that was not let in; there is nothing to see where it was."""
    tried = attempted(seen, about)
    if tried.answer is not None and tried.answer.type == "OUTPUT":
        raise NotObserved("the host's policy lets strangers in")
    return tried


@check("CO-WS-24", stranger_comes_in)
def test_a_refused_stranger_is_told_how_to_come_in(seen: Seen) -> None:
    tried = refused(seen, OFFER)
    offer = tried.must_be("ONBOARD_REQUIRED")
    must(offer.body.get("identity") == sender(tried), "`identity` is not the sender", offer)
    methods = offer.body.get("methods")
    must(methods in METHODS, f"`methods` is {methods!r}", offer)
    priced = "payment_amount" in offer.body
    must(priced == ("payment" in (methods or ())), "`payment_amount` and `methods` differ", offer)
    if priced:
        amount, known = offer.body["payment_amount"], seen.fact("payment")
        must(is_number(amount), "`payment_amount` is no number", offer)
        right = known is None or float(known) == amount
        must(right, f"`payment_amount` is {amount!r}, the policy says {known}", offer)


@check("CO-WS-25", refused_without_a_way_in)
def test_without_a_way_in_a_refusal_is_an_error(seen: Seen) -> None:
    accepted(seen, STRICT_TWIN, "OUTPUT")
    attempted(seen, STRICT).must_be_refused("forbidden")


@check("CO-WS-26", stranger_comes_in)
def test_a_good_code_lets_a_stranger_in(seen: Seen) -> None:
    tried = attempted(seen, WELCOME)
    welcome = tried.must_be("ONBOARD_SUCCESS")
    must(welcome.body.get("identity") == sender(tried), "`identity` is not the sender", welcome)
    must(welcome.body.get("level") == "contact", "`level` is not contact", welcome)
    must(isinstance(welcome.body.get("message"), str), "`message` is no text", welcome)
    attempted(seen, COMES_IN).must_be("OUTPUT")


@check("CO-WS-48", stranger_comes_in)
def test_the_refused_prompt_can_be_sent_again_byte_for_byte(seen: Seen) -> None:
    refused(seen, OFFER)
    accepted(seen, WELCOME, "ONBOARD_SUCCESS")
    attempted(seen, SAME_AGAIN).must_be("OUTPUT")


@check("CO-WS-27", wrong_codes, cases=tuple(WRONG_CODES))
def test_a_wrong_code_changes_nothing(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_error("Invalid invite code")
    must_be_a_stranger(seen, AFTER_WRONG)
    after = attempted(seen, f"{AFTER_WRONG}: answer")
    must(after.came.type in {"ONBOARD_REQUIRED", "OUTPUT"}, "it was not answered", after.came)


@check("CO-WS-28", nothing_submitted, cases=tuple(NOTHING))
def test_who_submits_nothing_is_told_what_is_needed(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_error("invite_code or payment required")


@check("CO-WS-29", blocked_caller)
def test_who_is_blocked_cannot_come_in(seen: Seen) -> None:
    accepted(seen, NOT_BLOCKED, "ONBOARD_SUCCESS")
    attempted(seen, BLOCKED).must_be_refused("forbidden")


@check("CO-WS-50", blocked_caller)
def test_who_is_blocked_is_offered_no_way_in(seen: Seen) -> None:
    attempted(seen, BLOCKED_PROMPT).must_be_refused("forbidden")


@check("CO-WS-30", forged_submissions, cases=FORGED)
def test_a_forged_submission_is_refused(seen: Seen, case: str) -> None:
    accepted(seen, f"{AFTER_FORGED}: answer", "ONBOARD_SUCCESS")
    attempted(seen, case).must_be_refused("unauthorized")
    must_be_a_stranger(seen, AFTER_FORGED)


@check("CO-WS-49", submission_repeated)
def test_a_submission_is_good_for_once(seen: Seen) -> None:
    accepted(seen, USED, "ONBOARD_SUCCESS")
    again = attempted(seen, USED_AGAIN)
    if again.answer is not None:
        must(again.answer.type != "ONBOARD_SUCCESS", "it was taken again", again.answer)
    must_be_a_stranger(seen, f"{USED_AGAIN}: level")
