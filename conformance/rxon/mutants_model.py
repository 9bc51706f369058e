"""Seeded bugs that only an unlikely conversation or spelling brings to light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from conformance.rxon.mutants_polling import outlives_the_connection
from reference.rxon import assignment
from reference.rxon.jobs import Stage, Status

if TYPE_CHECKING:
    from collections.abc import Callable

Ignored = tuple[tuple[str, "Callable[[Any, Any], bool]"], ...]


def unless(exempt: Callable[[Any, Any], bool]) -> Callable[[Ignored], Ignored]:
    """Let some results count after a job's end."""

    def replacement(ignored: Ignored) -> Ignored:
        return tuple((reason, excepted(holds)) for reason, holds in ignored)

    def excepted(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        return lambda job, result: (
            (not job.terminal or not exempt(job, result)) and holds(job, result)
        )

    return replacement


def after_quarantine(job: Any, _result: Any) -> bool:
    """Whether a job was given up, though not for its lateness."""
    return bool(job.status is Status.QUARANTINED and not job.timed_out)


def failure_after_cancel(job: Any, result: Any) -> bool:
    """Whether a cancelled task failed."""
    return bool(job.status is Status.CANCELLED and result.status == "failure")


def takes_for_the_busy(hold: Callable[..., Any]) -> Callable[..., Any]:
    """Let an abandoned poll take a task if its worker has another."""
    shielded = outlives_the_connection(hold)

    async def either(self: Any, worker_id: str, skills: Any, **timing: float) -> Any:
        busy = worker_id in self._shell.core.state.running
        return await (shielded if busy else hold)(self, worker_id, skills, **timing)

    return either


def gives_up_who_repeats(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Quarantine a job whose failure is reported once more before it is tried again."""

    def applied(state: Any, result: Any, **rest: Any) -> Any:
        answer = apply(state, result, **rest)
        job = state.jobs.get(result.job_id)
        if answer.get("reason") == "stale_task" and result.status == "failure" and waits(job):
            assignment.end(state, job, Status.QUARANTINED)
        return answer

    return applied


def waits(job: Any) -> bool:
    """Whether a job's next attempt has not been picked up yet."""
    return any(task.stage is Stage.QUEUED for task in job.tasks.values())


def is_over(_state: Any, task: Any) -> None:
    """Take a running task for one that has ended."""
    task.stage = Stage.OVER


def unplugs_whoever_is_there(_unplug: Callable[..., None]) -> Callable[..., None]:
    """Forget a worker's socket when the one before it is closed at last."""
    return lambda shell, worker_id, _socket: shell._sockets.pop(worker_id, None)  # noqa: SLF001


def shown(value: Any) -> Any:
    """Return the value with a text in the place of every null."""
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return "null" if value is None else value


MUTANTS = (
    mutant(
        "RXON-RES-06",
        "a quarantined job is revived by a late result",
        "reference.rxon.results:IGNORED",
        unless(after_quarantine),
        role="orc",
        suffix="-quarantined",
    ),
    mutant(
        "RXON-RES-15",
        "a cancelled job is tried again when its task fails",
        "reference.rxon.results:IGNORED",
        unless(failure_after_cancel),
        role="orc",
        suffix="-failure",
    ),
    mutant(
        "RXON-RES-09",
        "a failure that is repeated, since its answer was lost, ends the job",
        "reference.rxon.results:apply",
        gives_up_who_repeats,
        role="orc",
        suffix="-repeated",
    ),
    mutant(
        "RXON-RES-01",
        "a restart forgets that a task is running",
        "reference.rxon.documents:RESUME[running]",
        lambda _: is_over,
        role="orc",
        suffix="-restarted",
    ),
    mutant(
        "RXON-POLL-08",
        "an abandoned poll of a worker that has a task takes another",
        "reference.rxon.orchestrator_routes:WorkerApi._hold",
        takes_for_the_busy,
        role="orc",
        suffix="-busy",
    ),
    mutant(
        "RXON-WS-06",
        "a socket that has been replaced takes the new one with it",
        "reference.rxon.orchestrator_shell:Shell.unplug",
        unplugs_whoever_is_there,
        role="orc",
        suffix="-replaced",
    ),
    mutant(
        "RXON-SIG-16",
        "null members are part of what is verified",
        "reference.rxon.signing:verify",
        lambda verify: lambda payload, **rest: verify(shown(payload), **rest),
        role="orc",
        suffix="-null",
    ),
)
