"""Conversations in which a worker gets tasks that it must not, cannot or need not do."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.rxon.employer import CUT, LONG, SLACK, Employer, refuses, says
from conformance.rxon.hearing import is_delivery

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

MESSAGE = "assay wants this to fail"
# Parameters of the slow skill, which takes a number `seconds` and nothing else.
BAD_PARAMS: dict[str, Any] = {
    "a wrong type": {"seconds": "x"},
    "a missing member": {},
    "an extra member": {"seconds": 0, "hurry": True},
}
# Outputs of the promising skill, which promises a whole number `n` and nothing else.
BAD_OUTPUTS: dict[str, Any] = {
    "a wrong type": {"n": "x"},
    "a missing member": {},
    "an extra member": {"n": 1, "m": 2},
}
GONE, SOON = 1, 600  # a deadline long ago, and seconds until one that is not
IGNORED = ("job_not_found", "stale_task", "job_already_terminated")
AGAIN = 1.0  # seconds


@scenario(bound=LONG)
async def tasks_of_all_kinds(stage: Stage) -> None:
    """Give a worker good and bad tasks, one after the other."""
    employer = await Employer(stage).hired()
    quick, slow = employer.skill("skill"), employer.skill("slow_skill")
    early = int(stage.now()) + SOON
    failing = employer.skill("failing_skill")
    await employer.have_all_done(
        {
            "an error": employer.task(failing, params={"message": MESSAGE}),
            "an unknown type": employer.task(stage.unique("skill")),
            "without params": employer.task(quick, params=None),
            "good params": employer.task(slow, params={"seconds": 0}),
            **{
                f"bad params: {case}": employer.task(slow, params=params)
                for case, params in BAD_PARAMS.items()
            },
            "too late": employer.task(quick, deadline=GONE),
            "in time": employer.task(quick, deadline=early),
        }
    )


@scenario(bound=LONG)
async def promises(stage: Stage) -> None:
    """Have a skill keep its promise, and break it."""
    employer = await Employer(stage).hired()
    skill = employer.skill("promising_skill")
    outputs = {"kept": {"n": 1}, **{f"broken: {case}": out for case, out in BAD_OUTPUTS.items()}}
    await employer.have_all_done(
        {tag: employer.task(skill, params={"output": out}) for tag, out in outputs.items()}
    )


@scenario(bound=LONG)
async def a_task_that_comes_again(stage: Stage) -> None:
    """Deliver a task once more after it has ended."""
    employer = await Employer(stage).hired()
    task = employer.task(employer.skill("skill"), params={"said": "once"})
    await employer.have_done(task, "after its end")
    employer.hand_over(task)
    await employer.times(2, is_delivery, within=SLACK)
    await employer.have_done(employer.task(employer.skill("skill")))
    await employer.silence(AGAIN)


@scenario(bound=LONG, settings={"max_concurrent_tasks": 2})
async def a_task_that_comes_twice(stage: Stage) -> None:
    """Deliver a task once more while it runs."""
    employer = await Employer(stage).hired()
    task = employer.task(employer.skill("slow_skill"), params={"seconds": AGAIN})
    ids = employer.hand_over(task, "while it runs")
    employer.hand_over(task)
    await employer.times(2, is_delivery, within=SLACK)
    await employer.result(ids)
    await employer.silence(2 * AGAIN)


@scenario(bound=LONG)
async def results_that_get_lost(stage: Stage) -> None:
    """Break the connection when a result is sent, three times."""
    employer = await Employer(stage).hired()
    employer.disturb("result", CUT, CUT, CUT)
    job_id = await employer.give("skill", said="hello")
    stage.note("a result that gets lost", job_id=job_id)
    await employer.answered(4, "result", within=14 * employer.seconds("result_backoff") + SLACK)


@scenario(bound=LONG)
async def results_that_are_not_taken(stage: Stage) -> None:
    """Answer a result 500, 503 and 429 before it is taken."""
    employer = await Employer(stage).hired()
    wait = ceil(employer.seconds("result_backoff")) + 1
    stage.note("seconds", wait=wait)
    employer.disturb("result", refuses(500), refuses(503), refuses(429, Retry_After=str(wait)))
    job_id = await employer.give("skill", said="hello")
    stage.note("a result that is not taken", job_id=job_id)
    await employer.answered(
        4, "result", within=14 * employer.seconds("result_backoff") + wait + SLACK
    )


@scenario(bound=LONG)
async def results_that_are_ignored(stage: Stage) -> None:
    """Tell a worker that nobody wants its results."""
    employer = await Employer(stage).hired()
    for reason in IGNORED:
        employer.disturb("result", says({"status": "ignored", "reason": reason, "message": ""}))
    quick = employer.skill("skill")
    await employer.have_all_done({reason: employer.task(quick) for reason in IGNORED})
    await employer.silence(2 * employer.seconds("result_backoff") + AGAIN)
