"""What a worker does when its token is refused: RXON-AUTH-06, -07, -10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.rxon import scenarios_worker_tokens as tokens
from conformance.rxon.employer import INTERVALS
from conformance.rxon.hearing import (
    CASE,
    exchanges,
    header_of,
    must_wait,
    said,
)
from conformance.rxon.test_worker import is_signed

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

BOUGHT = tokens.a_certificate_that_buys_tokens
EXPIRED, NONE = tokens.a_token_that_has_expired, tokens.a_token_service_that_has_none
UNAUTHORIZED = 401


def refused_poll(seen: Seen, tag: str) -> Answer:
    """Return the poll that was answered 401 after a note."""
    note = seen.noted(tag)
    for each in exchanges(seen, "poll"):
        if each.request.number > note.number and each.status == UNAUTHORIZED:
            return each
    raise Unmet("the worker did not poll", note)


def later(seen: Seen, kind: str, one: Answer) -> list[Answer]:
    """Return the requests of a kind that came after another's answer."""
    return [each for each in exchanges(seen, kind) if each.request.number > one.reply.number]


@check("RXON-AUTH-06", EXPIRED)
def test_a_refused_token_is_replaced_and_the_request_repeated(seen: Seen) -> None:
    refused = refused_poll(seen, "refused")
    asked = later(seen, "token", refused)
    if len(asked) != 1:
        evidence = [event for each in asked for event in each.evidence]
        raise Broken(
            f"the worker asked for a token {len(asked)} times", *refused.evidence, *evidence
        )
    old, new = seen.fact("token"), seen.noted("issued").data["token"]
    if header_of(asked[0].request, "X-Worker-Token") != old:
        raise Broken("the worker asked for a token without showing the old one", *asked[0].evidence)
    repeated = [e for e in said(seen, "poll") if e.number > asked[0].reply.number]
    if not repeated:
        raise Broken("the poll was not repeated", *asked[0].evidence)
    if header_of(repeated[0], "X-Worker-Token") != new:
        raise Broken(
            "the poll was not repeated with the new token", *asked[0].evidence, repeated[0]
        )
    if repeated[0].data["target"] != refused.request.data["target"]:
        raise Broken("another poll came instead of the same", *refused.evidence, repeated[0])


@check("RXON-AUTH-07", NONE, cases=tuple(tokens.NO_TOKEN))
def test_without_a_token_a_request_is_not_repeated(seen: Seen, case: str) -> None:
    refused = next((each for each in exchanges(seen, "poll") if each.header(CASE) == case), None)
    if refused is None:
        raise Unmet("the worker had stopped polling before")
    asked = later(seen, "token", refused)
    if not asked:
        raise Unmet("the worker did not ask for a token (RXON-AUTH-06)", *refused.evidence)
    again = later(seen, "poll", refused)
    if not again:
        raise Broken("the worker does not poll any more", *refused.evidence, *asked[0].evidence)
    if again[0].request.number < asked[0].reply.number:
        raise Broken("the poll was repeated before there was a token", *again[0].evidence)
    delay = seen.fact("idle_delay", INTERVALS["idle_delay"])
    must_wait(asked[0], again[0], delay, "the request was repeated although there is no token")


@check("RXON-AUTH-10", EXPIRED, cases=("heartbeat", "result"))
def test_messages_stay_verifiable_after_a_token_was_refused(seen: Seen, kind: str) -> None:
    must_be_signed_with_the_secret(seen, kind)


@check("RXON-AUTH-10", BOUGHT, cases=("heartbeat over TLS", "result over TLS"))
def test_messages_stay_verifiable_after_a_token_was_changed(seen: Seen, case: str) -> None:
    must_be_signed_with_the_secret(seen, case.partition(" ")[0])


def must_be_signed_with_the_secret(seen: Seen, kind: str) -> None:
    """Demand that an access token is shown, and signs nothing."""
    new, secret = seen.noted("issued").data["token"], seen.fact("token")
    events = [e for e in said(seen, kind) if header_of(e, "X-Worker-Token") == new]
    if not events:
        raise Unmet(f"the worker sent no {kind} with the new token (RXON-AUTH-06)")
    for event in events:
        if is_signed(event, kind, new):
            raise Broken(f"the {kind} is signed with the new token, not with the secret", event)
        if not is_signed(event, kind, secret):
            raise NotObserved(f"the {kind} is signed with neither (RXON-SIG-06)", event)
