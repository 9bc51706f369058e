"""How a neuron shows who it is: NEURON-NRN-AUTH."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_opening as opening
from conformance.neuron.hearing import (
    OPEN,
    bearer,
    body_of,
    exchanges_of,
    is_about,
    kind_of,
    lease,
    said,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

AT_ONCE = 3.0  # seconds that something may take on a busy machine and still be at once
EARLY = 0.9  # of a delay: a timer may fire a little early
DOORMAN = opening.a_forgetful_doorman
ABOUT_LEASES = ("ack", "nack", "progress")


def counted(seen: Seen) -> None:
    """Demand that the neuron counts its tokens: otherwise a fresh one cannot be told."""
    if not seen.fact("counted_tokens"):
        raise NotObserved("this neuron's tokens do not show when they were asked for")


def number_of(event: Event) -> int:
    """Return which call of the token provider a request's token came from."""
    _, _, count = bearer(event).rpartition("-")
    if not count.isdecimal():
        raise Broken(f"the bearer {bearer(event)!r} is not counted", event)
    return int(count)


def same_post(each: Answer, other: Answer) -> bool:
    """Whether two requests say the same."""
    return kind_of(each.request) == kind_of(other.request) and body_of(each.request) == body_of(
        other.request
    )


def tries_of(seen: Seen, kind: str, word: str) -> list[Answer]:
    """Return the tries of the first POST of a kind that was answered 401 so often.

    Where the POST is about a lease, ``word`` says which.
    """
    posts = exchanges_of(seen, kind)
    if kind in ABOUT_LEASES:
        about = is_about(lease(seen, f"{word} for the {kind}").data["lease_id"], kind)
        return [each for each in posts if about(each.request)]
    groups: list[list[Answer]] = []  # tries of the same, between which others may come
    for each in posts:
        before = (group for group in reversed(groups) if _is_try(seen, group[-1], each))
        if (group := next(before, None)) is not None:
            group.append(each)
        else:
            groups.append([each])
    wanted = 1 if word == "401" else 2
    refused = (group for group in groups if group[0].status == 401)
    return next((g for g in refused if sum(e.status == 401 for e in g) >= wanted), [])


def _is_try(seen: Seen, before: Answer, each: Answer) -> bool:
    """Whether a request repeats the one before: every stream has its own register, the same."""
    opened = any(
        kind_of(event) == OPEN
        for event in seen.events
        if before.request.number < event.number < each.request.number
    )
    return same_post(before, each) and not opened


@check("NEURON-NRN-AUTH-01", connection.an_ordinary_day)
def test_every_request_has_a_token_of_its_own(seen: Seen) -> None:
    counted(seen)
    used: dict[int, Event] = {}
    for event in seen.events_of("http.request"):
        number = number_of(event)
        if number in used:
            raise Broken("two requests carry the same token", used[number], event)
        used[number] = event


@check("NEURON-NRN-AUTH-02", opening.a_reluctant_gateway)
def test_a_401_at_the_door_is_answered_with_a_fresh_token(seen: Seen) -> None:
    opens = exchanges_of(seen, OPEN)
    refusals = [place for place, each in enumerate(opens) if each.status == 401]
    place = refusals[0] if refusals else None
    if place is None:
        raise NotObserved("no single 401 was met")
    if place + 1 >= len(opens):
        raise Broken("no second GET followed the 401", *opens[place].evidence)
    first, second = opens[place : place + 2]
    # After so many failures the delay would be long: at once is well before it is over.
    gap, delay = second.request.time - first.reply.time, float(seen.fact("reconnect_delay", 0.5))
    if gap > EARLY * delay * 2 ** (opening.FAILURES + 1):
        raise Broken(f"the second GET came after {gap:.2f} s", first.reply, second.request)
    if seen.fact("counted_tokens") and number_of(second.request) <= number_of(first.request):
        raise Broken("the second GET carries no fresh token", first.request, second.request)


@check("NEURON-NRN-AUTH-03", opening.a_reluctant_gateway)
def test_a_second_401_at_the_door_leads_to_a_delay(seen: Seen) -> None:
    opens = exchanges_of(seen, OPEN)
    # By now it has grown more than that, which is the matter of NEURON-NRN-RECON-03.
    delay = 2 * float(seen.fact("reconnect_delay", 0.5))
    for first, second, third in zip(opens, opens[1:], opens[2:], strict=False):
        if first.status == second.status == 401:
            gap = third.request.time - second.reply.time
            if gap < EARLY * delay:
                raise Broken(f"a third GET came after {gap:.3f} s", third.request)
            return
    raise Broken("two 401 in a row were not met", *said(seen, OPEN))


@check("NEURON-NRN-AUTH-04", DOORMAN, cases=opening.FORGOTTEN)
def test_a_401_makes_a_post_come_once_more(seen: Seen, kind: str) -> None:
    tries = tries_of(seen, kind, "401")
    if not tries:
        raise NotObserved(f"no {kind} was answered 401 once")
    first, *again = tries
    if len(again) != 1:
        raise Broken(f"the {kind} was repeated {len(again)} times", *first.evidence)
    (second,) = again
    if not same_post(first, second):
        raise Broken("the repetition says something else", first.request, second.request)
    if second.request.time - first.reply.time > AT_ONCE:
        raise Broken("the repetition came late", first.reply, second.request)
    if seen.fact("counted_tokens") and number_of(second.request) <= number_of(first.request):
        raise Broken("the repetition carries no fresh token", first.request, second.request)


@check("NEURON-NRN-AUTH-05", DOORMAN, cases=opening.FORGOTTEN)
def test_no_post_comes_a_third_time(seen: Seen, kind: str) -> None:
    tries = tries_of(seen, kind, "always 401")
    if len(tries) < 2:
        raise NotObserved(f"no {kind} was answered 401 twice")
    if len(tries) > 2:
        raise Broken(f"the {kind} was sent {len(tries)} times", *[e.request for e in tries])


@check("NEURON-NRN-AUTH-06", DOORMAN)
def test_two_401_make_the_neuron_connect_again(seen: Seen) -> None:
    tries = tries_of(seen, "ack", "always 401")
    if len(tries) < 2:
        raise NotObserved("no ack was answered 401 twice")
    given_up = tries[-1].reply.number
    later = (e for e in seen.events if e.number > given_up)
    for event in later:
        if kind_of(event) == OPEN:
            return
        if event.kind == "note" and event.data.get("about") == "always 401 for the nack":
            break
    raise Broken("no new stream followed two 401", *tries[-1].evidence)


@check(
    "NEURON-NRN-AUTH-07", DOORMAN, opening.a_gateway_of_many_refusals, cases=(*ABOUT_LEASES, OPEN)
)
def test_a_403_is_not_answered_with_a_fresh_token(seen: Seen, kind: str) -> None:
    if kind == OPEN:
        _never_at_once(seen)
        return
    tries = tries_of(seen, kind, "403")
    if not tries:
        raise NotObserved(f"no {kind} was answered 403")
    if len(tries) > 1:
        raise Broken(f"the {kind} was repeated", *[each.request for each in tries])


def _never_at_once(seen: Seen) -> None:
    delay = float(seen.fact("reconnect_delay", 0.5))
    where = opening.a_gateway_of_many_refusals.name
    opens = [each for each in exchanges_of(seen, OPEN) if each.request.scenario == where]
    for each, following in pairwise(opens):
        gap = following.request.time - each.reply.time
        if each.status == 403 and gap < EARLY * delay:
            raise Broken("another GET followed the 403 at once", each.reply, following.request)


@check("NEURON-NRN-AUTH-08", opening.a_neuron_without_a_token)
def test_a_failing_provider_is_asked_again_after_a_delay(seen: Seen) -> None:
    begun = seen.noted("the client may come")
    first = said(seen, OPEN)[0]
    counted(seen)
    if number_of(first) != opening.TOKEN_FAILURES + 1:
        raise Broken(f"the first GET carries token {number_of(first)}", first)
    # The delays double; the note of the begin may be late by some of them.
    least = float(seen.fact("reconnect_delay", 0.5)) * 2 ** (opening.TOKEN_FAILURES - 1)
    if first.time - begun.time < least:
        raise Broken("the token provider was asked again without a delay", first)
