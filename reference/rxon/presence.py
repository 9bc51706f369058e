"""Workers come, stay and fall silent: registration, heartbeat, end of life (RXON-REG, RXON-HB)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reference.rxon import assignment, dispatch, jobs, revision, workers
from reference.rxon.dispatch import Nobody
from reference.rxon.jobs import Stage, Status, Task
from reference.rxon.state import WORKER, State, Wake
from reference.rxon.workers import Worker

Reply = tuple[int, Mapping[str, Any]]

REFRESHED: Mapping[str, Any] = {"status": "ttl_refreshed"}
LOST = "The worker did not answer in time"


def register(
    state: State, body: Mapping[str, Any], *, sender: str, version: str | None, now: float
) -> Reply:
    """Take a worker in, or anew (RXON-REG-01, -02, -09)."""
    worker = state.fleet.register(sender, body, expires=now + state.policy.worker_ttl)
    load = state.queues.length(sender) + len(state.running.get(sender, ()))
    state.fleet.set_load(worker, load)
    keep_alive(state, worker, now=now)
    review_queue(state, worker)
    state.effects.append(Wake(sender))  # its queue may have outlived its record
    return 200, {"status": "registered", "version": revision.PROTOCOL_VERSION, **warning(version)}


def warning(version: str | None) -> dict[str, str]:
    """Warn of another version; a worker that names none is not warned (RXON-REG-02)."""
    if version in (None, revision.PROTOCOL_VERSION):
        return {}
    return {
        "warning": "Protocol version mismatch! "
        f"Orchestrator: {revision.PROTOCOL_VERSION}, Worker: {version}"
    }


def keep_alive(state: State, worker: Worker, *, now: float) -> None:
    """Let a worker live for another while (RXON-HB-01, -02)."""
    worker.expires = now + state.policy.worker_ttl
    state.deadlines.set((WORKER, worker.worker_id), worker.expires)
    state.changed_worker(worker)


def unknown(worker_id: str) -> Reply:
    """Tell an unknown worker to register; published workers look for "not found" (RXON-HB-09)."""
    return 404, {"error": f"Worker '{worker_id}' not found; register again"}


def refresh(state: State, *, sender: str, now: float) -> Reply:
    """Answer a heartbeat without a body (RXON-HB-02)."""
    worker = state.fleet.get(sender)
    if worker is None:
        return unknown(sender)
    keep_alive(state, worker, now=now)
    return 200, REFRESHED


def beat(state: State, body: Mapping[str, Any], *, sender: str, now: float) -> Reply:
    """Answer a heartbeat (RXON-HB-01, -05, -06, -08)."""
    worker = state.fleet.get(sender)
    if worker is None:
        return unknown(sender)
    full_sync = workers.merge(worker, body)
    state.fleet.index(worker)
    keep_alive(state, worker, now=now)
    if "supported_skills" in body:
        review_queue(state, worker)
    unwanted = tasks_to_cancel(state, body.get("current_tasks") or ())
    answer: dict[str, Any] = {"status": "ok"}
    if full_sync:
        answer["require_full_sync"] = True
    if unwanted:
        answer["cancel_task_ids"] = unwanted
    return 200, answer


def tasks_to_cancel(state: State, current: Iterable[str]) -> list[str]:
    """Return the running tasks whose job has ended (RXON-HB-07, -08).

    An unknown id is left alone: it may be another orchestrator's task, and a worker would stop it.
    """
    return [task_id for task_id in current if is_unwanted(state, task_id)]


def is_unwanted(state: State, task_id: str) -> bool:
    """Say whether a task belongs to a job that has ended."""
    job_id = state.job_of_task.get(task_id)
    return job_id is not None and state.jobs[job_id].terminal


def expire(state: State, worker_id: str, *, now: float) -> None:
    """Forget a silent worker and let others have its tasks (RXON-HB-03, RXON-RES-17).

    What nobody else can do stays where it is: the worker may come back for its queue, and a task
    that it still runs ends with the execution time-out.
    """
    state.fleet.remove(worker_id)
    state.changed[WORKER, worker_id] = None
    for task in waiting(state, worker_id):
        pass_on(state, task)
    for task_id in list(state.running.get(worker_id, ())):
        if task_id in state.running.get(worker_id, ()):  # not called off with another branch
            replace(state, task_id, now=now)


def waiting(state: State, worker_id: str) -> Iterator[Task]:
    """Return the tasks of a queue, also while they leave it: one may take others with it."""
    for task_id in state.queues.waiting(worker_id):
        task = state.task(task_id)
        if task.stage is Stage.QUEUED:
            yield task


def review_queue(state: State, worker: Worker) -> None:
    """Take back what a worker cannot do any more, now that it told anew what it can (DSP-01)."""
    for task in waiting(state, worker.worker_id):
        if dispatch.unsuitable(worker, task.demand) and not pass_on(state, task):
            reason = dispatch.explain(task.demand, {})
            assignment.end(state, state.jobs[task.job_id], Status.QUARANTINED, message=reason)


def pass_on(state: State, task: Task) -> bool:
    """Give a task that nobody has seen yet to another worker, if there is one."""
    choice = dispatch.choose(state.market, task.demand)
    if isinstance(choice, Nobody):
        return False
    assignment.release(state, task)
    task.worker_id, task.skill = choice.worker.worker_id, choice.skill
    assignment.enqueue(state, task)
    return True


def replace(state: State, task_id: str, *, now: float) -> None:
    """Give a task that a silent worker had picked up to another one; this is a new attempt."""
    task = state.task(task_id)
    if isinstance(dispatch.choose(state.market, task.demand), Nobody):
        return
    try_elsewhere(state, task_id, now=now, message=LOST)


def time_out(state: State, task_id: str, *, now: float) -> None:
    """Give up waiting for the result of a task."""
    try_elsewhere(state, task_id, now=now, message=jobs.TIMED_OUT)


def try_elsewhere(state: State, task_id: str, *, now: float, message: str) -> None:
    """Try a task again that was not answered in time, elsewhere if possible (RXON-RES-16, -17)."""
    task = state.task(task_id)
    avoid = (task.worker_id,)
    if assignment.retry(state, task, now=now, message=message, avoid=avoid):
        return
    text = jobs.EXHAUSTED.format(attempts=task.attempt, message=message)
    job = state.jobs[task.job_id]
    assignment.end(state, job, Status.QUARANTINED, message=text, timed_out=True)


def overlook(state: State, task_id: str, *, now: float) -> None:
    """Fail a job whose task nobody picked up in time."""
    del now
    job = state.jobs[state.job_of_task[task_id]]
    assignment.end(state, job, Status.FAILED, message=jobs.NOT_PICKED_UP, timed_out=True)
