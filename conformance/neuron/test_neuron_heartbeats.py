"""Signs of life: NEURON-NRN-HB."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_heartbeats as scenes
from conformance.neuron import scenarios_neuron_leases as house
from conformance.neuron import scenarios_neuron_stopping as stopping
from conformance.neuron.hearing import (
    body_of,
    exchanges_of,
    is_accepted,
    kind_of,
    lease,
    leases,
    said,
    the_end,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

DAY, FULL = connection.an_ordinary_day, house.a_full_house
MEMBERS = {"type", "neuronId", "inFlight", "sentAt"}
RUNNING = {"leaseId", "taskId", "startedAt"}
LATE = 2.0  # seconds that a busy machine may add to any interval
EARLY = 0.8  # of an interval
UNANSWERED = timedelta(seconds=0.05)  # while its ack has no answer, a lease may count as running
HELD = "a lease that fills conf/serial"
MEANWHILE = ("a lease of another capability meanwhile", "a lease of the same capability meanwhile")


def interval(seen: Seen) -> float:
    """Return the seconds between two heartbeats."""
    return float(seen.fact("heartbeat_interval", 10.0))


def listed(event: Event) -> list[dict[str, Any]]:
    """Return what a heartbeat lists as in flight."""
    value = body_of(event).get("inFlight")
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Broken(f"`inFlight` is {value!r}", event)
    return value


def ids(event: Event) -> set[str]:
    """Return the leases that a heartbeat lists."""
    return {str(each.get("leaseId")) for each in listed(event)}


def beats_between(seen: Seen, first: int, last: int) -> list[Event]:
    """Return the heartbeats between two events."""
    return [e for e in seen.events if kind_of(e) == "heartbeat" and first < e.number < last]


def meanwhile(seen: Seen) -> list[Event]:
    """Return the heartbeats while conf/serial and conf/ctl were busy, and little else was.

    By the neuron's clock: on a busy machine a heartbeat may arrive long after it was made.
    """
    busy = leases(seen, HELD, "a lease beside them")
    begun = max(_made(the_end(seen, note)) for note in leases(seen, *MEANWHILE)) + UNANSWERED
    ended = min(_made(the_end(seen, note)) for note in busy)
    beats = said(seen, "heartbeat")
    found = [e for e in beats if begun < _instant(body_of(e).get("sentAt")) < ended]
    if not found:
        raise NotObserved("no heartbeat came while the leases ran")
    seen.subjects += len(found)
    return found


@check("NEURON-NRN-HB-01", DAY)
def test_heartbeats_come_at_their_interval(seen: Seen) -> None:
    beats = said(seen, "heartbeat")
    if len(beats) < connection.BEATS:
        raise Broken(f"{len(beats)} heartbeats where {connection.BEATS} were due", *beats)
    for before, after in pairwise(beats):
        gap = after.time - before.time
        if gap > interval(seen) + LATE:
            raise Broken(f"{gap:.1f} s between two heartbeats", before, after)
    told = _instant(body_of(beats[-1]).get("sentAt")) - _instant(body_of(beats[0]).get("sentAt"))
    if told.total_seconds() < EARLY * interval(seen) * (len(beats) - 1):
        raise Broken("the heartbeats come too often", *beats)


@check("NEURON-NRN-HB-02", DAY)
def test_a_heartbeat_has_its_members(seen: Seen) -> None:
    registered = body_of(said(seen, "register")[0]).get("neuronId")
    for event in said(seen, "heartbeat"):
        body = body_of(event)
        if set(body) != MEMBERS or body["neuronId"] != registered or body["type"] != "heartbeat":
            raise Broken("a heartbeat has other members", event)
    last = said(seen, "heartbeat")[-1]
    if listed(last):
        raise Broken("a heartbeat lists something, but nothing runs", last)


@check("NEURON-NRN-HB-03", FULL)
def test_a_heartbeat_lists_what_runs(seen: Seen) -> None:
    running = [lease(seen, about) for about in (HELD, "a lease beside them")]
    # HB-04 is about those that wait; the others have ended just now, and may have been listed yet.
    besides = {note.data["lease_id"] for note in leases(seen, "leases that wait", *MEANWHILE)}
    for event in meanwhile(seen):
        if ids(event) - besides != {note.data["lease_id"] for note in running}:
            raise Broken("the heartbeat does not list exactly what runs", event)
        for each in listed(event):
            note = next((n for n in running if n.data["lease_id"] == each["leaseId"]), None)
            if note is not None and (set(each), each.get("taskId")) != (
                RUNNING,
                note.data["task_id"],
            ):
                raise Broken("a lease in flight has other members", event)
            if _instant(each.get("startedAt")) > _instant(body_of(event).get("sentAt")):
                raise Broken("a lease in flight began after the heartbeat", event)


def _made(event: Event) -> datetime:
    """Return when an ack or a nack was made, by the neuron's clock."""
    body = body_of(event)
    return _instant(body.get("completedAt", body.get("failedAt")))


def _instant(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise NotObserved(f"{text!r} is no instant (NEURON-NRN-RESULT-16)") from None


@check("NEURON-NRN-HB-04", FULL)
def test_a_heartbeat_lists_nothing_that_waits(seen: Seen) -> None:
    waiting = {note.data["lease_id"] for note in leases(seen, "leases that wait")}
    for event in meanwhile(seen):
        if ids(event) & waiting:
            raise Broken("the heartbeat lists leases that wait for a slot", event)


@check("NEURON-NRN-HB-05", DAY)
def test_the_first_heartbeat_comes_after_an_interval(seen: Seen) -> None:
    accepted = is_accepted("register")
    register = next(event for event in seen.events if accepted(event))
    gap = said(seen, "heartbeat")[0].time - register.time
    if not EARLY * interval(seen) <= gap <= interval(seen) + LATE:
        raise Broken(f"the first heartbeat came after {gap:.1f} s", register)


@check("NEURON-NRN-HB-06", scenes.lost_heartbeats)
def test_a_lost_heartbeat_is_not_the_last(seen: Seen) -> None:
    beats = exchanges_of(seen, "heartbeat")
    failed = [each for each in beats if each.status in {500, 401} or each.failure == "cut"]
    if not failed:
        raise NotObserved("no heartbeat failed")
    if len(failed) < 4 or not any(each.reply.number > failed[-1].reply.number for each in beats):
        raise Broken("no more heartbeats came after one that failed", *failed[-1].evidence)


@check("NEURON-NRN-HB-07", scenes.lost_streams)
def test_no_heartbeat_comes_without_a_stream(seen: Seen) -> None:
    gone, back = seen.noted(scenes.GONE), seen.noted(scenes.BACK)
    registers = (e for e in seen.events if kind_of(e) == "register" and e.number > back.number)
    again = next(registers, None)
    if again is None:
        raise NotObserved("the neuron did not come back")
    grace = 0.9 * interval(seen)  # for one that was on its way
    late = [e for e in beats_between(seen, gone.number, again.number) if e.time > gone.time + grace]
    if late:
        raise Broken("a heartbeat came although there was no stream", gone, *late)
    if not beats_between(seen, again.number, seen.events[-1].number):
        raise Broken("no heartbeat came after the next register", again)


@check("NEURON-NRN-HB-08", scenes.lost_streams)
def test_heartbeats_outlive_one_that_was_unanswered(seen: Seen) -> None:
    lost, gone = seen.noted("the stream ends under a heartbeat"), seen.noted(scenes.GONE)
    accepted = is_accepted("register")
    again = next((e for e in seen.events if accepted(e) and e.number > lost.number), None)
    beats = exchanges_of(seen, "heartbeat")
    held = next(each for each in reversed(beats) if each.request.number < lost.number)
    if again is None or (held.failure is None and held.reply.number < again.number):
        raise NotObserved("the heartbeat was answered before the neuron was back")
    if not beats_between(seen, lost.number, gone.number):
        raise Broken("no heartbeat came on the new stream", lost, gone)


@check("NEURON-NRN-HB-09", stopping.draining)
def test_heartbeats_go_on_while_the_neuron_stops(seen: Seen) -> None:
    told = seen.noted(stopping.GOES)
    end = the_end(seen, lease(seen, "a running lease"))
    if end.time - told.time < interval(seen) + 0.1:
        raise NotObserved("the lease ended before a heartbeat was due")
    # One that was due already may be on its way when the neuron is told.
    late = told.time + EARLY * interval(seen)
    if not any(each.time > late for each in beats_between(seen, told.number, end.number)):
        raise Broken("no heartbeat came while the neuron waited for a lease", told, end)
