"""The kit as an employer: how scenarios give work to a worker, and how they disturb it.

A worker that is judged offers a few skills (its conformance profile, fixtures/workers/README.md).
Their names are facts, so that a worker may call them otherwise.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.kit.transcript import Direction
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap import Reply
from conformance.rxon.hearing import CASE, asks, body_of, is_a, is_result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

Body = dict[str, Any]

SKILLS = {
    "skill": "echo",
    "slow_skill": "slow",
    "failing_skill": "fail",
    "promising_skill": "promise",
    "announcing_skill": "announce",
}
# Intervals of a worker that says nothing of them, in seconds (sheet 8).
INTERVALS = {
    "heartbeat_interval": 15.0,
    "heartbeat_cooldown": 2.0,
    "idle_delay": 0.5,
    "registration_backoff": 2.0,
    "poll_backoff": 1.0,
    "result_backoff": 1.0,
    "rate_limit_floor": 30.0,
    "shutdown_timeout": 30.0,
    "token_rotation": 5.0,
}
LONG = 30.0  # seconds that a conversation may last, beside the worker's own intervals
SLACK = 8.0  # seconds that anything may take on a busy machine before the kit waits no longer

CUT = Reply(cut=True)
NO_TASK = Reply(204)


def says(body: Any, status: int = 200, **headers: str) -> Reply:
    """Return an answer in JSON; `Retry_After` names the header Retry-After."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    text = json.dumps(body).encode()
    return Reply(status, {"Content-Type": "application/json", **told}, text)


def refuses(status: int, **headers: str) -> Reply:
    """Return a refusal whose text means nothing to a worker."""
    return says({"error": "not now"}, status, **headers)


def marked(reply: Reply, case: str) -> Reply:
    """Return an answer that says to which case it belongs."""
    return replace(reply, headers={**reply.headers, CASE: case})


class Employer:
    """Waits for the worker and gives it tasks; waits never judge, so they end in silence."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._offered: set[str] = set()

    async def begun(self) -> None:
        """Let the worker come."""
        self.stage.note("the clock", wall=self.stage.now())
        await self.stage.begin()

    async def accepted(self, *, within: float = 0.0) -> Employer:
        """Wait until it is registered; without that there is nothing to judge."""
        within += self.seconds("heartbeat_interval") + SLACK
        request = await self.stage.expect(
            "the worker's registration", is_a("registration"), within=within
        )
        await self.stage.expect(
            "a registration that the orchestrator accepts", is_accepted, within=within
        )
        skills = body_of(request).get("supported_skills")
        listed = skills if isinstance(skills, list) else []
        self._offered = {str(skill["name"]) for skill in listed if "name" in skill}
        return self

    async def hired(self, *, within: float = 0.0) -> Employer:
        """Let the worker come, and wait until it is registered."""
        await self.begun()
        return await self.accepted(within=within)

    # What is known of the worker

    def seconds(self, name: str) -> float:
        """Return one of the worker's intervals."""
        return float(self.stage.facts.get(name, INTERVALS[name]))

    @property
    def capacity(self) -> int:
        """How many tasks the worker runs at a time."""
        return int(self.stage.need("max_concurrent_tasks"))

    def skill(self, fact: str) -> str:
        """Return the name of a skill of the profile; raises NotObserved when it is not offered."""
        name = str(self.stage.facts.get(fact, SKILLS[fact]))
        if name not in self._offered:
            raise NotObserved(
                f"the worker offers no skill `{name}` (--assay-set {fact}=… names another)"
            )
        return name

    # Work

    async def give(self, fact: str, **params: Any) -> str:
        """Submit a job for a skill of the profile; return its id."""
        dispatch = {"type": self.skill(fact), "params": params}
        answer = await self.stage.call("submit_job", dispatch=dispatch)
        return str(answer["job_id"])

    def task(self, kind: str, **members: Any) -> Body:
        """Return a task as an orchestrator delivers it; a member that is None is left out."""
        whole = {
            "job_id": self.stage.unique("job"),
            "task_id": self.stage.unique("task"),
            "type": kind,
            "params": {},
            "tracing_context": {},
            "priority": 0,
            "timestamp": int(self.stage.now()),
            **members,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def hand_over(self, task: Mapping[str, Any], tag: str = "") -> Body:
        """Answer the next poll with a task of which the served orchestrator knows nothing.

        Return its ids, under which it is noted, too, if there is a tag.
        """
        ids = {name: task[name] for name in ("job_id", "task_id")}
        if tag:
            self.stage.note(tag, **ids)
        self.stage.tap.answer_next(asks("poll"), says(task))
        return ids

    async def have_done(self, task: Mapping[str, Any], tag: str = "") -> None:
        """Hand a task over and wait for its result."""
        await self.result(self.hand_over(task, tag))

    async def have_all_done(self, tasks: Mapping[str, Mapping[str, Any]]) -> None:
        """Hand tasks over, one a poll, and wait for their results."""
        given = [self.hand_over(task, tag) for tag, task in tasks.items()]
        for ids in given:
            await self.result(ids)

    async def result(self, ids: Mapping[str, str], *, within: float = SLACK) -> bool:
        """Wait for the result of a task, or of a job's task, with these ids."""
        return await self.stage.heard(is_result_of(ids), within=within) is not None

    # Disturbance

    def disturb(self, kind: str, *replies: Reply) -> None:
        """Answer the next requests of a kind so, one after the other."""
        for reply in replies:
            self.stage.tap.answer_next(asks(kind), reply)

    def surprise(self, kind: str, cases: Mapping[str, Reply]) -> None:
        """Answer the next requests of a kind so; the answers say which case each of them is."""
        self.disturb(kind, *(marked(reply, case) for case, reply in cases.items()))

    # Waiting

    async def times(self, count: int, fits: Callable[[Event], bool], *, within: float) -> bool:
        """Wait until so many events fit; say whether they did in time."""
        left = count

        def enough(event: Event) -> bool:
            nonlocal left
            left -= fits(event)
            return left <= 0

        return await self.stage.heard(enough, within=within) is not None

    async def more(self, count: int, kind: str, *, within: float) -> bool:
        """Wait until so many requests of a kind, from now on, have had their answers."""
        return await self.answered(
            count, kind, within=within, since=self.stage.note("from here").number
        )

    async def answered(self, count: int, kind: str, *, within: float, since: int = 0) -> bool:
        """Wait until so many requests of a kind were answered, or cut.

        A conversation that ends sooner leaves the last answer to the next one.
        """
        asked: set[int] = set()

        def is_over(event: Event) -> bool:
            if event.number > since and is_a(kind)(event):
                asked.add(event.number)
            ended = event.kind in {"http.response", "http.failure"}
            return ended and event.data["to"] in asked

        return await self.times(count, is_over, within=within)

    async def idle(self) -> None:
        """Wait until the orchestrator knows that the worker is idle: nobody else is given jobs."""
        begun = self.stage.note("from here").number
        await self._told(lambda body: body.get("status") == "idle", after=begun)

    async def at_work(self, task_id: str) -> None:
        """Wait until the orchestrator knows that a task runs."""
        await self._told(lambda body: task_id in (body.get("current_tasks") or ()), after=0)

    async def _told(self, fits: Callable[[Body], bool], *, after: int) -> None:
        """Wait for the answer to a heartbeat that fits."""
        sent: set[int] = set()

        def is_answered(event: Event) -> bool:
            if event.number > after and is_a("heartbeat")(event) and fits(body_of(event)):
                sent.add(event.number)
            return event.kind == "http.response" and event.data["to"] in sent

        within = self.seconds("heartbeat_interval") + SLACK
        await self.stage.heard(is_answered, within=within)

    async def silence(self, seconds: float) -> None:
        """Let time pass in which something must not happen."""
        await self.stage.heard(lambda _: False, within=seconds)


def is_accepted(event: Event) -> bool:
    """Whether an event is the answer to a registration that was accepted."""
    said = event.kind == "http.response" and event.direction is Direction.KIT
    return said and body_of(event).get("status") == "registered"
