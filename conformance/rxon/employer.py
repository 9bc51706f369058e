"""The kit as an employer: how scenarios give work to a worker, and how its words are read.

A worker that is judged offers three skills (its conformance profile, fixtures/workers/README.md).
Their names are facts, so that a worker may call them otherwise:

- ``skill`` (echo) takes any parameters and succeeds;
- ``slow_skill`` (slow) takes ``{"seconds": S}`` and as long, then succeeds;
- ``failing_skill`` (fail) takes ``{"message": M}`` and raises an error with that text.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.kit.transcript import Direction
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap import Reply
from conformance.rxon import REGISTER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

Body = dict[str, Any]

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
SKILLS = {"skill": "echo", "slow_skill": "slow", "failing_skill": "fail"}
COOLDOWN = 2.0  # seconds that a worker may let pass before it tells of a change
SLACK = 8.0  # seconds that anything may take on a busy machine before the kit waits no longer


def kind_of(event: Event) -> str:
    """Return what a worker's request or frame is; empty for everything else."""
    if event.direction is not Direction.TARGET:
        return ""
    if event.kind == "ws.message":
        return "event"
    if event.kind != "http.request":
        return ""
    path = event.data["target"].partition("?")[0]
    return next(
        (
            kind
            for method, pattern, kind in ROUTES
            if method == event.data["method"] and pattern.fullmatch(path)
        ),
        "",
    )


def is_a(kind: str) -> Callable[[Event], bool]:
    """Return what tells a worker's messages of a kind from everything else."""
    return lambda event: kind_of(event) == kind


def body_of(event: Event) -> Body:
    """Return a message's JSON object; empty when it is none."""
    try:
        body = json.loads(event.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def path_id(event: Event) -> str:
    """Return the worker id in a request's path."""
    path = event.data["target"].partition("?")[0]
    found = (pattern.fullmatch(path) for _, pattern, _ in ROUTES)
    return next((unquote(each["id"]) for each in found if each and "id" in each.groupdict()), "")


def is_delivery(event: Event) -> bool:
    """Whether an event is a task on its way to the worker."""
    given = event.direction is Direction.KIT and event.kind == "http.response"
    return given and {"job_id", "task_id", "type"} <= body_of(event).keys()


def is_result_of(task: Mapping[str, Any]) -> Callable[[Event], bool]:
    """Return what tells the results of a task, or of a job's tasks, from everything else."""
    return lambda event: kind_of(event) == "result" and task.items() <= body_of(event).items()


class Employer:
    """Waits for the worker and gives it tasks; waits never judge, so they end in silence."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._offered: set[str] = set()

    async def hired(self) -> Employer:
        """Let the worker come; without an accepted registration there is nothing to judge."""
        self.stage.note("the clock", wall=self.stage.now())
        await self.stage.begin()
        within = self.interval + SLACK
        request = await self.stage.expect(
            "the worker's registration", is_a("registration"), within=within
        )
        await self.stage.expect(
            "a registration that the orchestrator accepts", self._accepted, within=within
        )
        skills = body_of(request).get("supported_skills")
        listed = skills if isinstance(skills, list) else []
        self._offered = {str(skill["name"]) for skill in listed if "name" in skill}
        return self

    def _accepted(self, event: Event) -> bool:
        said = event.kind == "http.response" and event.direction is Direction.KIT
        return said and body_of(event).get("status") == "registered"

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats."""
        return float(self.stage.facts.get("heartbeat_interval", 15.0))

    @property
    def capacity(self) -> int:
        """How many tasks the worker runs at a time."""
        return int(self.stage.need("max_concurrent_tasks"))

    async def give(self, fact: str, **params: Any) -> str:
        """Submit a job for a skill of the profile; return its id."""
        skill = str(self.stage.facts.get(fact, SKILLS[fact]))
        if skill not in self._offered:
            raise NotObserved(
                f"the worker offers no skill `{skill}` (--assay-set {fact}=… names another)"
            )
        dispatch = {"type": skill, "params": params}
        answer = await self.stage.call("submit_job", dispatch=dispatch)
        return str(answer["job_id"])

    def hand_over(self, task: Mapping[str, Any]) -> None:
        """Answer the next poll with a task of which the served orchestrator knows nothing."""
        self.stage.tap.answer_next(
            lambda asked: asked.method == "GET" and asked.path.endswith("/tasks/next"),
            Reply(200, {"Content-Type": "application/json"}, json.dumps(task).encode()),
        )

    async def result(self, ids: Mapping[str, str], *, within: float = SLACK) -> None:
        """Wait for the result of a task, or of a job's task, with these ids."""
        await self.stage.heard(is_result_of(ids), within=within)

    async def times(self, count: int, fits: Callable[[Event], bool], *, within: float) -> bool:
        """Wait until so many events fit; say whether they did in time."""
        seen: set[int] = set()

        def one_more(event: Event) -> bool:
            if fits(event):
                seen.add(event.number)
            return len(seen) >= count

        return await self.stage.heard(one_more, within=within) is not None
