"""How a worker's words are read: which request is what, and what it says."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved
from conformance.rxon import REGISTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.tap import Asked

# What a worker can ask for, E1 to E7: method, path, kind.
ROUTES = (
    ("POST", re.compile(re.escape(REGISTER)), "registration"),
    ("GET", re.compile(r"/_worker/workers/(?P<id>[^/]+)/tasks/next"), "poll"),
    ("POST", re.compile("/_worker/tasks/result"), "result"),
    ("PATCH", re.compile(r"/_worker/workers/(?P<id>[^/]+)"), "heartbeat"),
    ("POST", re.compile("/_worker/events"), "event"),
    ("POST", re.compile("/_worker/auth/token"), "token"),
    ("GET", re.compile(r"/_worker/ws/(?P<id>[^/]+)"), "socket"),
)
SIGNED = ("registration", "heartbeat", "result", "event")
FINAL = frozenset(range(200, 500)) - {401, 429}  # the others ask for the result again
CASE = "X-Assay-Case"  # a header of answers in the orchestrator's place, for who judges them
EARLY = 0.05  # seconds by which clocks of two processes may differ
AT_ONCE = 0.3  # seconds within which an HTTP client repeats a request on its own
GROWTH = 1.5  # how much longer the last of three waits is, at least; doubling makes it 2 and 4


def kind_at(method: str, target: str) -> str:
    """Return what is asked for at a target; empty for what no worker asks."""
    path = target.partition("?")[0]
    return next(
        (kind for each, pattern, kind in ROUTES if method == each and pattern.fullmatch(path)), ""
    )


def asks(kind: str) -> Callable[[Asked], bool]:
    """Return what tells requests of a kind from all others before they are passed on."""
    return lambda asked: kind_at(asked.method, asked.target) == kind


def kind_of(event: Event) -> str:
    """Return what a worker's request or frame is; empty for everything else."""
    if event.direction is not Direction.TARGET:
        return ""
    if event.kind == "ws.message":
        return "event"
    if event.kind != "http.request":
        return ""
    return kind_at(event.data["method"], event.data["target"])


def is_a(kind: str) -> Callable[[Event], bool]:
    """Return what tells a worker's messages of a kind from everything else."""
    return lambda event: kind_of(event) == kind


def body_of(event: Event) -> dict[str, Any]:
    """Return a message's JSON object; empty when it is none."""
    try:
        body = json.loads(event.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def path_id(event: Event) -> str:
    """Return the worker id in a request's path."""
    path = event.data["target"].partition("?")[0]
    found = (pattern.fullmatch(path) for _, pattern, _ in ROUTES)
    return next((unquote(each["id"]) for each in found if each and "id" in each.groupdict()), "")


def header_of(event: Event, name: str) -> str | None:
    """Return a request's header, in any case."""
    shown = {key.lower(): value for key, value in event.data["headers"]}
    return shown.get(name.lower())


def is_delivery(event: Event) -> bool:
    """Whether an event is a task on its way to the worker."""
    given = event.direction is Direction.KIT and event.kind == "http.response"
    return given and {"job_id", "task_id", "type"} <= body_of(event).keys()


def is_result_of(task: Mapping[str, Any]) -> Callable[[Event], bool]:
    """Return what tells the results of a task, or of a job's tasks, from everything else."""
    return lambda event: kind_of(event) == "result" and task.items() <= body_of(event).items()


# What checks look at


def said(seen: Seen, kind: str) -> list[Event]:
    """Return the worker's messages of a kind; without any there is nothing to judge."""
    events = list(seen.matching(is_a(kind)))
    if not events:
        raise NotObserved(f"the worker sent no {kind}")
    return events


def own_id(seen: Seen, event: Event) -> str:
    """Return the id under which the worker that says something had registered."""
    registrations = (e for e in said(seen, "registration") if e.scenario == event.scenario)
    return next((str(body_of(each).get("worker_id")) for each in registrations), "")


def results_of(seen: Seen, ids: Mapping[str, Any]) -> Iterator[Answer]:
    """Yield the reports of a task that were answered for good; others may come again."""
    fits = is_result_of(ids)
    return seen.exchanges(lambda each: fits(each.request) and is_final(each.reply))


def is_final(reply: Event) -> bool:
    """Whether what came of a result is an answer to it, and not that of a proxy or a limit."""
    page = any(value.startswith("text/html") for _, value in reply.data.get("headers", ()))
    return reply.data.get("status") in FINAL and not page


def exchanges(seen: Seen, kind: str) -> list[Answer]:
    """Return the requests of a kind with what came of each, in the order of the requests."""
    found = seen.exchanges(lambda each: is_a(kind)(each.request))
    return sorted(found, key=lambda each: each.request.number)


def waits(seen: Seen, tries: list[Answer], *, least: float) -> list[float]:
    """Return the seconds from each disappointment to the next try.

    HTTP clients repeat a GET at once, and once, when a connection that they kept turns out to
    be closed; that is no try of the worker's, which waits ``least`` seconds.
    """
    found: list[float] = []
    for before, after in pairwise(tries):
        wait = after.request.time - before.reply.time
        if not (wait < least - EARLY and was_kept(seen, before.request)):
            found.append(wait)
    return found


def was_kept(seen: Seen, request: Event) -> bool:
    """Whether a request came on a connection that had carried another before."""
    return any(
        event.connection == request.connection and event.number < request.number
        for event in seen.events
        if event.kind == "http.request"
    )


def must_wait(before: Answer, after: Answer, seconds: float, why: str) -> None:
    """Demand that a try did not come too early after the one before."""
    waited = after.request.time - before.reply.time
    if waited < seconds - EARLY:
        raise Broken(
            f"{why}: {waited:.2f} s where {seconds:g} s were due", *before.evidence, after.request
        )


def next_after(tries: list[Answer], one: Answer) -> Answer | None:
    """Return the try after one."""
    later = (each for each in tries if each.request.number > one.reply.number)
    return next(later, None)


def must_grow(gaps: list[float], *tries: Answer) -> None:
    """Demand that the last wait is clearly longer than the shortest before it."""
    if gaps[-1] < GROWTH * min(gaps[:-1]):
        shown = ", ".join(f"{gap:.2f}" for gap in gaps)
        evidence = [event for each in tries for event in each.evidence]
        raise Broken(f"the waits between the tries do not grow: {shown} s", *evidence)


def wall(seen: Seen, event: Event) -> float:
    """Return when something happened, on the wall clock, in seconds since the epoch."""
    clock = seen.noted("the clock")
    return float(clock.data["wall"]) + event.time - clock.time
