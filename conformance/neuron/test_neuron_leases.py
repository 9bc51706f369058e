"""What becomes of leases: NEURON-NRN-LEASE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_leases as scenes
from conformance.neuron import scenarios_neuron_properties as properties
from conformance.neuron import scenarios_neuron_slow as slow
from conformance.neuron.hearing import (
    OPEN,
    body_of,
    endings,
    granted,
    is_about,
    kind_of,
    lease,
    leases,
    must_be_acked,
    must_be_nacked,
    paired,
    the_end,
    told_at,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

FULL, KINDS = scenes.a_full_house, scenes.all_kinds_of_leases
EARLY = 0.9  # of a time that a handler sleeps: a timer may fire a little early


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is not 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def order_of(seen: Seen, notes: list[Event]) -> list[int]:
    """Return the places of leases in the order in which they ended."""
    ends = [told_at(the_end(seen, note)) for note in notes]
    return sorted(range(len(notes)), key=lambda place: ends[place])


@check("NEURON-NRN-LEASE-01", KINDS, connection.behind_a_gateway)
def test_every_lease_ends_once(seen: Seen) -> None:
    for written, lease_id in granted(seen):
        found = [event for event in seen.events if is_about(lease_id)(event)]
        if len(found) != 1:
            raise Broken(f"a lease ended {len(found)} times", written, *found)
    names = [f"input {number}" for number in range(len(scenes.INPUTS))]
    for note in leases(seen, *names):
        the_end(seen, note)


@property_check(
    "NEURON-NRN-LEASE-01",
    for_all="conformance.neuron.strategies_neuron:lives",
    played_by=properties.live_through,
    examples=8,
)
def test_every_lease_ends_once_whatever_happens(seen: Seen, *_example: object) -> None:
    for note in leases(seen, properties.LIVED):
        the_end(seen, note)


@check("NEURON-NRN-LEASE-02", KINDS)
def test_an_unknown_capability_is_nacked_as_retryable(seen: Seen) -> None:
    note = lease(seen, "a lease for a capability that is not there")
    must_be_nacked(seen, note, "retryable")


@check("NEURON-NRN-LEASE-03", FULL)
def test_no_more_leases_run_than_there_are_slots(seen: Seen) -> None:
    notes = leases(seen, "one lease more than conf/ctl has slots")
    last = max((must_be_acked(seen, note) for note in notes), key=lambda event: event.number)
    if last.time - notes[0].time < EARLY * 2 * scenes.SHORT:
        raise Broken("three leases of two slots ran at once", *notes, last)


@check("NEURON-NRN-LEASE-04", FULL)
def test_waiting_leases_run_in_order(seen: Seen) -> None:
    notes = leases(seen, "a lease that fills conf/serial", "leases that wait")
    if order_of(seen, notes) != list(range(len(notes))):
        raise Broken("the leases ended in another order", *[the_end(seen, n) for n in notes])


@check("NEURON-NRN-LEASE-05", FULL)
def test_a_full_capability_keeps_no_other_waiting(seen: Seen) -> None:
    full = must_be_acked(seen, lease(seen, "a lease that fills conf/serial"))
    event = must_be_acked(seen, lease(seen, "a lease of another capability meanwhile"))
    if told_at(event) > told_at(full):
        raise Broken("a lease of another capability had to wait", full, event)


@check("NEURON-NRN-LEASE-06", KINDS)
def test_input_reaches_the_handler_unchanged(seen: Seen) -> None:
    for number, given in enumerate(scenes.INPUTS):
        event = must_be_acked(seen, lease(seen, f"input {number}"))
        if not same(body_of(event).get("output"), {"echo": given}):
            raise Broken(f"the input {given!r} came back otherwise", event)


@check("NEURON-NRN-LEASE-07", KINDS, cases=tuple(scenes.OPTIONAL))
def test_optional_members_may_be_absent_or_null(seen: Seen, about: str) -> None:
    must_be_acked(seen, lease(seen, about))


@check("NEURON-NRN-LEASE-08", KINDS)
def test_a_lease_may_come_again_and_have_metadata(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a lease that was delivered before"))


@check("NEURON-NRN-LEASE-09", FULL)
def test_a_running_handler_stops_no_reading(seen: Seen) -> None:
    long = must_be_acked(seen, lease(seen, "a lease beside them"))
    event = must_be_acked(seen, lease(seen, "a lease of the same capability meanwhile"))
    if told_at(event) > told_at(long):
        raise Broken("a lease was answered only after a handler had returned", long, event)


@check("NEURON-NRN-LEASE-10", slow.a_slow_gateway)
def test_a_slow_nack_delays_no_other_lease(seen: Seen) -> None:
    nack = the_end(seen, lease(seen, "a slow nack"))
    answer = paired(seen.events).get(nack.number)
    event = must_be_acked(seen, lease(seen, slow.BEHIND))
    if answer is None:
        raise NotObserved("the nack was not answered")
    if event.number > answer.reply.number:
        raise Broken("a lease had to wait for the answer to a nack", *answer.evidence, event)


@check("NEURON-NRN-LEASE-11", KINDS)
def test_a_lease_that_runs_is_not_executed_twice(seen: Seen) -> None:
    note = lease(seen, "a lease that is sent twice")
    acks = [e for e in seen.events if is_about(note.data["lease_id"], "ack")(e)]
    if len(acks) > 1:
        raise Broken("the lease was executed twice", note, *acks)
    must_be_acked(seen, note)


@check("NEURON-NRN-LEASE-12", KINDS)
def test_an_expired_lease_does_no_harm(seen: Seen) -> None:
    note = lease(seen, "a lease that expired long ago")
    if len(endings(seen, note)) > 1:
        raise Broken("the lease ended more than once", *endings(seen, note))
    later = (event for event in seen.events if event.number > note.number)
    if again := next((event for event in later if kind_of(event) == OPEN), None):
        raise Broken("the neuron gave its stream up", note, again)
    must_be_acked(seen, lease(seen, "a lease after an expired one"))


@check("NEURON-NRN-LEASE-13", FULL)
def test_hundreds_of_leases_are_answered(seen: Seen) -> None:
    for note in leases(seen, "many leases"):
        must_be_acked(seen, note)
