"""The state of an orchestrator as JSON documents, for a store that outlives the process."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from reference.rxon import assignment
from reference.rxon.demands import Demand
from reference.rxon.jobs import Job, Stage, Status, Task
from reference.rxon.state import WORKER, State
from reference.rxon.workers import Worker

# What of a worker is not derived from other things.
KEPT = ("worker_id", "order", "expires", "record", "reputation")


def of_worker(worker: Worker) -> dict[str, Any]:
    """Write a worker."""
    return {name: getattr(worker, name) for name in KEPT}


def of_job(job: Job) -> dict[str, Any]:
    """Write a job with its tasks."""
    document = {field.name: getattr(job, field.name) for field in fields(job)}
    document["tasks"] = [of_task(task) for task in job.tasks.values()]
    return document


def of_task(task: Task) -> dict[str, Any]:
    """Write a task."""
    document = {field.name: getattr(task, field.name) for field in fields(task)}
    document["demand"] = asdict(task.demand)
    return document


def restore_worker(state: State, document: Mapping[str, Any]) -> None:
    """Take a worker back; one whose life ended meanwhile expires at the next tick."""
    worker = Worker(**document)
    state.fleet.restore(worker)
    state.deadlines.set((WORKER, worker.worker_id), worker.expires)


def restore_job(state: State, document: Mapping[str, Any]) -> None:
    """Take a job back; its running tasks stay with their workers and their clocks run on."""
    tasks = [read_task(task) for task in document["tasks"]]
    job = Job(**{**document, "status": Status(document["status"]), "tasks": {}})
    job.tasks = {task.task_id: task for task in tasks}
    state.jobs[job.job_id] = job
    for task_id in (*job.superseded, *job.tasks):
        state.job_of_task[task_id] = job.job_id
    if job.terminal:
        state.ended.append(job.job_id)
    for task in tasks:
        state.given = max(state.given, task.order)
        RESUME[task.stage](state, task)


def read_task(document: Mapping[str, Any]) -> Task:
    """Read a task."""
    demand = Demand(**document["demand"])
    return Task(**{**document, "demand": demand, "stage": Stage(document["stage"])})


def queue_again(state: State, task: Task) -> None:
    """Put a waiting task back into its queue."""
    state.queues.put(
        task.worker_id, priority=task.demand.priority, order=task.order, task_id=task.task_id
    )
    assignment.add_load(state, task.worker_id, 1)
    assignment.watch_queue(state, task)


def run_on(state: State, task: Task) -> None:
    """Go on waiting for a running task."""
    state.running.setdefault(task.worker_id, {})[task.task_id] = None
    assignment.add_load(state, task.worker_id, 1)
    assignment.watch_execution(state, task)


def leave(_state: State, _task: Task) -> None:
    """Have nothing to do for a task that is over."""


RESUME = {Stage.QUEUED: queue_again, Stage.RUNNING: run_on, Stage.OVER: leave}
