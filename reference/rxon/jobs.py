"""Jobs and their tasks: states, what each result means, what each error code costs (sheet 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reference.rxon import revision
from reference.rxon.demands import Demand
from reference.rxon.workers import Skill


class Status(StrEnum):
    """Where a job stands."""

    WAITING = "waiting_for_worker"
    PARALLEL = "waiting_for_parallel_tasks"
    FINISHED = "finished"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Status.FINISHED, Status.FAILED, Status.QUARANTINED, Status.CANCELLED})

# Where an end state leads; any other end state is a failure (sheet 5.3).
END_STATES: Mapping[str, Status] = {"finished": Status.FINISHED}
OTHER_END_STATE = Status.FAILED


class Stage(StrEnum):
    """Where a task stands; one that is over keeps its id in the job."""

    QUEUED = "queued"
    RUNNING = "running"
    OVER = "over"


@dataclass(slots=True)
class Task:
    """One attempt to have a demand met by a worker."""

    task_id: str
    job_id: str
    worker_id: str
    demand: Demand
    skill: Skill  # as the worker had declared it when it was chosen
    order: int
    created: float
    stage: Stage = Stage.QUEUED
    picked_up: float | None = None
    attempt: int = 1

    @property
    def deadline(self) -> float | None:
        """Return when the result must be there, if the client said so."""
        limit = self.demand.result_timeout_seconds
        return None if limit is None else self.created + limit


@dataclass(slots=True)
class Job:
    """What a client asked for; mutable, and owned by the orchestrator's state."""

    job_id: str
    owner: str  # the client's token
    created: float
    status: Status = Status.WAITING
    worker_id: str | None = None  # the one that was given a task last
    tasks: dict[str, Task] = field(default_factory=dict)  # those whose result is or was wanted
    superseded: list[str] = field(default_factory=list)  # tasks that a newer attempt replaced
    outcomes: dict[str, Any] = field(default_factory=dict)  # of parallel branches, by task id
    state_history: dict[str, Any] = field(default_factory=dict)
    progress: Any = None
    progress_message: Any = None
    error_message: str | None = None
    retry_count: int = 0
    timed_out: bool = False
    metadata: dict[str, Any] | None = None
    security: dict[str, Any] | None = None

    @property
    def terminal(self) -> bool:
        """Say whether nothing can change the job any more."""
        return self.status in TERMINAL

    @property
    def parallel(self) -> bool:
        """Say whether the job has branches."""
        return len(self.tasks) > 1 or bool(self.outcomes) or self.status is Status.PARALLEL


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failed result does to the job and to the worker's reputation."""

    status: Status
    text: str
    penalty: float = 0.0


PERMANENT = "Task failed with permanent error ({code}): {message}"

# RXON-RES-10 and RXON-RES-11; a code that is not here is transient and retried (RXON-RES-09).
FAILURES: Mapping[str, Failure] = {
    "PERMANENT_ERROR": Failure(Status.QUARANTINED, PERMANENT, revision.REPUTATION_FAILURE),
    "SECURITY_ERROR": Failure(Status.QUARANTINED, PERMANENT, revision.REPUTATION_FAILURE),
    "DEPENDENCY_ERROR": Failure(Status.QUARANTINED, PERMANENT, revision.REPUTATION_FAILURE),
    "CONTRACT_VIOLATION_ERROR": Failure(
        Status.QUARANTINED, PERMANENT, revision.REPUTATION_CONTRACT_VIOLATION
    ),
    "INVALID_INPUT_ERROR": Failure(Status.FAILED, "Task failed due to invalid input: {message}"),
    "INTEGRITY_MISMATCH_ERROR": Failure(
        Status.FAILED, "Task failed due to data integrity mismatch: {message}"
    ),
}
TRANSIENT = "TRANSIENT_ERROR"
CONTRACT_VIOLATION = "CONTRACT_VIOLATION_ERROR"
EXHAUSTED = "Task failed after {attempts} attempts: {message}"
TIMED_OUT = "Worker task timed out: execution/result deadline reached."
NOT_PICKED_UP = "Worker task timed out: it was not picked up (dispatch timeout)."


def end_state(name: str) -> Status:
    """Return the status of a job that reached an end state."""
    return END_STATES.get(name, OTHER_END_STATE)


def result_of(job: Job) -> Any:
    """Return what a client sees as the result: the end state's own entry, else the last merged."""
    if job.status in job.state_history:
        return job.state_history[job.status]
    return next(reversed(job.state_history.values()), None)


def view(job: Job) -> dict[str, Any]:
    """Return the job as its client sees it."""
    task = next(reversed(job.tasks.values()), None)
    seen = {
        "id": job.job_id,
        "blueprint_name": "generic",
        "status": job.status.value,
        "result": result_of(job) if job.terminal else None,
        "state_history": job.state_history,
        "progress": job.progress,
        "progress_message": job.progress_message,
        "error_message": job.error_message,
        "retry_count": job.retry_count,
        "task_id": task.task_id if task else None,
        "worker_id": job.worker_id,
        "metadata": job.metadata,
    }
    if job.parallel:
        seen["task_ids"] = list(job.tasks)
    return {key: value for key, value in seen.items() if value is not None}
