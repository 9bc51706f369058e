"""Going: NEURON-NRN-STOP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_stopping as scenes
from conformance.neuron.gatekeeper import DRAIN_TIMEOUT
from conformance.neuron.hearing import (
    POSTS,
    cancel_of,
    is_a,
    lease,
    must_be_acked,
    must_be_nacked,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

DRAIN, DAY = scenes.draining, connection.an_ordinary_day
IDLE = 1.0  # seconds: NEURON-NRN-STOP-06
LATE = 1.0  # seconds that a busy machine may add
ON_ITS_WAY = 0.5  # seconds that a POST from before may take
EARLY = 0.9  # of the drain timeout
GONE = "the client has gone"  # the stage's own note


def closed(seen: Seen) -> Event:
    """Return the end that the neuron itself made of its last stream."""
    ends = list(seen.events_of("http.end"))
    told = seen.noted(scenes.GOES)
    if not ends or ends[-1].number < told.number:
        raise Broken("the neuron did not close its stream", told)
    return ends[-1]


@check("NEURON-NRN-STOP-01", DRAIN)
def test_running_leases_finish_before_the_stream_is_closed(seen: Seen) -> None:
    for about in ("a running lease", "a lease that holds the slot"):
        event = must_be_acked(seen, lease(seen, about))
        if event.number > closed(seen).number:
            raise Broken("the stream was closed before the ack", closed(seen), event)


@check("NEURON-NRN-STOP-02", DRAIN)
def test_late_leases_are_nacked(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a lease that comes late"), "retryable")


@check("NEURON-NRN-STOP-03", DRAIN)
def test_waiting_leases_are_nacked(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a lease that waits"), "retryable")


@check("NEURON-NRN-STOP-04", scenes.a_deadline)
def test_at_the_deadline_the_rest_is_aborted(seen: Seen) -> None:
    told = seen.noted(scenes.GOES)
    event = must_be_nacked(seen, lease(seen, "a lease that lasts too long"), "cancelled")
    if event.time - told.time < EARLY * scenes.DEADLINE:
        raise Broken("the lease was aborted before the deadline", told, event)


@check("NEURON-NRN-STOP-05", DRAIN)
def test_no_post_follows_the_end_of_the_stream(seen: Seen) -> None:
    end = closed(seen)
    late = [e for e in seen.events if e.time > end.time + ON_ITS_WAY and is_a(*POSTS)(e)]
    if late:
        raise Broken("the neuron goes on after it has closed its stream", end, *late)


@check("NEURON-NRN-STOP-06", DAY)
def test_an_idle_neuron_stops_at_once(seen: Seen) -> None:
    told, gone = seen.noted(scenes.GOES), seen.noted(GONE)
    took = gone.time - told.time
    if took > IDLE + LATE:
        raise Broken(f"it took {took:.1f} s", told, gone)
    if gone.data["code"] not in {0, None}:
        raise Broken(f"the process ended with {gone.data['code']}", gone)


@check("NEURON-NRN-STOP-07", DRAIN)
def test_a_cancel_is_honoured_while_the_neuron_stops(seen: Seen) -> None:
    note, told = lease(seen, "a lease to be called off"), seen.noted(scenes.GOES)
    event = must_be_nacked(seen, note, "cancelled")
    drain = float(seen.fact("drain_timeout", DRAIN_TIMEOUT))
    if cancel_of(seen, note).time - told.time > drain / 2:
        raise NotObserved("the cancel was written when the neuron was about to abort everything")
    if event.time - told.time > EARLY * drain:
        raise Broken("the cancel was not heeded before the neuron aborted everything", told, event)


@check("NEURON-NRN-STOP-08", scenes.a_stubborn_handler)
def test_no_handler_holds_a_neuron_back(seen: Seen) -> None:
    told = seen.noted(scenes.GOES)
    gone = next((e for e in seen.events if e.tag == GONE), None)
    if gone is None:
        raise NotObserved("the conversation ended before the neuron did")
    took = gone.time - told.time
    if gone.data["code"] not in {0, None}:
        raise Broken(f"the process ended with {gone.data['code']}: it had to be killed", gone)
    if took > (scenes.DEADLINE + scenes.STUBBORN) / 2 + LATE:
        raise Broken(f"the neuron stopped after {took:.1f} s", told, gone)
