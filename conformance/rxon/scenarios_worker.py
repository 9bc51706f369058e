"""Conversations in which a worker simply works: the kit serves the orchestrator that it dials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Unmet
from conformance.rxon.employer import LONG, NO_TASK, SLACK, Employer, says
from conformance.rxon.hearing import asks, is_a, is_delivery

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event

BEATS = 3
DEFAULT_TOKEN = "your-secret-worker-token"  # noqa: S105  (RXON-AUTH-12: what nobody configured)


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
    patience = BEATS * employer.seconds("heartbeat_interval") + SLACK
    await employer.times(BEATS, is_a("heartbeat"), within=patience)
    await stage.end()


@scenario(bound=LONG)
async def a_full_house(stage: Stage) -> None:
    """Give a worker as many slow tasks as it takes at a time, and see it come for more."""
    employer = await Employer(stage).hired()
    seconds = min(employer.seconds("heartbeat_interval"), 2.0) + 1
    stage.note("every place is taken", seconds=seconds)
    jobs = [await employer.give("slow_skill", seconds=seconds) for _ in range(employer.capacity)]
    if not await employer.times(len(jobs), is_delivery, within=SLACK):
        raise Unmet(f"the worker did not take {len(jobs)} tasks at a time")
    for job_id in jobs:
        await employer.result({"job_id": job_id}, within=seconds + SLACK)
    await employer.more(1, "poll", within=SLACK)


@scenario(bound=LONG, settings={"token": DEFAULT_TOKEN})
async def a_worker_that_nobody_configured(stage: Stage) -> None:
    """Believe whatever a worker with the default token says."""
    believed = says({"status": "registered"}), says({"status": "ok"}), says({"status": "accepted"})
    for kind, reply in zip(("registration", "heartbeat", "result"), believed, strict=True):
        stage.tap.answer(asks(kind), reply)
    stage.tap.answer(asks("poll"), NO_TASK)
    employer = await Employer(stage).hired()
    await employer.have_done(employer.task(employer.skill("skill")))
    await employer.times(1, is_a("heartbeat"), within=SLACK)
