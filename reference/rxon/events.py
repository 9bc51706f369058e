"""What a worker's event does to the job that it is about (RXON-EVT)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reference.rxon import assignment, canonical, contracts, jobs
from reference.rxon.jobs import Job, Status, Task
from reference.rxon.state import State
from reference.rxon.workers import Skill

PROGRESS = "progress"
ACCEPTED: Mapping[str, Any] = {"status": "event_accepted"}

Reply = tuple[int, Mapping[str, Any]]


def apply(state: State, body: Mapping[str, Any], *, sender: str) -> Reply:
    """Let an event have its effect; return the answer's status and body."""
    event = canonical.normalise(body)
    job = state.jobs.get(event.get("target_job_id", ""))
    if job is not None and not may_speak(job, sender):
        return 403, {"error": f"job {job.job_id} is not with worker '{sender}'"}
    task = subject(job, event, sender) if job else None
    problem = broken_promise(state, event, sender=sender, task=task)
    if problem:  # told under 200, for published workers take anything else as a lost event
        return 200, {"status": "error", "code": jobs.CONTRACT_VIOLATION, "message": problem}
    if job is not None and task is not None and not job.terminal:
        EFFECTS.get(event["event_type"], other)(state, job, task, event)
    return 200, ACCEPTED


def may_speak(job: Job, sender: str) -> bool:
    """RXON-EVT-05: only a worker that has a task of the job; whom it relays for is its affair."""
    return sender == job.worker_id or any(task.worker_id == sender for task in job.tasks.values())


def subject(job: Job, event: Mapping[str, Any], sender: str) -> Task | None:
    """Return the sender's task that the event is about; a superseded one is none."""
    own = {key: task for key, task in job.tasks.items() if task.worker_id == sender}
    told = event.get("target_task_id", event.get("origin_task_id"))
    if told is None:
        return next(iter(own.values()), None)
    return own.get(told)


def broken_promise(
    state: State, event: Mapping[str, Any], *, sender: str, task: Task | None
) -> str | None:
    """Check the payload against what the skill declares for this type of event (RXON-EVT-03)."""
    kind = event["event_type"]
    skills = iter([task.skill]) if task else declared(state, sender)
    schemas = [skill["events_schema"][kind] for skill in skills if kind in events_of(skill)]
    problems = [contracts.violation(event["payload"], schema) for schema in schemas]
    return problems[0] if problems and all(problems) else None


def declared(state: State, worker_id: str) -> Iterator[Skill]:
    """Return the catalogue of a worker; an event about no task may belong to any skill."""
    worker = state.fleet.get(worker_id)
    for skills in worker.skills.values() if worker else ():
        yield from skills


def events_of(skill: Skill) -> Mapping[str, Any]:
    """Return the event schemas that a skill declares."""
    return skill.get("events_schema") or {}


def progress(state: State, job: Job, task: Task, event: Mapping[str, Any]) -> None:
    """Show how far the task is (RXON-EVT-02)."""
    payload = event["payload"]
    job.progress = payload.get("progress", job.progress)
    job.progress_message = payload.get("message", job.progress_message)
    state.changed_job(job)
    other(state, job, task, event)


def other(state: State, job: Job, task: Task, event: Mapping[str, Any]) -> None:
    """Move a waiting job on if the client named this type of event (sheet 5.3)."""
    target = (task.demand.event_transitions or {}).get(event["event_type"])
    if target is None or job.status is not Status.WAITING:
        return
    job.state_history.update(event["payload"])
    assignment.supersede(state, job, task)  # the result that comes later is stale
    assignment.end(state, job, jobs.end_state(target))


EFFECTS: Mapping[str, Callable[[State, Job, Task, Mapping[str, Any]], None]] = {PROGRESS: progress}
