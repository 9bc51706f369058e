"""What breaks each requirement of RXON-RES."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon import assignment, jobs, messages, results
from reference.rxon.core import parsed
from reference.rxon.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

RESULTS = "reference.rxon.results"

# Why results are ignored: (reason, rule), the first that holds.
Reasons = tuple[tuple[str, Any], ...]

of_the_orchestrator = partial(mutant, role="orc")


def without(reason: str) -> Callable[[Reasons], Reasons]:
    """Forget one reason to ignore a result."""
    return lambda reasons: tuple(row for row in reasons if row[0] != reason)


def with_rules(**rules: Any) -> Callable[[Reasons], Reasons]:
    """Replace rules, each named by the function that it was."""

    def replaced(reasons: Reasons) -> Reasons:
        return tuple((reason, rules.get(rule.__name__, rule)) for reason, rule in reasons)

    return replaced


def is_a_second_branch(job: Any, result: Any) -> bool:
    """Tell an answered task from a waiting one only in parallel jobs."""
    return bool(job.parallel) and results.is_answered(job, result)


def stumbles_over_metadata(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Fail where the job has no metadata to begin with."""

    def handled(state: Any, letter: Any) -> Any:
        job = state.jobs.get(letter.body["job_id"])
        if letter.body.get("metadata") and job is not None and job.metadata is None:
            return 500, {"error": "there is nothing to merge the metadata into"}
        return handle(state, letter)

    return handled


def confuses_the_old_with_the_foreign(reasons: Reasons) -> Reasons:
    """Give the wrong reason for an old attempt's result."""
    return tuple(
        ("worker_mismatch" if rule is results.is_stale else reason, rule)
        for reason, rule in reasons
    )


def lets_the_worker_use_any_name(receive: Callable[..., Any]) -> Callable[..., Any]:
    """Take the result of a worker's own task from it, whoever the body says it is."""

    def received(core: Any, kind: str, body: bytes, **shown: Any) -> Any:
        reply = receive(core, kind, body, **shown)
        if kind != "result" or reply.status != 403:  # noqa: PLR2004
            return reply
        message, _ = parsed(body)
        sender = core._identify(kind, shown["credentials"], hint=None, now=shown["now"])  # noqa: SLF001
        result = results.read(message, sender=sender)
        wanted = results.why_ignored(core.state.jobs.get(result.job_id), result) is None
        if not wanted or sender == message["worker_id"]:
            return reply
        return replace(reply, status=200, body=results.apply(core.state, result, now=shown["now"]))

    return received


def asks_for_no_ids(shape: messages.Shape) -> messages.Shape:
    """Make job_id and task_id of a result optional."""
    return {**shape, **dict.fromkeys(("job_id", "task_id"), messages.Field(messages.string))}


def forgets_attempts(try_again: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Try a task again as if it had never been tried."""

    def tried_again(case: Any) -> bool:
        case.task.attempt = 0
        return try_again(case)

    return tried_again


def keeps_spelling(read: Callable[..., Any]) -> Callable[..., Any]:
    """Check integral numbers of the data as they were spelled."""

    def spelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spelled(member) for name, member in value.items()}
        return Decimal(value) if isinstance(value, float) and value.is_integer() else value

    return lambda body, *, sender: replace(
        read(body, sender=sender), data=spelled(body.get("data"))
    )


def gives_up_at_once(_time_out: Callable[..., None]) -> Callable[..., None]:
    """End a job at its first time-out, however many retries are left."""

    def given_up(state: Any, task_id: str, *, now: float) -> None:
        del now
        job = state.jobs[state.job_of_task[task_id]]
        assignment.end(state, job, Status.QUARANTINED, message=jobs.TIMED_OUT, timed_out=True)

    return given_up


MUTANTS: tuple[Mutant, ...] = (
    of_the_orchestrator(
        "RXON-RES-01",
        "forgets the data of a success",
        f"{RESULTS}:merge",
        lambda _: lambda _job, _finding: None,
    ),
    of_the_orchestrator(
        "RXON-RES-02",
        "takes a missing status for an unknown one",
        "reference.rxon.revision:DEFAULT_STATUS",
        lambda _: "none",
    ),
    of_the_orchestrator(
        "RXON-RES-03",
        "calls the result of an unknown job stale",
        f"{RESULTS}:UNKNOWN_JOB",
        lambda _: "stale_task",
    ),
    of_the_orchestrator(
        "RXON-RES-04",
        "takes a result from whoever sends it",
        f"{RESULTS}:IGNORED",
        without("worker_mismatch"),
    ),
    of_the_orchestrator(
        "RXON-RES-05",
        "gives the wrong reason for an old attempt's result",
        f"{RESULTS}:IGNORED",
        confuses_the_old_with_the_foreign,
    ),
    of_the_orchestrator(
        "RXON-RES-06",
        "takes a second result, unless the job was cancelled",
        f"{RESULTS}:IGNORED",
        with_rules(
            is_after_the_end=lambda job, _: job.status is Status.CANCELLED,
            is_answered=is_a_second_branch,
        ),
    ),
    of_the_orchestrator(
        "RXON-RES-07",
        "takes a worker's result in whatever name",
        "reference.rxon.core:Orchestrator.receive",
        lets_the_worker_use_any_name,
    ),
    of_the_orchestrator(
        "RXON-RES-08",
        "does not look whether a result names its job and task",
        "reference.rxon.messages:SHAPES[result]",
        asks_for_no_ids,
    ),
    of_the_orchestrator(
        "RXON-RES-09",
        "tries a failing task again without end",
        f"{RESULTS}:try_again",
        forgets_attempts,
    ),
    of_the_orchestrator(
        "RXON-RES-10",
        "lets a job fail that a dependency error should quarantine",
        "reference.rxon.jobs:FAILURES[DEPENDENCY_ERROR]",
        lambda failure: replace(failure, status=Status.FAILED),
    ),
    of_the_orchestrator(
        "RXON-RES-11",
        "quarantines a job that invalid input should fail",
        "reference.rxon.jobs:FAILURES[INVALID_INPUT_ERROR]",
        lambda failure: replace(failure, status=Status.QUARANTINED),
    ),
    of_the_orchestrator(
        "RXON-RES-12",
        "cancels the job whose result has an unknown status",
        f"{RESULTS}:FOLLOW[unhandled_status_failure]",
        lambda _: results.move_on,
    ),
    of_the_orchestrator(
        "RXON-RES-13",
        "does not check data against the output schema",
        f"{RESULTS}:broken_promise",
        lambda _: lambda _task, _data: None,
    ),
    of_the_orchestrator(
        "RXON-RES-14",
        "checks numbers of the data as they are spelled",
        f"{RESULTS}:read",
        keeps_spelling,
    ),
    of_the_orchestrator(
        "RXON-RES-15",
        "takes the result of a cancelled job",
        f"{RESULTS}:IGNORED",
        with_rules(
            is_after_the_end=lambda job, _: job.terminal and job.status is not Status.CANCELLED,
            is_answered=is_a_second_branch,
        ),
    ),
    of_the_orchestrator(
        "RXON-RES-16",
        "does not say that a late result is late",
        f"{RESULTS}:IGNORED",
        without("deadline_exceeded"),
    ),
    of_the_orchestrator(
        "RXON-RES-17",
        "gives a task up at its first time-out",
        "reference.rxon.core:DUE[task]",
        gives_up_at_once,
    ),
    of_the_orchestrator(
        "RXON-RES-18",
        "knows only the worker that a parallel job was given to last",
        f"{RESULTS}:IGNORED",
        with_rules(is_for_another_worker=lambda job, result: job.worker_id != result.sender),
    ),
    of_the_orchestrator(
        "RXON-RES-19",
        "hands a task to an idle worker and still waits for its first one",
        "reference.rxon.assignment:move",
        lambda _: lambda _state, task, _worker: task,
    ),
    of_the_orchestrator(
        "RXON-RES-20",
        "cannot merge a result's metadata into those of a job that has none",
        "reference.rxon.core:HANDLERS[result]",
        stumbles_over_metadata,
    ),
)
