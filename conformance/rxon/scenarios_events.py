"""Conversations about events: progress, contracts, whose job it is, relays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.rxon.peer import EVENTS, SETTLED, Desk, Worker, twin

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

REQUIRED = ("event_id", "worker_id", "origin_worker_id", "event_type", "payload")
FRACTION = {"progress": {"type": "object", "properties": {"progress": {"type": "number"}}}}


async def at_work(
    stage: Stage, **skill: Any
) -> tuple[Worker, Desk, dict[str, str], dict[str, Any]]:
    """Return a worker with a task, the desk, what its events name, and the job before them."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.hired(
        supported_skills=[{"name": worker.skill, "type": worker.skill, **skill}],
    )
    await desk.submit(worker.skill)
    task = await worker.task()
    target = {
        "target_job_id": task["job_id"],
        "target_task_id": task["task_id"],
        "origin_task_id": task["task_id"],
    }
    job = await desk.note_job(task["job_id"], "the job at first")
    return worker, desk, target, job


async def settled_progress(desk: Desk, job_id: str, progress: float, *, tag: str) -> None:
    """Note the job when its progress has come as far, or will not."""
    job = await desk.stage.until(
        lambda: desk.job(job_id), lambda job: job.get("progress") == progress, within=SETTLED
    )
    desk.stage.note(tag, job=job)


@scenario()
async def progress(stage: Stage) -> None:
    """Have a worker say twice how far it is."""
    worker, desk, target, _ = await at_work(stage)
    for share, message in ((0.25, "a quarter"), (0.5, "half")):
        payload = {"progress": share, "message": message}
        await worker.event("progress", payload, tag="a progress event", **target)
        stage.note("said", progress=share, message=message)
        await settled_progress(desk, target["target_job_id"], share, tag="the job then")


@scenario()
async def contract(stage: Stage) -> None:
    """Break the contract that a skill declares for its events, then keep it."""
    worker, desk, target, _ = await at_work(stage, events_schema=FRACTION)
    job_id = target["target_job_id"]
    broken = "an event that breaks its contract"
    far = {"progress": "far", "message": "far"}
    await worker.event("progress", far, tag=broken, **target)
    await desk.note_job(job_id, "the job after the broken contract")
    await worker.event("progress", {"progress": 0.5}, tag=twin(broken), **target)
    await settled_progress(desk, job_id, 0.5, tag="the job after the kept contract")


@scenario()
async def incomplete(stage: Stage) -> None:
    """Leave one member out of an event, each in turn."""
    worker, _, target, _ = await at_work(stage)
    for member in REQUIRED:
        whole = worker.happening("progress", {"progress": 0.5}, **target)
        part = {name: value for name, value in whole.items() if name != member}
        tag = f"an event without {member}"
        await worker.send("POST", EVENTS, worker.signed(whole), tag=twin(tag))
        await worker.send("POST", EVENTS, worker.signed(part), tag=tag)


@scenario()
async def meddling(stage: Stage) -> None:
    """Have a worker speak about the job of another one, which then does so itself."""
    worker, desk, target, _ = await at_work(stage)
    job_id = target["target_job_id"]
    meddler = await Worker(stage).hired()
    foreign = "an event for another worker's job"
    await meddler.event("progress", {"progress": 0.9, "message": "mine"}, tag=foreign, **target)
    await desk.note_job(job_id, "the job after the other worker's event")
    await worker.event("progress", {"progress": 0.5}, tag=twin(foreign), **target)
    await settled_progress(desk, job_id, 0.5, tag="the job after its own worker's event")


@scenario()
async def relay(stage: Stage) -> None:
    """Have a worker pass on what happened at one that only it knows."""
    worker, desk, target, _ = await at_work(stage)
    leaf = stage.unique("leaf")
    chain = {"origin_worker_id": leaf, "bubbling_chain": [leaf]}
    await worker.event("progress", {"progress": 0.5}, tag="a relayed event", **chain, **target)
    await settled_progress(desk, target["target_job_id"], 0.5, tag="the job after the relay")
