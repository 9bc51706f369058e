"""Conversations in which the worker is judged: the kit serves the orchestrator that it dials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Unmet
from conformance.rxon.employer import COOLDOWN, SLACK, Employer, is_a, is_delivery

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

BEATS = 3
LONG = 30.0  # seconds, beside the worker's own intervals
MESSAGE = "assay wants this to fail"


def is_no_task(event: Event) -> bool:
    """Whether an event is the answer to a poll that found nothing."""
    answered = event.kind == "http.response" and event.direction is Direction.KIT
    return answered and event.data["status"] == 204  # noqa: PLR2004


@scenario(bound=LONG)
async def an_ordinary_day(stage: Stage) -> None:
    """Give a worker one task, then nothing, and let it go."""
    employer = await Employer(stage).hired()
    job_id = await employer.give("skill", said="hello")
    await employer.result({"job_id": job_id})
    await employer.times(2, is_no_task, within=SLACK)
    patience = BEATS * employer.interval + SLACK
    await employer.times(BEATS, is_a("heartbeat"), within=patience)
    await stage.end()


@scenario(bound=LONG)
async def a_full_house(stage: Stage) -> None:
    """Give a worker as many slow tasks as it takes at a time."""
    employer = await Employer(stage).hired()
    seconds = min(employer.interval, COOLDOWN) + 1
    jobs = [await employer.give("slow_skill", seconds=seconds) for _ in range(employer.capacity)]
    if not await employer.times(len(jobs), is_delivery, within=SLACK):
        raise Unmet(f"the worker did not take {len(jobs)} tasks at a time")
    for job_id in jobs:
        await employer.result({"job_id": job_id}, within=seconds + SLACK)


@scenario(bound=LONG)
async def a_failing_skill(stage: Stage) -> None:
    """Give a worker a task whose skill raises an error."""
    employer = await Employer(stage).hired()
    job_id = await employer.give("failing_skill", message=MESSAGE)
    stage.note("a task that fails", job_id=job_id)
    await employer.result({"job_id": job_id})


@scenario(bound=LONG)
async def an_unknown_type(stage: Stage) -> None:
    """Give a worker a task for a skill that it never offered."""
    employer = await Employer(stage).hired()
    ids = {"job_id": stage.unique("job"), "task_id": stage.unique("task")}
    stage.note("a task of an unknown type", **ids)
    task = {**ids, "type": stage.unique("skill"), "params": {}, "tracing_context": {}}
    employer.hand_over({**task, "priority": 0, "timestamp": int(stage.now())})
    await employer.result(ids)
