"""Conversations in which a worker is told to stop while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.employer import LONG, SLACK, Employer
from conformance.rxon.hearing import is_delivery

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

SHORT = 1.0  # seconds that a task still takes
ENDLESS = 60.0
PATIENCE = 3.0  # seconds; who gives its tasks more than that is not waited for


async def stopped_at_work(stage: Stage, *, seconds: float) -> None:
    """Stop a worker that has just been given a slow task."""
    employer = await Employer(stage).hired()
    job_id = await employer.give("slow_skill", seconds=seconds)
    stage.note("at work", job_id=job_id)
    await employer.times(1, is_delivery, within=SLACK)
    await employer.silence(SHORT / 4)
    await stage.end()


@scenario(bound=LONG)
async def a_task_that_ends(stage: Stage) -> None:
    """Stop a worker whose task ends soon."""
    await stopped_at_work(stage, seconds=SHORT)


@scenario(bound=LONG)
async def a_task_that_lasts(stage: Stage) -> None:
    """Stop a worker whose task would take much longer than it waits."""
    patience = Employer(stage).seconds("shutdown_timeout")
    if patience > PATIENCE:
        raise NotObserved(
            f"the worker gives its tasks {patience:g} s to end; start it with less, and say so:"
            " --assay-set shutdown_timeout=2"
        )
    await stopped_at_work(stage, seconds=ENDLESS)
