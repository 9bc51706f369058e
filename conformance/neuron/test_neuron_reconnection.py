"""Coming back: NEURON-NRN-RECON."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.kit.judging.seen import Seen
from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_opening as opening
from conformance.neuron import scenarios_neuron_properties as properties
from conformance.neuron import scenarios_neuron_reconnection as scenes
from conformance.neuron import scenarios_neuron_streams as streams
from conformance.neuron.hearing import (
    OPEN,
    body_of,
    endings,
    exchanges_of,
    is_a,
    kind_of,
    lease,
    must_be_acked,
    must_be_nacked,
    paired,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.transcript import Event

RELUCTANT, RESTART = opening.a_reluctant_gateway, scenes.a_restart
ENDS = ("the last chunk", "a closed connection", "a reset connection", "half a chunk")
REFUSED = {401, 503}  # the failures of a reluctant gateway
EARLY = 0.9  # of a delay: a timer may fire a little early
STILL_LONG = 14  # times the delay; after all the failures it would be 16 times
LATE = 2.0  # seconds that a busy machine may add


def delay(seen: Seen) -> float:
    """Return the seconds before the first attempt to connect again."""
    return float(seen.fact("reconnect_delay", 0.5))


def delay_of(seen: Seen, scenario: str) -> float:
    """Return the same of the neuron in one conversation."""
    own = [event for event in seen.events if event.scenario == scenario]
    return float(Seen(own, seen.facts).fact("reconnect_delay", 0.5))


def losses(seen: Seen) -> Iterator[tuple[Event, Event]]:
    """Yield the end of each stream with the attempt that follows it."""
    opened = {event.number for event in seen.events if kind_of(event) == OPEN}
    for event in seen.events:
        if event.kind == "http.end" and event.data["to"] in opened:
            own = (e for e in seen.events if e.scenario == event.scenario)
            later = (e for e in own if e.number > event.number and kind_of(e) == OPEN)
            if (after := next(later, None)) is not None:
                seen.subjects += 1
                yield event, after


@check("NEURON-NRN-RECON-01", streams.how_streams_end, cases=ENDS)
def test_a_new_stream_follows_the_end_of_one(seen: Seen, why: str) -> None:
    if why == "a closed connection" and not endings(seen, lease(seen, streams.CLOSED)):
        raise NotObserved("the neuron does not serve a stream that ends with its connection")
    ended, others = seen.noted(why), set(ENDS) - {why}
    later = [event for event in seen.events if event.number > ended.number]
    limit = next((e.number for e in later if e.tag in others), later[-1].number)
    if not any(kind_of(event) == OPEN and event.number < limit for event in later):
        raise Broken(f"no new stream followed {why}", ended)


@check("NEURON-NRN-RECON-02", opening.a_short_absence, RELUCTANT)
def test_the_first_attempt_comes_after_the_delay(seen: Seen) -> None:
    first: dict[str, tuple[Event, Event]] = {}
    for end, attempt in losses(seen):
        first.setdefault(end.scenario, (end, attempt))
    for scenario, (end, attempt) in first.items():
        wanted = delay_of(seen, scenario)
        gap = attempt.time - end.time
        if not EARLY * wanted <= gap <= wanted + LATE:
            raise Broken(f"an attempt {gap:.3f} s after the loss of a stream", end, attempt)


@check("NEURON-NRN-RECON-03", RELUCTANT)
def test_failures_double_the_delay(seen: Seen) -> None:
    opens = exchanges_of(seen, OPEN)
    failed = [place for place, each in enumerate(opens) if each.status == 503][: opening.FAILURES]
    if len(failed) < opening.FAILURES or failed[-1] + 1 >= len(opens):
        raise Broken("the neuron did not come back after every failure", *said(seen, OPEN))
    for count, place in enumerate(failed, start=1):
        gap = opens[place + 1].request.time - opens[place].reply.time
        if gap < EARLY * delay(seen) * 2**count:
            raise Broken(f"only {gap:.3f} s after failure {count}", opens[place + 1].request)
        if gap > delay(seen) * 2**count * 1.5 + LATE:
            raise Broken(f"as much as {gap:.1f} s after failure {count}", opens[place + 1].request)


@check("NEURON-NRN-RECON-04", RELUCTANT)
def test_a_stream_that_opens_sets_the_delay_back(seen: Seen) -> None:
    opens = exchanges_of(seen, OPEN)
    recovered = {
        after.request.number
        for before, after in pairwise(opens)
        if before.status in REFUSED and after.status not in REFUSED
    }
    later = [pair for pair in losses(seen) if pair[0].data["to"] in recovered]
    if not later:
        raise NotObserved("no stream opened after failures")
    # The shortest: a busy machine may make any one of them long.
    end, attempt = min(later, key=lambda pair: pair[1].time - pair[0].time)
    gap = attempt.time - end.time
    if gap > STILL_LONG * delay(seen):
        raise Broken(f"the delay after a new stream is still {gap:.1f} s", end, attempt)


@check(
    "NEURON-NRN-RECON-05",
    opening.a_gateway_of_many_refusals,
    cases=("cut", *map(str, opening.REFUSALS)),
)
def test_every_failed_opening_is_tried_again(seen: Seen, how: str) -> None:
    opens = exchanges_of(seen, OPEN)
    met = [place for place, each in enumerate(opens) if how in {each.failure, str(each.status)}]
    if not met:
        raise NotObserved(f"no opening met {how}")
    (place,) = met[:1]
    if place + 1 >= len(opens):
        raise Broken(f"no attempt followed {how}", *opens[place].evidence)
    gap = opens[place + 1].request.time - opens[place].reply.time
    if gap < EARLY * delay(seen):
        raise Broken(f"an attempt followed {how} after {gap:.3f} s", opens[place + 1].request)


@check("NEURON-NRN-RECON-06", streams.how_streams_end)
def test_each_new_stream_is_followed_by_the_same_register(seen: Seen) -> None:
    first, *later = said(seen, "register")
    if not later:
        raise Broken("the neuron registered once", first)
    for event in later:
        if body_of(event) != body_of(first):
            raise Broken("a later register says something else", first, event)


@check("NEURON-NRN-RECON-07", RESTART)
def test_handlers_outlive_the_stream(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a lease that outlives its stream"))


@check("NEURON-NRN-RECON-09", RESTART)
def test_a_neuron_serves_again_after_a_restart(seen: Seen) -> None:
    back = seen.noted(scenes.BACK)
    for kind in (OPEN, "register", "heartbeat"):
        if not any(e.number > back.number and is_a(kind)(e) for e in seen.events):
            raise Broken(f"no {kind} came after the restart", back)
    must_be_acked(seen, lease(seen, "a lease after the restart"))


@property_check(
    "NEURON-NRN-RECON-09",
    for_all="conformance.neuron.strategies_neuron:troubles",
    played_by=properties.in_trouble,
    examples=4,
)
def test_a_neuron_serves_again_after_any_trouble(seen: Seen, *_example: object) -> None:
    must_be_acked(seen, lease(seen, properties.AFTERWARDS))


@check("NEURON-NRN-RECON-11", scenes.a_farewell)
def test_a_farewell_for_good_is_heeded(seen: Seen) -> None:
    farewell = seen.noted("farewell")
    for event in seen.events:
        if event.number > farewell.number and kind_of(event) == OPEN:
            raise Broken("the neuron came back", farewell, event)


@check("NEURON-NRN-RECON-12", RESTART)
def test_a_disconnect_alone_harms_nothing(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a lease after a disconnect"))


@check("NEURON-NRN-RECON-13", scenes.a_farewell)
def test_a_revoked_capability_is_given_up(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a lease of a revoked capability"))
    must_be_nacked(seen, lease(seen, "a lease after the revocation"))


@check("NEURON-NRN-RECON-14", RESTART, cases=("an ack that is cut", "an ack that finds nobody"))
def test_a_lost_ack_is_sent_again(seen: Seen, about: str) -> None:
    found, came = endings(seen, lease(seen, about)), paired(seen.events)
    if not any(event.number in came and came[event.number].ok for event in found):
        raise Broken("the ack was lost for ever", lease(seen, about), *found)
