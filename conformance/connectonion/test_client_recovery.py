"""CO-CLIENT: a result that was computed is had, once, whatever becomes of the connection."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.connectonion import scenarios_client_recovery as scenes
from conformance.connectonion.calls import call, calls
from conformance.connectonion.polls import (
    POLL_ATTEMPTS,
    POLL_INTERVAL,
    SESSIONS,
    polls_at,
    session_id,
)
from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, NotObserved
from reference.connectonion.canonical import escaped
from reference.connectonion.identity import is_signed

if TYPE_CHECKING:
    from conformance.connectonion.calls import Told
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

LOST, TROUBLED, KNOWN = scenes.lost_connections, scenes.troubled_polls, scenes.what_the_host_knows
EARLY = 0.9  # of an interval: a timer may fire a little early


def must_be_found(seen: Seen, about: str) -> None:
    """Demand that a call brought the result that the kit had for it."""
    call(seen, about).must_bring(seen.noted(f"result of {about}").data["result"])


def must_be_asked_once(told: Told) -> None:
    """Demand that the prompt of a run that the host knows of was not sent again."""
    if not told.ours:
        return
    first, *again = told.inputs
    if again:
        raise Broken("the prompt was sent again, and its run is known", first.event, again[0].event)


@check("CO-CLIENT-17", LOST)
def test_a_run_under_way_is_polled_for_until_it_is_done(seen: Seen) -> None:
    must_be_found(seen, scenes.UNDER_WAY)


@check("CO-CLIENT-18", scenes.a_run_without_end)
def test_polls_keep_their_distance_and_come_to_an_end(seen: Seen) -> None:
    told = call(seen, scenes.ENDLESS)
    told.must_be_ours()
    polls = told.polls
    interval = float(seen.fact("poll_interval", POLL_INTERVAL))
    if len(polls) < scenes.ENOUGH:
        raise NotObserved(f"the client polled {len(polls)} times")
    for one, other in pairwise(polls):
        if other.time - one.time < EARLY * interval:
            raise Broken(f"only {other.time - one.time:.2f} s between two polls", one, other)
    if len(polls) > POLL_ATTEMPTS:
        raise Broken(f"the client polled {len(polls)} times", polls[POLL_ATTEMPTS])


@check("CO-CLIENT-19", LOST)
def test_the_session_that_is_polled_was_named_in_the_input(seen: Seen) -> None:
    found = 0
    for told in calls(seen):
        named = {session_id(frame) for frame in told.inputs} - {""}
        for event in filter(polls_at, told.events):
            found += 1
            polled = unquote(event.data["target"].rpartition(SESSIONS)[2])
            if polled not in named:
                raise Broken(f"no INPUT named the session {polled!r}", told.input.event, event)
    if not found:
        raise NotObserved("the client did not poll")


@check("CO-CLIENT-23", LOST, cases=(*scenes.CUTS, scenes.GIVEN))
def test_wherever_a_connection_is_cut_the_one_result_is_had(seen: Seen, where: str) -> None:
    must_be_found(seen, where)
    told = call(seen, where)
    must_be_asked_once(told)
    if where == scenes.GIVEN and told.ours and told.polls:
        raise Broken("a result that had come was polled for", *told.polls[:1])


@property_check(
    "CO-CLIENT-23",
    for_all="conformance.connectonion.strategies_client:cuts",
    played_by=scenes.cut_anywhere,
    examples=12,
)
def test_a_result_survives_any_cut_and_any_trouble(seen: Seen, *_example: object) -> None:
    must_be_found(seen, scenes.LOST)
    must_be_asked_once(call(seen, scenes.LOST))


@check("CO-CLIENT-24", TROUBLED, cases=(*scenes.TROUBLES, scenes.OUTAGE_CASE))
def test_what_is_no_record_ends_nothing(seen: Seen, what: str) -> None:
    must_be_found(seen, what)
    must_be_asked_once(call(seen, what))


@check("CO-CLIENT-25", TROUBLED, cases=tuple(scenes.EMPTY))
def test_an_empty_result_is_one(seen: Seen, what: str) -> None:
    call(seen, what).must_bring(scenes.EMPTY[what])


@check("CO-CLIENT-26", KNOWN)
def test_a_prompt_that_never_arrived_is_not_waited_for(seen: Seen) -> None:
    told = call(seen, scenes.NEVER_CAME)
    event, outcome = told.outcome
    first, *again = told.inputs
    if len(told.polls) > scenes.PATIENT:
        raise Broken(f"{len(told.polls)} polls for what the host does not know", first.event)
    if not again and not outcome.get("error"):
        raise Broken("the prompt did not come again, nor did its call fail", first.event, event)
    if again and session_id(again[0]) != session_id(first):
        raise Broken("it came again for another session", first.event, again[0].event)
    if len(again) > 1:
        raise Broken("it came again more than once", *(frame.event for frame in again))
    if again:
        must_be_found(seen, scenes.NEVER_CAME)


@check("CO-CLIENT-27", KNOWN, cases=(scenes.EARLIER, scenes.TWIN))
def test_an_earlier_result_of_the_session_is_none_of_the_call(seen: Seen, about: str) -> None:
    if about == scenes.TWIN:
        must_be_found(seen, about)
        return
    event, outcome = call(seen, about).outcome
    if outcome.get("result") == "of another prompt":
        raise Broken("the call ended with the result of an earlier prompt", event)


@check("CO-CLIENT-28", KNOWN)
def test_a_run_that_had_begun_is_not_begun_again(seen: Seen) -> None:
    told = call(seen, scenes.FORGOTTEN)
    told.must_be_ours()
    must_be_asked_once(told)
    told.must_fail()


@check("CO-CLIENT-29", KNOWN)
def test_a_host_that_is_not_there_yet_is_asked_later_or_given_up(seen: Seen) -> None:
    told = call(seen, scenes.NOBODY)
    event, outcome = told.outcome
    if outcome.get("error"):
        return
    if not told.frames("INPUT"):
        raise Broken("the call ended without an INPUT and without an error", event)
    must_be_found(seen, scenes.NOBODY)


@check("CO-CLIENT-30", scenes.after_a_restart, cases=(scenes.RECOVERED, scenes.EXPIRED))
def test_a_result_is_brought_back_by_its_session_alone(seen: Seen, about: str) -> None:
    told = call(seen, about)
    told.must_be_ours("recover")
    if about == scenes.EXPIRED:
        told.must_fail()
    else:
        must_be_found(seen, about)


@check("CO-CLIENT-31", KNOWN)
def test_who_asks_for_a_secret_session_is_told(seen: Seen) -> None:
    must_be_found(seen, scenes.PROVEN)
    told = call(seen, scenes.PROVEN)
    signed = [headers for headers in map(headers_of, told.polls) if "x-signature" in headers]
    if not signed:
        raise NotObserved("the client needed no proof")
    sender, signature = signed[-1].get("x-from", ""), signed[-1]["x-signature"]
    payload = {"timestamp": float(signed[-1].get("x-timestamp", "nan"))}
    if sender != told.input.body.get("from"):
        raise Broken("another asks than the one whose session it is", told.polls[-1])
    if not is_signed(escaped(payload), signature, sender):
        raise Broken("the signature is not that of the time in `X-Timestamp`", told.polls[-1])


def headers_of(event: Event) -> dict[str, str]:
    """Return a request's headers by their names in small letters."""
    return {key.lower(): value for key, value in event.data["headers"]}
