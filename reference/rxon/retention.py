"""How long a job that has ended can still be asked for: so long, and so many at most.

Nothing in the protocol says so; without an end the memory of an orchestrator would have none. A
result that comes later than that is one for an unknown job (RXON-RES-03), and no task returns.
"""

from reference.rxon.state import JOB, State


def keep(state: State, *, now: float) -> None:
    """Keep the jobs that ended since the last call for a while, and let the oldest go."""
    for job_id in state.ended:
        state.kept[job_id] = None
        state.deadlines.set((JOB, job_id), now + state.policy.job_retention)
    state.ended.clear()
    while len(state.kept) > state.policy.jobs_kept:
        oldest = next(iter(state.kept))
        state.deadlines.drop((JOB, oldest))
        forget(state, oldest, now=now)


def forget(state: State, job_id: str, *, now: float) -> None:
    """Forget a job and the names of its tasks."""
    del now
    job = state.jobs.pop(job_id)
    del state.kept[job_id]
    for task_id in (*job.superseded, *job.tasks):
        del state.job_of_task[task_id]
    state.changed[JOB, job_id] = None
