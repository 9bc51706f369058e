"""The client API: jobs come in, are looked at and cancelled (sheet 2.4, RXON-JOB-01)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from reference.rxon import assignment, canonical, demands, jobs, messages
from reference.rxon.demands import Demand
from reference.rxon.jobs import Job, Status
from reference.rxon.messages import FieldError
from reference.rxon.state import State

Reply = tuple[int, Any]

NOT_FOUND: Reply = (404, {"error": "Job not found"})
ENDED: Reply = (404, {"error": "Job not found or already terminal."})
FOREIGN: Reply = (403, {"error": "Access denied: You do not own this job"})
BAD_JSON: Reply = (400, {"error": "Invalid JSON body"})

# Members that a job may carry besides `initial_data`, each an object.
CARRIED = ("metadata", "security")
# Time limits for every task of the job that names none of its own.
LIMITS: Mapping[str, str] = {
    "dispatch_timeout": "dispatch_timeout_seconds",
    "result_timeout": "result_timeout_seconds",
}


def submit(state: State, body: Any, *, owner: str, now: float) -> Reply:
    """Take a job and give its tasks out at once."""
    if not isinstance(body, dict) or not body:
        return BAD_JSON
    try:
        canonical.encode(body)  # what cannot be written could never reach a worker
        body = {name: value for name, value in body.items() if value is not None}
        wanted = read(body)
        metadata, security = (carried_object(body, name) for name in CARRIED)
    except (FieldError, canonical.CanonicalError) as error:
        return 400, {"error": str(error)}
    job = Job(job_id=state.new_id(), owner=owner, created=now)
    job.metadata, job.security = metadata, security
    state.jobs[job.job_id] = job
    state.changed_job(job)
    if isinstance(wanted, list):
        job.status = Status.PARALLEL
    for demand in wanted if isinstance(wanted, list) else [wanted]:
        if not job.terminal:
            assignment.give(state, job, demand, now=now)
    return 202, {"status": "accepted", "job_id": job.job_id}


def read(body: Mapping[str, Any]) -> Demand | list[Demand]:
    """Return what the job wants: one task, or the branches of a parallel job."""
    data = body.get("initial_data", {})
    messages.mapping("initial_data", data)
    branches = data.get("parallel")
    if branches is None:
        single = demands.parse(data.get("dispatch", {}), path="initial_data.dispatch")
        return demands.with_default_version(limited(single, body))
    if not isinstance(branches, list) or not branches:
        raise FieldError("initial_data.parallel", "expected array of dispatch objects")
    return [
        limited(demands.parse(branch, path=f"initial_data.parallel[{index}]"), body)
        for index, branch in enumerate(branches)
    ]


def limited(demand: Demand, body: Mapping[str, Any]) -> Demand:
    """Apply the job's time limits to a demand that has none of its own."""
    missing = {}
    for name, own in LIMITS.items():
        if name in body:
            demands.duration(name, body[name])
            if getattr(demand, own) is None:
                missing[own] = body[name]
    return replace(demand, **missing) if missing else demand


def carried_object(body: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return an object that goes along with every task of the job."""
    value = body.get(name)
    if value is None:
        return None
    messages.mapping(name, value)
    return dict(canonical.normalise(value))


def look(state: State, job_id: str, *, owner: str, fields: Collection[str] | None) -> Reply:
    """Show a job to its owner."""
    job = state.jobs.get(job_id)
    if job is None:
        return NOT_FOUND
    if not owns(job, owner):
        return FOREIGN
    seen = jobs.view(job)
    return 200, seen if fields is None else {key: seen[key] for key in seen if key in fields}


def cancel(state: State, job_id: str, *, owner: str) -> Reply:
    """Cancel a job for its owner."""
    job = state.jobs.get(job_id)
    if job is None:
        return NOT_FOUND
    if not owns(job, owner):
        return FOREIGN
    if job.terminal:
        return ENDED
    assignment.cancel(state, job)
    return 200, {"status": "cancellation_request_accepted"}


def owns(job: Job, owner: str) -> bool:
    """Say whether a client may see and cancel a job."""
    return job.owner == owner
