"""RXON-WS: the workers' WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_sockets as sockets

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event


@check("RXON-WS-01", sockets.upgrade)
def test_an_upgrade_needs_the_token(seen: Seen) -> None:
    seen.answer("an upgrade with the token").must_be(101)
    seen.answer("an upgrade without a token").must_be(401, 403)


@check("RXON-WS-02", sockets.event_frame)
def test_an_event_frame_has_its_effect_and_no_answer(seen: Seen) -> None:
    job = seen.noted("the job after the frame")
    shown = [job.data["job"].get(name) for name in ("progress", "progress_message")]
    if shown != [0.5, "half"]:
        raise Broken(f"the job shows {shown} for progress 0.5, “half”", job)
    for answer in seen.events_of("ws.message"):
        raise Broken("the orchestrator answered the frame", answer)


@check("RXON-WS-03", sockets.bad_frames)
def test_bad_frames_have_no_effect_and_close_nothing(seen: Seen) -> None:
    for close in seen.events_of("ws.close"):
        raise Broken(f"the socket was closed with {close.data['code']}", close)
    before, after = seen.noted("the job at first"), seen.noted("the job after the bad frames")
    if before.data["job"] != after.data["job"]:
        raise Broken("the bad frames had an effect on the job", before, after)
    last = seen.noted("the job after a good frame")
    if last.data["job"].get("progress") != 0.5:
        raise Broken("the socket was of no use any more after the bad frames", last)


@check("RXON-WS-04", sockets.replacement)
def test_a_second_socket_closes_the_first(seen: Seen) -> None:
    names = seen.noted("sockets")
    closes = closed(seen)
    if closes.get(names.data["second"]):
        raise Broken("the second socket was closed", closes[names.data["second"]])
    must_close(closes, names.data["first"], 1008, names)


@check("RXON-WS-05", sockets.shutdown)
def test_a_shutdown_closes_every_socket(seen: Seen) -> None:
    names = seen.noted("sockets")
    for name in names.data["open"]:
        must_close(closed(seen), name, 1001, names)


@check("RXON-WS-06", sockets.cancellation)
def test_a_cancelled_task_is_called_off_on_the_socket(seen: Seen) -> None:
    task = seen.answer("the task")
    wanted = {
        "command": "cancel_task",
        "task_id": task.member("task_id"),
        "job_id": task.member("job_id"),
    }
    commands = list(seen.events_of("ws.message", tag="the command"))
    if not commands:
        raise Broken("no frame came to the connected worker", *task.evidence)
    said = object_of(commands[0])
    for name, value in wanted.items():
        if said.get(name) != value:
            raise Broken(f"the command's {name} is not that of the task", commands[0])


def object_of(frame: Event) -> dict[str, Any]:
    """Return the JSON object of a frame; an empty one when it holds something else."""
    try:
        value = json.loads(frame.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def closed(seen: Seen) -> dict[str, Event]:
    """Return the closes that the orchestrator sent, by connection."""
    return {close.connection: close for close in seen.events_of("ws.close")}


def must_close(closes: dict[str, Event], name: str, code: int, context: Event) -> None:
    """Demand that a connection was closed with a code."""
    close = closes.get(name)
    if close is None:
        raise Broken("the socket was not closed", context)
    if close.data["code"] != code:
        raise Broken(f"the socket was closed with {close.data['code']}, not {code}", close)
