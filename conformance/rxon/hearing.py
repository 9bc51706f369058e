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
GROWTH = 2.0  # times the first wait, that the third lasts at least; doubling makes it 4


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


def longest_waits(tries: list[Answer]) -> list[float]:
    """Return the seconds from each disappointment to the next try, the longest first.

    The shortest say nothing: HTTP clients repeat a GET on their own when a connection breaks.
    """
    return sorted(
        (after.request.time - before.reply.time for before, after in pairwise(tries)), reverse=True
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


def must_grow(gaps: list[float], first: float, *tries: Answer) -> None:
    """Demand that the last of three waits is clearly longer than the first has to be.

    A busy machine makes every wait longer, so that they are not compared with each other.
    """
    if gaps[-1] < GROWTH * first:
        shown = ", ".join(f"{gap:.2f}" for gap in gaps)
        evidence = [event for each in tries for event in each.evidence]
        raise Broken(f"the waits between the tries do not grow: {shown} s", *evidence)


def wall(seen: Seen, event: Event) -> float:
    """Return when something happened, on the wall clock, in seconds since the epoch."""
    clock = seen.noted("the clock")
    return float(clock.data["wall"]) + event.time - clock.time
