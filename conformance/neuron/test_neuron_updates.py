"""Concurrency that changes: NEURON-NRN-UPD, and a change of what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.neuron import scenarios_neuron_updates as scenes
from conformance.neuron.hearing import (
    body_of,
    exchanges_of,
    kind_of,
    lease,
    must_be_acked,
    must_be_nacked,
    said,
    the_end,
    told_at,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

CHANGES = scenes.changes


def told(event: Event) -> dict[str, Any]:
    """Return the capability in an update-capability."""
    capability = body_of(event).get("capability")
    return capability if isinstance(capability, dict) else {}


def registered(event: Event, type: str) -> dict[str, Any]:  # noqa: A002  (the frame's own word)
    """Return a capability in a register."""
    listed = body_of(event).get("capabilities") or []
    found = (each for each in listed if isinstance(each, dict) and each.get("type") == type)
    return next(found, {})


@check("NEURON-NRN-UPD-01", CHANGES)
def test_a_change_is_told_with_the_whole_capability(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a raised concurrency"))
    first = said(seen, "register")[0]
    whole = {**registered(first, "conf/serial"), "concurrency": scenes.RAISED}
    for event in seen.matching(lambda event: kind_of(event) == "update-capability"):
        body = body_of(event)
        if set(body) != {"type", "neuronId", "capability"} or told(event) != whole:
            raise Broken(f"the change was told as {body!r}, not with {whole!r}", event)
        if body["neuronId"] != body_of(first).get("neuronId"):
            raise Broken("the change is told of another neuron", event)
        return
    raise Broken("no update-capability came")


@check("NEURON-NRN-UPD-02", CHANGES)
def test_later_registers_carry_the_change(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a raised concurrency"))
    _, *later = said(seen, "register")
    if not later:
        raise Broken("the neuron did not register again", *said(seen, "register"))
    concurrency = registered(later[0], "conf/serial").get("concurrency")
    if concurrency != scenes.RAISED:
        raise Broken(f"the next register carries the concurrency {concurrency!r}", later[0])


@check("NEURON-NRN-UPD-03", CHANGES)
def test_a_raised_concurrency_holds_for_later_leases(seen: Seen) -> None:
    long = must_be_acked(seen, lease(seen, "a lease after the change"))
    short = must_be_acked(seen, lease(seen, "a lease beside it"))
    if told_at(short) > told_at(long):
        raise Broken("two leases ran one after the other all the same", long, short)


@check("NEURON-NRN-UPD-04", CHANGES)
def test_a_change_counts_what_runs_already(seen: Seen) -> None:
    before = must_be_acked(seen, lease(seen, "a lease before the change"))
    second = must_be_acked(seen, lease(seen, "a lease in the new slot"))
    third = must_be_acked(seen, lease(seen, "a lease too many"))
    if told_at(third) < min(told_at(before), told_at(second)):
        raise Broken("three leases ran at once in two slots", before, second, third)


@check("NEURON-NRN-UPD-05", CHANGES)
def test_no_concurrency_below_one_is_told(seen: Seen) -> None:
    the_end(seen, lease(seen, "an impossible change"))
    for event in said(seen, "update-capability", "register"):
        listed = [told(event)] if kind_of(event) == "update-capability" else []
        listed += body_of(event).get("capabilities") or []
        if any(each.get("concurrency", 1) < 1 for each in listed):
            raise Broken("a concurrency below 1 was told", event)


@check("NEURON-NRN-UPD-06", CHANGES)
def test_a_refused_change_does_no_harm(seen: Seen) -> None:
    refused = [each for each in exchanges_of(seen, "update-capability") if each.status == 403]
    if not refused:
        raise Broken("no change was told that could be refused")
    must_be_acked(seen, lease(seen, "a lease after a refused change"))


@check("NEURON-NRN-LIB-05", CHANGES)
def test_a_change_of_nothing_is_an_error_and_sends_nothing(seen: Seen) -> None:
    must_be_nacked(seen, lease(seen, "a change of nothing"), "retryable")
    for event in said(seen, "update-capability"):
        if told(event).get("type") == "conf/nowhere":
            raise Broken("a change was told of what was never registered", event)
