"""Events and commands: RXON-EVT-07, -08, RXON-WS-07 to -10, RXON-EXE-09."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.rxon import scenarios_worker_sockets as sockets
from conformance.rxon.hearing import (
    EARLY,
    body_of,
    exchanges,
    is_a,
    is_delivery,
    is_result_of,
    own_id,
    path_id,
    said,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

CALLED, ALONE = sockets.a_worker_that_is_called, sockets.a_worker_without_a_socket
FIRST, SECOND = 1.0, 2.0  # RXON-WS-08: seconds before the second and the third try
RESET = 7.0  # seconds: later than the first wait on any machine, earlier than the fourth


@check("RXON-EVT-07", CALLED, ALONE, cases=("websocket", "post"))
def test_progress_is_told_as_an_event_of_the_task(seen: Seen, way: str) -> None:
    kind = "ws.message" if way == "websocket" else "http.request"
    chosen = CALLED.name if way == "websocket" else ALONE.name
    given = {
        body_of(e)["task_id"]: body_of(e)["job_id"]
        for e in seen.matching(is_delivery)
        if e.scenario == chosen
    }
    events = [e for e in said(seen, "event") if e.scenario == chosen]
    if not events:
        raise Broken("the worker told no progress") if given else NotObserved("no task was given")
    for event in events:
        if event.kind != kind:
            raise Broken(f"the event does not come as it should ({way})", event)
        must_name(event, own_id(seen, event), given)


def must_name(event: Event, own: str, given: dict[str, str]) -> None:
    """Demand that an event says who sends it, and about which task."""
    body = body_of(event)
    task_id = body.get("target_task_id")
    told = {
        "event_type": "progress",
        "worker_id": own,
        "origin_worker_id": own,
        "origin_task_id": task_id,
        "target_job_id": given.get(str(task_id)),
    }
    for name, value in told.items():
        if value is None or body.get(name) != value:
            raise Broken(f"`{name}` of the event is {body.get(name)!r}, not {value!r}", event)
    if not isinstance(body.get("payload"), dict):
        raise Broken("the event has no payload", event)


@check("RXON-EVT-08", sockets.a_worker_with_news)
def test_events_that_break_their_schema_are_not_sent(seen: Seen) -> None:
    events = [e for e in said(seen, "event") if body_of(e).get("event_type") == "measured"]
    values = [body_of(event).get("payload", {}).get("value") for event in events]
    if not any(value in sockets.PROMISED for value in values):
        raise Unmet("not even the events that keep their schema came", *events)
    for event, value in zip(events, values, strict=True):
        if value not in sockets.PROMISED:
            raise Broken("the event breaks the schema that the skill declares", event)


@check("RXON-EXE-09", ALONE)
def test_a_task_that_a_heartbeats_answer_calls_off_is_cancelled(seen: Seen) -> None:
    must_be_cancelled(seen)


@check("RXON-WS-07", CALLED)
def test_a_task_that_is_called_off_on_the_socket_is_cancelled(seen: Seen) -> None:
    for event in said(seen, "socket"):
        if path_id(event) != own_id(seen, event):
            raise Broken("the WebSocket's path names another worker", event)
    must_be_cancelled(seen)


def must_be_cancelled(seen: Seen) -> None:
    """Demand that the task that was called off is reported as cancelled."""
    note = seen.noted("called off")
    end = seen.noted("the client may go")  # whoever is stopped cancels what runs, at last
    reports = seen.matching(is_result_of(dict(note.data)))
    found = [event for event in reports if event.number < end.number]
    if not found:
        raise Broken("the task that was called off was not reported", note)
    for event in found:
        status = body_of(event).get("status")
        if status != "cancelled":
            raise Broken(f"the task that was called off is reported as {status!r}", event)


@check("RXON-WS-08", sockets.a_socket_that_is_lost)
def test_a_lost_socket_is_opened_again_ever_later_until_it_opens(seen: Seen) -> None:
    tries = exchanges(seen, "socket")
    opened = next((n for n, each in enumerate(tries) if each.status == 101), None)
    if opened is None or opened < 3:
        raise Unmet(
            "the WebSocket was not refused three times", *(e for t in tries for e in t.evidence)
        )
    must_come(tries[0], tries[1], FIRST)
    must_come(tries[1], tries[2], SECOND)
    closed = seen.noted("closed")
    later = [e for e in seen.matching(is_a("socket")) if e.number > closed.number]
    if not later:
        raise Broken("the worker does not open a WebSocket again", closed)
    waited = later[0].time - closed.time
    if not FIRST - 2 * EARLY <= waited <= RESET:
        raise Broken(
            f"after a WebSocket that worked the next came after {waited:.2f} s, not {FIRST:g} s",
            closed,
            later[0],
        )


def must_come(before: Answer, after: Answer, seconds: float) -> None:
    """Demand that one try comes no sooner after another."""
    waited = after.request.time - before.reply.time
    if waited < seconds - EARLY:
        raise Broken(
            f"the next WebSocket came after {waited:.2f} s, not {seconds:g} s",
            *before.evidence,
            after.request,
        )


@check("RXON-WS-09", sockets.a_worker_that_is_shouted_at)
def test_frames_that_mean_nothing_change_nothing(seen: Seen) -> None:
    must_be_undisturbed(seen)


@check("RXON-WS-10", sockets.a_worker_that_hears_no_objects)
def test_json_that_is_no_object_changes_nothing(seen: Seen) -> None:
    must_be_undisturbed(seen)


def must_be_undisturbed(seen: Seen) -> None:
    """Demand that the task went on and that the WebSocket stayed open."""
    note = seen.noted("undisturbed")
    found = list(seen.matching(is_result_of(dict(note.data))))
    if not found:
        raise Broken("the task is not reported any more", note)
    for event in found:
        status = body_of(event).get("status", "success")
        if status != "success":
            raise Broken(f"the task is reported as {status!r}", event)
    until = found[0].number
    if closed := [e for e in seen.events_of("ws.close") if e.number < until]:
        raise Broken("the worker closed its WebSocket", *closed)
