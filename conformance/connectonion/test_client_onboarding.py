"""CO-CLIENT: how a client makes itself known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_client_onboarding as scenes
from conformance.connectonion.calls import call
from conformance.connectonion.test_client_conversation import must_be_of_now, signed_payload
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRANGERS = scenes.two_strangers


@check("CO-CLIENT-13", STRANGERS)
def test_a_stranger_presents_its_code_and_asks_again(seen: Seen) -> None:
    told = call(seen, scenes.WELCOME)
    (submission, *more) = told.frames("ONBOARD_SUBMIT")
    if more:
        raise Broken("the code was presented twice", submission.event, more[0].event)
    payload = signed_payload(submission)
    must_be_of_now(seen, submission, payload)
    if payload.get("invite_code") != seen.fact("invite_code"):
        raise Broken("`invite_code` is not the one that it was given", submission.event)
    first, *again = told.inputs
    if len(again) != 1:
        raise Broken(f"the prompt came {len(again)} times after ONBOARD_SUCCESS", first.event)
    if first.body.get("prompt") != again[0].body.get("prompt"):
        raise Broken("another prompt came after ONBOARD_SUCCESS", first.event, again[0].event)
    told.must_bring(seen.noted(f"result of {scenes.WELCOME}").data["result"])


@check("CO-CLIENT-14", STRANGERS)
def test_a_refused_code_ends_the_call(seen: Seen) -> None:
    call(seen, scenes.WRONG).must_fail(scenes.REFUSED)
