"""Conversations about what the answer to a heartbeat may ask of a worker."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.rxon.employer import LONG, SLACK, Employer, refuses, says
from conformance.rxon.hearing import is_a

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

JITTER = 1.0  # seconds
BURST, SHORT = 6, 0.05  # tasks, and seconds that each takes


@scenario(bound=LONG)
async def a_full_sync(stage: Stage) -> None:
    """Ask a worker for its whole catalogue."""
    employer = await Employer(stage).hired()
    interval = employer.seconds("heartbeat_interval")
    await employer.more(1, "heartbeat", within=interval + SLACK)
    stage.note("the whole is wanted")
    employer.disturb("heartbeat", says({"status": "ok", "require_full_sync": True}))
    await employer.more(3, "heartbeat", within=3 * interval + SLACK)


@scenario(bound=LONG)
async def heartbeats_that_shall_come_later(stage: Stage) -> None:
    """Put a worker off: a little, and for as long as a limit says."""
    employer = await Employer(stage).hired()
    interval = employer.seconds("heartbeat_interval")
    await employer.more(1, "heartbeat", within=interval + SLACK)
    stage.note("jitter", wait=interval + JITTER)
    late = {"status": "ok", "next_heartbeat_jitter_ms": 1000 * JITTER}
    employer.disturb("heartbeat", says(late))
    await employer.more(2, "heartbeat", within=2 * interval + JITTER + SLACK)
    wait = ceil(interval) + 1
    stage.note("limit", wait=wait)
    employer.disturb("heartbeat", refuses(429, Retry_After=str(wait)))
    await employer.more(2, "heartbeat", within=interval + wait + SLACK)


@scenario(bound=LONG)
async def a_burst_of_tasks(stage: Stage) -> None:
    """Give a worker several quick tasks in a row."""
    employer = await Employer(stage).hired()
    await employer.times(1, is_a("heartbeat"), within=SLACK)
    skill, params = employer.skill("slow_skill"), {"seconds": SHORT}
    await employer.have_all_done(
        {f"task {n}": employer.task(skill, params=params) for n in range(BURST)}
    )
    await employer.more(1, "heartbeat", within=employer.seconds("heartbeat_interval") + SLACK)
