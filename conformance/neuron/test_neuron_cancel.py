"""What a cancel does: NEURON-NRN-CANCEL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_cancels as scenes
from conformance.neuron.hearing import (
    OPEN,
    body_of,
    cancel_of,
    endings,
    kind_of,
    lease,
    must_be_acked,
    must_be_nacked,
    paired,
    the_end,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

OFF = scenes.calling_off
PROMPTLY = 1.0  # seconds: NEURON-NRN-CANCEL-01
LATE = 3.0  # seconds that a busy machine may add


def first_end(seen: Seen, note: Event) -> Event:
    """Return the first ack or nack of a lease; that there is one only is NEURON-NRN-CANCEL-03."""
    found = endings(seen, note)
    if not found:
        raise Broken("no ack or nack came for the lease", note)
    return found[0]


@check("NEURON-NRN-CANCEL-01", OFF)
def test_a_running_lease_is_cancelled_promptly(seen: Seen) -> None:
    note = lease(seen, "a running lease")
    event = first_end(seen, note)
    if (kind_of(event), body_of(event).get("kind")) != ("nack", "cancelled"):
        raise Broken("the cancelled lease ended otherwise", note, event)
    took = event.time - cancel_of(seen, note).time
    if took > PROMPTLY + LATE:
        raise Broken(f"the nack came {took:.1f} s after the cancel", event)


@check("NEURON-NRN-CANCEL-02", OFF)
def test_a_cancelled_lease_has_its_code(seen: Seen) -> None:
    event = first_end(seen, lease(seen, "a running lease"))
    if body_of(event).get("code") != "CANCELLED":
        raise Broken(f"the code is {body_of(event).get('code')!r}", event)


@check("NEURON-NRN-CANCEL-03", OFF)
def test_a_cancelled_lease_ends_once(seen: Seen) -> None:
    for about in ("a running lease", "a nack under way"):
        the_end(seen, lease(seen, about))


@check("NEURON-NRN-CANCEL-04", OFF)
def test_a_useless_cancel_is_ignored(seen: Seen) -> None:
    note = lease(seen, "a lease after useless cancels")
    must_be_acked(seen, note)
    beside = lease(seen, "a lease beside it")
    if len(endings(seen, beside)) > 1:
        raise Broken("a lease that had ended ended again", *endings(seen, beside))
    again = [e for e in seen.events if kind_of(e) == OPEN and e.number > beside.number]
    if again:
        raise Broken("the neuron gave its stream up", *again)


@check("NEURON-NRN-CANCEL-05", OFF)
def test_a_cancelled_lease_frees_its_slot(seen: Seen) -> None:
    holder = lease(seen, "a lease that holds the slot")
    waiting = must_be_acked(seen, lease(seen, "a lease that waits for the slot"))
    if waiting.time - cancel_of(seen, holder).time > scenes.ENDLESS / 2:
        raise Broken("the slot was not free after the cancel", waiting)


@check("NEURON-NRN-CANCEL-06", OFF)
def test_a_cancel_touches_no_other_lease(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a lease beside it"))


@check("NEURON-NRN-CANCEL-07", OFF)
def test_a_waiting_lease_can_be_cancelled(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a lease that waits"))


@check("NEURON-NRN-CANCEL-08", OFF)
def test_a_cancel_may_come_with_its_lease(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a lease with its cancel"), "cancelled")


@check("NEURON-NRN-CANCEL-09", OFF)
def test_a_second_cancel_aborts_no_nack(seen: Seen) -> None:
    nack = next(iter(endings(seen, lease(seen, "a nack under way"))), None)
    if nack is None or kind_of(nack) != "nack":
        raise NotObserved("no nack was under way")
    answer = paired(seen.events).get(nack.number)
    if answer is None or answer.failure:
        raise Broken("the nack was aborted", nack, *(answer.evidence if answer else ()))


@check("NEURON-NRN-CANCEL-10", OFF)
def test_a_cancel_aborts_no_ack_for_nothing(seen: Seen) -> None:
    found = endings(seen, lease(seen, "an ack under way"))
    answers = paired(seen.events)
    if not any(event.number in answers and not answers[event.number].failure for event in found):
        raise Broken("the ack was aborted, and nothing followed", *found)


@check("NEURON-NRN-CANCEL-11", OFF)
def test_a_handler_may_take_no_notice(seen: Seen) -> None:
    event = the_end(seen, lease(seen, "a handler that takes no notice"))
    if kind_of(event) == "nack" and body_of(event).get("kind") != "cancelled":
        raise Broken(f"the nack's kind is {body_of(event).get('kind')!r}", event)
