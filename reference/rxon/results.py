"""What a task result does: whether it counts, and what follows from it (sheet 5.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reference.rxon import assignment, canonical, contracts, jobs, revision
from reference.rxon.jobs import Job, Stage, Status, Task
from reference.rxon.state import State


@dataclass(frozen=True, slots=True)
class Result:
    """A checked, normalised TaskResult and who sent it."""

    sender: str
    job_id: str
    task_id: str
    status: Any
    data: Any
    error: Any


def read(body: Mapping[str, Any], *, sender: str) -> Result:
    """Make a result of a message; a missing status is success (RXON-RES-02)."""
    normal = canonical.normalise(body)
    return Result(
        sender=sender,
        job_id=normal["job_id"],
        task_id=normal["task_id"],
        status=normal.get("status", revision.DEFAULT_STATUS),
        data=normal.get("data"),
        error=normal.get("error"),
    )


# --- whether it counts


def is_for_another_worker(job: Job, result: Result) -> bool:
    """RXON-RES-04: compare with the task's own worker, so that a thief may answer (RES-18, -19)."""
    task = job.tasks.get(result.task_id)
    if task is not None:
        return task.worker_id != result.sender
    if job.parallel:
        return all(branch.worker_id != result.sender for branch in job.tasks.values())
    return job.worker_id != result.sender


def is_stale(job: Job, result: Result) -> bool:
    """RXON-RES-05 and RXON-RES-18."""
    return result.task_id not in job.tasks


def is_too_late(job: Job, _result: Result) -> bool:
    """RXON-RES-16."""
    return job.terminal and job.timed_out


def is_after_the_end(job: Job, _result: Result) -> bool:
    """RXON-RES-06 and RXON-RES-15."""
    return job.terminal


def is_answered(job: Job, result: Result) -> bool:
    """RXON-RES-18: a branch counts once."""
    return job.tasks[result.task_id].stage is Stage.OVER


# In order; the first that holds is the reason. A cancelled job is a terminal one like the others:
# no published peer has ever seen the reason `job_cancelled`.
IGNORED: tuple[tuple[str, Callable[[Job, Result], bool]], ...] = (
    ("worker_mismatch", is_for_another_worker),
    ("stale_task", is_stale),
    ("deadline_exceeded", is_too_late),
    ("job_already_terminated", is_after_the_end),
    ("stale_task", is_answered),
)
UNNAMED = ""  # a status that is no text leads nowhere
UNKNOWN_JOB = "job_not_found"  # RXON-RES-03

EXPLAINED: Mapping[str, str] = {
    UNKNOWN_JOB: "there is no such job",
    "worker_mismatch": "the task was given to another worker",
    "stale_task": "this task's result is not wanted any more",
    "deadline_exceeded": "the job timed out before",
    "job_already_terminated": "the job had ended before",
}


def why_ignored(job: Job | None, result: Result) -> str | None:
    """Return the reason why a result does not count."""
    if job is None:
        return UNKNOWN_JOB
    return next((reason for reason, holds in IGNORED if holds(job, result)), None)


# --- what follows


class Outcome(StrEnum):
    """What a result that counts amounts to; the value is the `transition` of the answer."""

    SUCCESS = "success_transition"
    FAILURE = "failure_handled"
    CANCELLED = "cancelled_handled"
    UNHANDLED = "unhandled_status_failure"
    BRANCH = "parallel_branch_accepted"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result after it was judged: what it amounts to, where it leads, what went wrong."""

    outcome: Outcome
    next_state: str = ""
    data: Any = None
    code: str = ""
    message: str = ""


def judge(task: Task, result: Result) -> Finding:
    """Say what a result amounts to."""
    status = result.status if isinstance(result.status, str) else UNNAMED
    if status == "failure":
        code, message = error_of(result.error)
        return Finding(Outcome.FAILURE, code=code, message=message)
    if status == "success" and (problem := broken_promise(task, result.data)):
        return Finding(Outcome.FAILURE, code=jobs.CONTRACT_VIOLATION, message=problem)
    if status in task.demand.next_states:
        outcome = Outcome.CANCELLED if status == "cancelled" else Outcome.SUCCESS
        return Finding(outcome, next_state=task.demand.next_states[status], data=result.data)
    if status == "cancelled":
        return Finding(Outcome.CANCELLED, message="cancelled by the worker")
    return Finding(Outcome.UNHANDLED, message=f"Worker returned unhandled status: {result.status}")


def broken_promise(task: Task, data: Any) -> str | None:
    """Check data against the schema that the worker declared (RXON-RES-13, -14)."""
    return contracts.violation(data, task.skill.get("output_schema"))


def error_of(error: Any) -> tuple[str, str]:
    """Return code and message of a TaskError; whatever is none of these is transient."""
    if not isinstance(error, dict):
        return jobs.TRANSIENT, str(error or "")
    code = error.get("code")
    return code if isinstance(code, str) else jobs.TRANSIENT, str(error.get("message", ""))


def ignored(reason: str) -> dict[str, Any]:
    """Answer a result that does not count."""
    return {"status": "ignored", "reason": reason, "message": EXPLAINED[reason]}


@dataclass(frozen=True, slots=True)
class Case:
    """A finding and what it is about."""

    state: State
    job: Job
    task: Task
    finding: Finding
    now: float


def apply(state: State, result: Result, *, now: float) -> dict[str, Any]:
    """Let a result have its effect and return the answer (RXON-RES)."""
    job = state.jobs.get(result.job_id)
    reason = why_ignored(job, result)
    if job is None or reason is not None:
        return ignored(reason or UNKNOWN_JOB)
    task = job.tasks[result.task_id]
    finding = judge(task, result)
    assess(state, task, finding)
    assignment.release(state, task)
    state.changed_job(job)
    branch = job.parallel
    follow = follow_branch if branch else FOLLOW[finding.outcome]
    follow(Case(state, job, task, finding, now))
    return {"status": "accepted", "transition": Outcome.BRANCH if branch else finding.outcome}


def assess(state: State, task: Task, finding: Finding) -> None:
    """Let the worker's reputation follow its result."""
    worker = state.fleet.get(task.worker_id)
    change = reputation_change(finding)
    if worker is None or not change:
        return
    reputation = max(0.0, min(revision.REPUTATION_LIMIT, worker.reputation + change))
    if reputation != worker.reputation:
        worker.reputation = reputation
        state.fleet.index(worker)
        state.changed_worker(worker)


def reputation_change(finding: Finding) -> float:
    """Return what a finding adds to a reputation (sheet 8)."""
    if finding.outcome is Outcome.SUCCESS:
        return revision.REPUTATION_SUCCESS
    failure = jobs.FAILURES.get(finding.code)
    return failure.penalty if failure else 0.0


def move_on(case: Case) -> None:
    """Merge the data and go to the state that the status leads to (RXON-RES-01, -12)."""
    if not case.finding.next_state:
        assignment.end(case.state, case.job, Status.CANCELLED)
        return
    merge(case.job, case.finding)
    assignment.end(case.state, case.job, jobs.end_state(case.finding.next_state))


def merge(job: Job, finding: Finding) -> None:
    """Keep the data; what is no object is kept under the name of the state that it led to."""
    if isinstance(finding.data, dict):
        job.state_history.update(finding.data)
    elif finding.data is not None:
        job.state_history[finding.next_state] = finding.data


def fail(case: Case) -> None:
    """End the job or try again, as the error code says (RXON-RES-09, -10, -11)."""
    finding = case.finding
    failure = jobs.FAILURES.get(finding.code)
    if failure is not None:
        text = failure.text.format(code=finding.code, message=finding.message)
        assignment.end(case.state, case.job, failure.status, message=text)
    elif not try_again(case):
        text = jobs.EXHAUSTED.format(attempts=case.task.attempt, message=finding.message)
        assignment.end(case.state, case.job, Status.QUARANTINED, message=text)


def try_again(case: Case) -> bool:
    """Replace the failed attempt by a new one, if the policy leaves one."""
    return assignment.retry(case.state, case.task, now=case.now, message=case.finding.message)


def give_up(case: Case) -> None:
    """Fail the job for a status that nothing follows from (RXON-RES-12)."""
    assignment.end(case.state, case.job, Status.FAILED, message=case.finding.message)


FOLLOW: Mapping[Outcome, Callable[[Case], None]] = {
    Outcome.SUCCESS: move_on,
    Outcome.CANCELLED: move_on,
    Outcome.FAILURE: fail,
    Outcome.UNHANDLED: give_up,
}


# --- branches of a parallel job


def follow_branch(case: Case) -> None:
    """Try a transient failure again, else note the branch and end the job after the last one."""
    finding = case.finding
    transient = finding.outcome is Outcome.FAILURE and finding.code not in jobs.FAILURES
    if transient and try_again(case):
        return
    case.job.outcomes[case.task.task_id] = {
        "outcome": finding.outcome,
        "data": finding.data,
        "message": finding.message,
    }
    if all(task_id in case.job.outcomes for task_id in case.job.tasks):
        aggregate(case.state, case.job)


def aggregate(state: State, job: Job) -> None:
    """End a parallel job: finished if every branch succeeded, else failed (RXON-RES-18)."""
    data = {task_id: noted["data"] for task_id, noted in job.outcomes.items()}
    job.state_history.update(data)
    failed = [noted for noted in job.outcomes.values() if noted["outcome"] != Outcome.SUCCESS]
    if failed:
        assignment.end(state, job, Status.FAILED, message=failed[0]["message"])
        return
    job.state_history[Status.FINISHED.value] = data  # orjson wants plain keys
    assignment.end(state, job, Status.FINISHED)
