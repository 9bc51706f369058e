"""How what a neuron says is read: by the scenarios that wait for it, and by the checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.seen import Missing
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved
from conformance.kit.wire.exchange import answers

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

    Fits = Callable[[Event], bool]

Body = dict[str, Any]

ROOT = "/neuron/"
OPEN = "events"  # the request that opens the stream
POSTS = ("register", "heartbeat", "ack", "nack", "progress", "update-capability")
ENDINGS = ("ack", "nack")
LEASE = "a lease"  # the note that goes with each lease that the kit writes
BEHIND = "behind_a_gateway"  # the one conversation in which the reference gateway answers
CONNECTED = "the neuron is connected"  # the note of a conversation's begin


def kind_of(event: Event) -> str:
    """Return what a neuron's request is, by its path; empty for everything else."""
    if event.direction is not Direction.TARGET or event.kind != "http.request":
        return ""
    path = event.data["target"].partition("?")[0]
    word: str = path.rpartition(ROOT)[2] if ROOT in path else ""
    known = POSTS if event.data["method"] == "POST" else (OPEN,)
    return word if word in known else ""


def is_a(*kinds: str) -> Fits:
    """Return what tells a neuron's requests of these kinds from everything else."""
    return lambda event: kind_of(event) in kinds


def body_of(event: Event) -> Body:
    """Return a request's JSON object; empty when it is none."""
    try:
        body = json.loads(event.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def header(event: Event, name: str) -> str:
    """Return a request's header, in any case; empty when there is none."""
    found = (value for key, value in event.data["headers"] if key.lower() == name)
    return next(found, "")


def bearer(event: Event) -> str:
    """Return the token that a request carries."""
    scheme, _, token = header(event, "authorization").partition(" ")
    return token if scheme == "Bearer" else ""


def is_about(lease_id: str, *kinds: str) -> Fits:
    """Return what tells requests about a lease: its ends, or those of these kinds."""
    kinds = kinds or ENDINGS
    return lambda event: kind_of(event) in kinds and body_of(event).get("leaseId") == lease_id


def is_accepted(kind: str) -> Fits:
    """Return what tells the answer that accepts a request of a kind."""
    return _is_answered(kind, range(200, 300))


def is_refused(kind: str, *, status: int) -> Fits:
    """Return what tells an answer with this status to a request of a kind."""
    return _is_answered(kind, (status,))


def _is_answered(kind: str, statuses: Container[int]) -> Fits:
    """Remember the requests that were shown: every event must be, in order."""
    asked: set[int] = set()

    def fits(event: Event) -> bool:
        if kind_of(event) == kind:
            asked.add(event.number)
        answered = event.kind == "http.response" and event.data["to"] in asked
        return answered and event.data["status"] in statuses

    return fits


def told_at(event: Event) -> str:
    """Return when a lease ended by the neuron's clock: what it POSTs may arrive in any order.

    Its timestamps are in UTC with six digits or none, which sort as text once they are alike.
    """
    body = body_of(event)
    told = str(body.get("completedAt", body.get("failedAt")))
    whole, _, fraction = told.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


# --- for checks


def said(seen: Seen, *kinds: str) -> list[Event]:
    """Return the neuron's requests of these kinds; without any there is nothing to judge."""
    events = list(seen.matching(is_a(*kinds)))
    if not events:
        raise NotObserved(f"the neuron sent no {' or '.join(kinds)}")
    return events


def exchanges_of(seen: Seen, *kinds: str) -> list[Answer]:
    """Return the neuron's requests of these kinds, each with the answer that it got."""
    return list(seen.exchanges(lambda each: kind_of(each.request) in kinds))


def cancel_of(seen: Seen, note: Event) -> Event:
    """Return the first cancel that was written for a lease."""
    name = note.data["lease_id"].encode()
    written = (e for e in seen.matching(lambda e: e.kind == "http.chunk" and e.tag == "cancel"))
    return next(event for event in written if name in event.body)


def leases(seen: Seen, *about: str) -> list[Event]:
    """Return the notes of the leases that were about something, in the order of writing."""
    notes = [note for note in seen.notes(LEASE) if note.data["about"] in about]
    if not notes:
        raise Missing(", ".join(about))
    return notes


def lease(seen: Seen, about: str) -> Event:
    """Return the note of the one lease that was about something."""
    return leases(seen, about)[0]


def endings(seen: Seen, note: Event) -> list[Event]:
    """Return the acks and nacks of a lease."""
    return [event for event in seen.events if is_about(note.data["lease_id"])(event)]


def the_end(seen: Seen, note: Event) -> Event:
    """Return the one ack or nack of a lease."""
    found = endings(seen, note)
    if not found:
        raise Broken(f"no ack or nack came for the lease {_named(note)}", note)
    if len(found) > 1:
        raise Broken(f"the lease {_named(note)} ended {len(found)} times", note, *found)
    return found[0]


def must_be_acked(seen: Seen, note: Event) -> Event:
    """Demand exactly one ack and no nack."""
    return _must_end(seen, note, "ack")


def must_be_nacked(seen: Seen, note: Event, *kinds: str) -> Event:
    """Demand exactly one nack, of one of these kinds, and no ack."""
    event = _must_end(seen, note, "nack")
    if kinds and body_of(event).get("kind") not in kinds:
        raise Broken(f"the nack's kind is {body_of(event).get('kind')!r}, not {kinds[0]}", event)
    return event


def _must_end(seen: Seen, note: Event, kind: str) -> Event:
    event = the_end(seen, note)
    if kind_of(event) != kind:
        raise Broken(f"the lease {_named(note)} ended in a {kind_of(event)}, not a {kind}", event)
    return event


def _named(note: Event) -> str:
    # Its id is another in every run; the note that stands with the finding has it.
    return f"`{note.data['about']}`"


def must_not_be_executed(seen: Seen, note: Event) -> None:
    """Demand that a lease was not acked: its handler would have returned at once."""
    for event in endings(seen, note):
        if kind_of(event) == "ack":
            raise Broken(f"the lease {_named(note)} was executed", note, event)


def must_stay(seen: Seen) -> None:
    """Demand that the neuron opened one stream and no other."""
    opened = said(seen, OPEN)
    if len(opened) > 1:
        raise Broken("the neuron gave its stream up and opened another", *opened)


def opens(seen: Seen) -> list[Answer]:
    """Return the requests for a stream, each with the head of its answer or its failure."""
    return exchanges_of(seen, OPEN)


def ends_of_streams(seen: Seen) -> Iterator[Event]:
    """Yield the ends of the neuron's streams."""
    opened = {event.number for event in seen.events if kind_of(event) == OPEN}
    return (e for e in seen.events if e.kind == "http.end" and e.data["to"] in opened)


def granted(seen: Seen) -> Iterator[tuple[Event, str]]:
    """Yield the leases that the gateway behind the tap wrote: the event and the leaseId."""
    for event in seen.matching(lambda event: event.scenario.endswith(BEHIND)):
        if event.kind == "http.chunk" and event.body.startswith(b"event: lease\n"):
            text = event.body.decode().partition("data: ")[2].partition("\n")[0]
            yield event, json.loads(text)["lease"]["leaseId"]


def paired(events: Iterable[Event]) -> dict[int, Answer]:
    """Return what came of each request, by its number."""
    return {each.request.number: each for each in answers(events)}
