"""The life of a task: given to a worker, picked up, stolen, given back, replaced, ended."""

from collections.abc import Collection
from typing import Any

from reference.rxon import dispatch, workers
from reference.rxon.demands import Demand
from reference.rxon.dispatch import Choice, Nobody
from reference.rxon.jobs import Job, Stage, Status, Task
from reference.rxon.state import DISPATCH, RESULT, TASK, CancelTask, State, Wake
from reference.rxon.workers import Worker


def task_name(state: State, *, parallel: bool) -> str:
    """Name a task; branches of a parallel job carry bare ids (sheet 3.3)."""
    return state.new_id() if parallel else f"task-{state.new_id()}"


def give(state: State, job: Job, demand: Demand, *, now: float) -> None:
    """Queue a new task for the best worker.

    Without one the job is quarantined at once, for that is what published clients expect.
    """
    choice = dispatch.choose(state.market, demand)
    if isinstance(choice, Nobody):
        end(state, job, Status.QUARANTINED, message=choice.message)
    else:
        give_to(state, job, demand, choice, now=now)


def give_to(state: State, job: Job, demand: Demand, choice: Choice, *, now: float) -> Task:
    """Queue a new task for a chosen worker."""
    state.given += 1
    task = Task(
        task_id=task_name(state, parallel=job.status is Status.PARALLEL),
        job_id=job.job_id,
        worker_id=choice.worker.worker_id,
        demand=demand,
        skill=choice.skill,
        order=state.given,
        created=now,
    )
    job.tasks[task.task_id] = task
    state.job_of_task[task.task_id] = job.job_id
    enqueue(state, task)
    return task


def enqueue(state: State, task: Task) -> None:
    """Put a task into its worker's queue, new or coming back."""
    job = state.jobs[task.job_id]
    job.worker_id = task.worker_id
    task.stage, task.picked_up = Stage.QUEUED, None
    state.queues.put(
        task.worker_id, priority=task.demand.priority, order=task.order, task_id=task.task_id
    )
    add_load(state, task.worker_id, 1)
    watch_queue(state, task)
    state.changed_job(job)
    state.effects.append(Wake(task.worker_id))


def watch_queue(state: State, task: Task) -> None:
    """Set when a waiting task is too late."""
    limit = task.demand.dispatch_timeout_seconds
    if limit is not None:
        state.deadlines.set((DISPATCH, task.task_id), task.created + limit)
    if task.deadline is not None:
        state.deadlines.set((RESULT, task.task_id), task.deadline)


def execution_limit(state: State, task: Task) -> float | None:
    """Return how long a picked-up task may run; a result deadline replaces the general limit."""
    if task.demand.timeout_seconds is not None:
        return task.demand.timeout_seconds
    return None if task.deadline is not None else state.policy.execution_timeout


def watch_execution(state: State, task: Task) -> None:
    """Set when a running task is too late; the clock starts at pick-up (RXON-RES-17)."""
    limit = execution_limit(state, task)
    if limit is not None and task.picked_up is not None:
        state.deadlines.set((TASK, task.task_id), task.picked_up + limit)
    if task.deadline is not None:
        state.deadlines.set((RESULT, task.task_id), task.deadline)


def take(
    state: State, worker_id: str, *, skills: Collection[str] | None, now: float
) -> Task | None:
    """Hand the first acceptable task of a worker's queue to it (RXON-POLL-04, -05, -07)."""

    def accepts(task_id: str) -> bool:
        return skills is None or state.task(task_id).demand.type in skills

    task_id = state.queues.take(worker_id, accepts=accepts)
    return None if task_id is None else pick_up(state, state.task(task_id), now=now)


def steal(
    state: State, worker_id: str, *, skills: Collection[str] | None, now: float
) -> Task | None:
    """Hand a task from the longest queue of another live worker to an idle one (RXON-RES-19).

    Only a registered thief that passes every test of dispatch qualifies. The task becomes its own,
    so that it may answer.
    """
    thief = state.fleet.get(worker_id)
    if thief is None or not may_take(thief):
        return None

    def suits(task_id: str) -> bool:
        demand = state.task(task_id).demand
        wanted = skills is None or demand.type in skills
        return wanted and dispatch.unsuitable(thief, demand) is None

    for victim in state.queues.longest_first():
        if victim == worker_id or state.fleet.get(victim) is None:
            continue
        task_id = state.queues.take(victim, accepts=suits)
        if task_id is not None:
            return pick_up(state, move(state, state.task(task_id), thief), now=now)
    return None


def may_take(worker: Worker) -> bool:
    """Say whether a worker may be given more."""
    return workers.dispatchable(worker)


def move(state: State, task: Task, worker: Worker) -> Task:
    """Make a task that is in no queue another worker's."""
    add_load(state, task.worker_id, -1)
    task.worker_id = worker.worker_id
    task.skill = dispatch.skill_for(worker, task.demand)
    state.jobs[task.job_id].worker_id = worker.worker_id
    add_load(state, worker.worker_id, 1)
    return task


def pick_up(state: State, task: Task, *, now: float) -> Task:
    """Note that a worker has the task."""
    task.stage, task.picked_up = Stage.RUNNING, now
    state.running.setdefault(task.worker_id, {})[task.task_id] = None
    state.deadlines.drop((DISPATCH, task.task_id))
    watch_execution(state, task)
    state.changed_job(state.jobs[task.job_id])
    return task


def give_back(state: State, task: Task) -> None:
    """Return a task that never reached its worker to the head of the queue (RXON-POLL-08)."""
    if task.stage is Stage.RUNNING:
        release(state, task)
        enqueue(state, task)


def release(state: State, task: Task) -> None:
    """Take a task off its worker's hands, wherever it stands."""
    if task.stage is Stage.QUEUED:
        state.queues.remove(task.worker_id, task.task_id)
    elif task.stage is Stage.RUNNING:
        running = state.running[task.worker_id]
        running.pop(task.task_id)
        if not running:
            del state.running[task.worker_id]
    else:
        return
    task.stage = Stage.OVER
    add_load(state, task.worker_id, -1)
    for kind in (DISPATCH, TASK, RESULT):
        state.deadlines.drop((kind, task.task_id))


def add_load(state: State, worker_id: str, change: int) -> None:
    """Count the tasks of a worker."""
    worker = state.fleet.get(worker_id)
    if worker is not None:
        state.fleet.set_load(worker, worker.load + change)


def supersede(state: State, job: Job, task: Task) -> None:
    """Stop waiting for a task: its result would be stale from now on (RXON-RES-05)."""
    release(state, task)
    job.tasks.pop(task.task_id)
    job.superseded.append(task.task_id)
    state.changed_job(job)


def retry(
    state: State, task: Task, *, now: float, message: str, avoid: Collection[str] = ()
) -> bool:
    """Put a new attempt in the place of a task, as often as the policy allows (RXON-RES-09)."""
    job = state.jobs[task.job_id]
    release(state, task)
    if task.attempt > state.policy.max_retries:
        return False
    demand = task.demand
    choice = dispatch.choose(state.market, demand, avoid=avoid)
    if isinstance(choice, Nobody):
        choice = the_same_again(state, task) or choice
    if isinstance(choice, Nobody):
        end(state, job, Status.QUARANTINED, message=f"{message}; {choice.message}")
        return True
    supersede(state, job, task)
    job.retry_count += 1
    give_to(state, job, demand, choice, now=now).attempt = task.attempt + 1
    return True


def the_same_again(state: State, task: Task) -> Choice | None:
    """Return the task's own worker if it lives and only is not idle.

    It was busy with this very task, and its heartbeat may not have said yet that it is free.
    """
    worker = state.fleet.get(task.worker_id)
    if worker is None or dispatch.unsuitable(worker, task.demand):
        return None
    return Choice(worker, dispatch.skill_for(worker, task.demand))


def end(
    state: State, job: Job, status: Status, *, message: str | None = None, timed_out: bool = False
) -> None:
    """Bring a job to a terminal state; nothing leads out of it (RXON-RES-06, -15)."""
    for task in job.tasks.values():
        release(state, task)
    job.status, job.timed_out = status, timed_out
    state.ended.append(job.job_id)
    if message is not None:
        job.error_message = message
    state.changed_job(job)


def cancel(state: State, job: Job) -> None:
    """Cancel a job: no queued task is delivered, running ones are called off (RXON-WS-06)."""
    for task in job.tasks.values():
        if task.stage is Stage.RUNNING:
            state.effects.append(CancelTask(task.worker_id, task.task_id, job.job_id))
    end(state, job, Status.CANCELLED)


def payload(job: Job, task: Task) -> dict[str, Any]:
    """Return the TaskPayload in the order of its model (RXON-POLL-03, -11, RXON-DSP-06)."""
    body = {
        "job_id": job.job_id,
        "task_id": task.task_id,
        "type": task.demand.type,
        "params": task.demand.params or {},
        "tracing_context": {},
        "priority": task.demand.priority,
        "deadline": None if task.deadline is None else int(task.deadline),
        "security": job.security,
        "metadata": job.metadata,
        "timestamp": int(task.created),
        "skill_version": task.demand.skill_version,
        "skill_type": task.demand.skill_type,
    }
    return {key: value for key, value in body.items() if value is not None}
