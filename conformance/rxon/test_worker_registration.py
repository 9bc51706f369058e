"""When a worker registers (again): RXON-REG-12, -13 and RXON-HB-16."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_worker_registration as registration
from conformance.rxon.employer import INTERVALS
from conformance.rxon.hearing import (
    EARLY,
    exchanges,
    is_a,
    must_grow,
    must_wait,
    wall,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("RXON-REG-12", registration.a_registration_that_fails)
def test_a_registration_that_fails_is_tried_again_ever_later(seen: Seen) -> None:
    tries = exchanges(seen, "registration")
    count = len(registration.FAILURES)
    if len(tries) <= count:
        events = [event for each in tries for event in each.evidence]
        raise Broken(f"the worker gave up after {len(tries)} tries", *events)
    first = seen.fact("registration_backoff", INTERVALS["registration_backoff"])
    must_wait(tries[0], tries[1], first, "the worker registers again too early")
    gaps = [tries[n + 1].request.time - tries[n].reply.time for n in range(count)]
    must_grow(gaps, first, *tries[: count + 1])


@check("RXON-REG-13", registration.a_registration_that_is_limited, cases=("seconds", "a date"))
def test_a_limited_registration_waits_as_long_as_it_is_told(seen: Seen, case: str) -> None:
    tries = exchanges(seen, "registration")
    note = seen.noted(case)
    if case == "seconds":
        must_wait(tries[0], tries[1], note.data["wait"], "the worker registers again too early")
    elif wall(seen, tries[2].request) < note.data["wall"] - EARLY:
        raise Broken("the worker registers before the date", *tries[1].evidence, tries[2].request)


@check("RXON-HB-16", registration.a_worker_that_is_forgotten, cases=tuple(registration.UNKNOWN))
def test_a_worker_that_is_unknown_registers_again(seen: Seen, way: str) -> None:
    note = seen.noted(f"forgotten: {way}")
    refusals = [
        each
        for each in exchanges(seen, "heartbeat")
        if each.request.number > note.number and each.status in {401, 404}
    ]
    later = seen.matching(lambda e: is_a("registration")(e) and e.number > note.number)
    if refusals and not list(later):
        raise Broken("the worker did not register again", *refusals[0].evidence)
