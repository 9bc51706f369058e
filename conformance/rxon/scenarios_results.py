"""Conversations about results: who may report what, when, and what becomes of the job."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from conformance.kit.suite import scenario
from conformance.rxon import REVISION_RETRIES
from conformance.rxon.peer import RESULT, Desk, Worker, respelled, twin
from conformance.rxon.polls import GIVEN, OVER
from reference.rxon import canonical

if TYPE_CHECKING:
    from conformance.kit.exchange import Answer
    from conformance.kit.stage import Stage

# Time-outs that a conversation can wait for.
ONE_TRY = {"execution_timeout": 1, "max_retries": 0}
TWO_TRIES = {"execution_timeout": 1, "max_retries": 1}

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
QUARANTINING = ("PERMANENT_ERROR", "SECURITY_ERROR", "DEPENDENCY_ERROR", "CONTRACT_VIOLATION_ERROR")
FAILING = ("INVALID_INPUT_ERROR", "INTEGRITY_MISMATCH_ERROR")
TRANSIENT = {"code": "TRANSIENT_ERROR", "message": "try again"}


def result_of(worker: Worker, task: dict[str, Any], **members: Any) -> bytes:
    """Return a signed result as bytes."""
    return canonical.encode(worker.signed(worker.outcome(task, **members)))


async def report(stage: Stage, *, tag: str, skill: Any = None, **result: Any) -> None:
    """Have one worker do one job and report it; note the job when it has ended."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.hired(supported_skills=[{"name": worker.skill, **(skill or {})}])
    job_id = await desk.submit(worker.skill)
    await worker.result(await worker.task(), tag=tag, **result)
    await desk.settle(job_id, *OVER, tag=f"the job after {tag}")
