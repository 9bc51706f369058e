"""Conversations about results: who may report what, when, and what becomes of the job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.peer import (
    RESULT,
    SETTLED,
    Desk,
    Worker,
    respelled,
    side_by_side,
    twin,
    without_none,
)
from conformance.rxon.polls import GIVEN, OVER, queued
from reference.rxon import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

# Time-outs that a conversation can wait for.
ONE_TRY = {"execution_timeout": 1, "max_retries": 0}
TWO_TRIES = {"execution_timeout": 1, "max_retries": 1}
RETRIES = 3  # sheet 8, where the target does not say

QUARANTINING = ("PERMANENT_ERROR", "SECURITY_ERROR", "DEPENDENCY_ERROR", "CONTRACT_VIOLATION_ERROR")
FAILING = ("INVALID_INPUT_ERROR", "INTEGRITY_MISMATCH_ERROR")
TRANSIENT = {"code": "TRANSIENT_ERROR", "message": "try again"}
PROMISE = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
OWN_STATUS = {"success": "failed", "failure": "failed", "shiny": "finished"}


async def report(stage: Stage, *, tag: str, transitions: Any = None, **result: Any) -> None:
    """Have a worker of its own do one job, and note the job when the result has ended it."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.hired(supported_skills=[{"name": worker.skill, "output_schema": PROMISE}])
    job_id = await desk.submit(worker.skill, **without_none({"transitions": transitions}))
    await worker.result(await worker.task(), tag=tag, **{"data": {"n": 1}, **result})
    await desk.settle(job_id, *OVER, tag=f"the job after {tag}")


@scenario()
async def unknown_job(stage: Stage) -> None:
    """Report a job that nobody submitted."""
    worker = await Worker(stage).hired()
    nobodys = {"job_id": stage.unique("job"), "task_id": stage.unique("task")}
    await worker.result(nobodys, tag="a result for an unknown job")


@scenario()
async def success(stage: Stage) -> None:
    """Report a success, and then another."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill, params={"a": 1})
    task = await worker.task()
    await worker.result(task, tag="a success", data={"answer": "forty-two"})
    await desk.settle(job_id, *OVER, tag="the job after a success")
    await worker.result(task, tag="a second result", data={"answer": "forty-three"})
    await desk.note_job(job_id, "the job after a second result")


@scenario()
async def no_status(stage: Stage) -> None:
    """Report a result that says nothing of its status."""
    await report(stage, tag="a result without status", status=None)


@scenario()
async def other_worker(stage: Stage) -> None:
    """Report another worker's task, which that one then reports itself."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    other = await Worker(stage).hired()
    job_id = await desk.submit(worker.skill)
    task = await worker.task()
    await desk.note_job(job_id, "the job before another worker's result")
    await other.result(task, tag="another worker's result")
    await desk.note_job(job_id, "the job after another worker's result")
    await worker.result(task, tag=twin("another worker's result"))


@scenario()
async def old_attempt(stage: Stage) -> None:
    """Fail a task, and report it once more when the next attempt was delivered."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill)
    first = await worker.task()
    await worker.result(first, status="failure", error=TRANSIENT, data=None)
    second = await worker.task(tag="prerequisite: take the retry")
    await desk.note_job(job_id, "the job before an old attempt's result")
    await worker.result(first, tag="an old attempt's result")
    await desk.note_job(job_id, "the job after an old attempt's result")
    await worker.result(second, tag=twin("an old attempt's result"))


# Alone: the worker with a token of its own has one name, and other conversations use it too.
@scenario(exclusive=True)
async def other_name(stage: Stage) -> None:
    """Report with a token of one's own in another worker's name, then in one's own."""
    own = {"worker_id": stage.need("individual_worker_id"), "token": stage.need("individual_token")}
    worker, desk = await Worker(stage, **own).hired(), Desk(stage)
    other = await Worker(stage).hired()
    job_id = await desk.submit(worker.skill)
    task = await worker.task()
    await desk.note_job(job_id, "the job before a result in another name")
    await worker.result(task, tag="a result in another name", worker_id=other.id)
    await desk.note_job(job_id, "the job after a result in another name")
    await worker.result(task, tag=twin("a result in another name"))


@scenario()
async def no_ids(stage: Stage) -> None:
    """Leave out of results which job or task they are about."""
    worker = await Worker(stage).hired()
    nobodys = {"job_id": stage.unique("job"), "task_id": stage.unique("task")}
    for member in nobodys:
        await worker.result(nobodys, tag=f"a result without {member}", **{member: None})
        await worker.result(nobodys, tag=twin(f"a result without {member}"))


@scenario()
async def transient_failures(stage: Stage) -> None:
    """Fail a job as often as it comes."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill)
    for _ in range(int(stage.facts.get("max_retries", RETRIES)) + 1):
        task = await worker.task(tag="an attempt")
        await worker.result(task, tag="a transient failure", status="failure", error=TRANSIENT)
    await desk.settle(job_id, *OVER, tag="the job after its last attempt")


async def failures(stage: Stage, *codes: str) -> None:
    """Fail one job with each code."""
    errors = [{"code": code, "message": "no"} for code in codes]
    await side_by_side(
        *(
            report(stage, tag=error["code"], status="failure", error=error, data=None)
            for error in errors
        )
    )


@scenario()
async def permanent_failures(stage: Stage) -> None:
    """Fail jobs with the codes that nobody should try again."""
    await failures(stage, *QUARANTINING)


@scenario()
async def bad_input(stage: Stage) -> None:
    """Fail jobs with the codes that blame what was given."""
    await failures(stage, *FAILING)


@scenario()
async def own_statuses(stage: Stage) -> None:
    """Report two statuses of one's own: a transition of the job, and none."""
    await report(stage, tag="a status with a transition", transitions=OWN_STATUS, status="shiny")
    await report(stage, tag="a status without one", transitions=OWN_STATUS, status="dull")


@scenario()
async def promises(stage: Stage) -> None:
    """Report two successes: one breaks the skill's output schema, one keeps it."""
    await report(stage, tag="a broken promise", data={"n": "one"})
    await report(stage, tag=twin("a broken promise"), data={"n": 1})


@scenario()
async def integral_number(stage: Stage) -> None:
    """Spell the integer of an output schema ``1.0``."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.hired(supported_skills=[{"name": worker.skill, "output_schema": PROMISE}])
    job_id = await desk.submit(worker.skill)
    signed = worker.signed(worker.outcome(await worker.task(), data={"n": 1}))
    body = respelled(canonical.encode(signed), [(b'{"n":1}', b'{"n":1.0}')])
    await worker.send("POST", RESULT, body, tag="an integer spelled 1.0")
    await desk.settle(job_id, *OVER, tag="the job after 1.0")


@scenario()
async def cancelled_job(stage: Stage) -> None:
    """Report a result after the client has cancelled the job."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill)
    task = await worker.task()
    await desk.cancel(job_id)
    await desk.settle(job_id, *OVER, tag="the cancelled job")
    await worker.result(task, tag="a result after cancellation")
    await desk.note_job(job_id, "the cancelled job after a result")


@scenario(settings=ONE_TRY)
async def late(stage: Stage) -> None:
    """Report a result when the task's time is over and its job has ended."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    job_id = await desk.submit(worker.skill)
    task = await worker.task()
    await desk.settle(job_id, *OVER, tag="the job after its time", within=patience(stage))
    await worker.result(task, tag="a late result")


@scenario(settings=TWO_TRIES)
async def no_result(stage: Stage) -> None:
    """Take a task, never report it, and go on polling."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    await desk.submit(worker.skill)
    await worker.task(tag="a first delivery")

    async def poll() -> Answer:
        return await worker.poll(tag="a poll after the first delivery")

    await stage.until(poll, lambda answer: answer.status == GIVEN, within=patience(stage))


def patience(stage: Stage) -> float:
    """Return how long to wait for the effect of an execution time-out."""
    return float(stage.facts.get("execution_timeout", 300)) + SETTLED


@scenario()
async def branches(stage: Stage) -> None:
    """Give two workers a branch each; one also reports a branch that does not exist."""
    one, two = await Worker(stage).hired(), await Worker(stage).hired()
    desk = Desk(stage)
    job_id = await desk.submit("", parallel=[{"type": one.skill}, {"type": two.skill}])
    first, second = await asyncio.gather(one.task(), two.task())
    await one.result(first, tag="a branch")
    unknown: Mapping[str, str] = {"job_id": job_id, "task_id": stage.unique("task")}
    await two.result(unknown, tag="an unknown branch")
    await desk.note_job(job_id, "the job before its last branch")
    await two.result(second, tag="a branch")
    await desk.settle(job_id, *OVER, tag="the job after its last branch")


@scenario()
async def with_metadata(stage: Stage) -> None:
    """Report a success with metadata, for a job that has none."""
    await report(stage, tag="a result with metadata", metadata={"took": "long"})


@scenario()
async def moved_task(stage: Stage) -> None:
    """Let a task wait for one worker while another one with the same skill polls."""
    owner, desk = await Worker(stage).hired(), Desk(stage)
    await queued(desk, owner)
    idler = Worker(stage)
    idler.skill = owner.skill
    await idler.hired()
    poll = await idler.poll(tag="a poll of an idle worker")
    if poll.status != GIVEN:
        raise NotObserved("the orchestrator moves no waiting task to another worker")
    await idler.result(poll.json, tag="a result of a moved task")
