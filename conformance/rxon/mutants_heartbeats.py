"""RXON-HB: seeded bugs in what a heartbeat does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable


def no_new_life(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Answer as if the worker had spoken when its present life began."""

    def broken(state: Any, *body: Any, sender: str, now: float) -> Any:
        worker = state.fleet.get(sender)
        began = now if worker is None else worker.expires - state.policy.worker_ttl
        return answer(state, *body, sender=sender, now=began)

    return broken


def adding(replace: Callable[..., bool]) -> Callable[..., bool]:
    """Add new skills to the old ones."""

    def broken(worker: Any, body: Any) -> bool:
        old = worker.record.get("supported_skills") or []
        full_sync = replace(worker, body)
        new = worker.record.get("supported_skills") or []
        worker.record["supported_skills"] = old + [each for each in new if each not in old]
        return full_sync

    return broken


def vain(merge: Callable[..., bool]) -> Callable[..., bool]:
    """Believe what a worker says of its reputation."""

    def broken(worker: Any, body: Any) -> bool:
        worker.reputation = body.get("reputation", worker.reputation)
        return merge(worker, body)

    return broken


def only_cancelled(_is_unwanted: Any) -> Callable[..., bool]:
    """Look at cancelled jobs alone."""

    def broken(state: Any, task_id: str) -> bool:
        job = state.jobs.get(state.job_of_task.get(task_id))
        return job is not None and job.status is Status.CANCELLED

    return broken


def retried_too(is_unwanted: Callable[..., bool]) -> Callable[..., bool]:
    """Take every task of a job that was retried for an old one."""

    def broken(state: Any, task_id: str) -> bool:
        job = state.jobs.get(state.job_of_task.get(task_id))
        return is_unwanted(state, task_id) or (job is not None and job.retry_count > 0)

    return broken


MUTANTS = (
    mutant(
        "RXON-HB-01",
        "a signed heartbeat does not extend the worker's life",
        "reference.rxon.presence:beat",
        no_new_life,
        role="orc",
    ),
    mutant(
        "RXON-HB-02",
        "a heartbeat without a body does not extend the worker's life",
        "reference.rxon.presence:refresh",
        no_new_life,
        role="orc",
    ),
    mutant(
        "RXON-HB-03",
        "a silent worker is never forgotten",
        "reference.rxon.core:DUE[worker]",
        lambda _expire: lambda *_, **__: None,
        role="orc",
    ),
    mutant(
        "RXON-HB-04",
        "tasks go to workers whatever status they reported",
        "reference.rxon.workers:dispatchable",
        lambda _dispatchable: lambda _worker: True,
        role="orc",
    ),
    mutant(
        "RXON-HB-05",
        "the catalogue is never asked for",
        "reference.rxon.workers:needs_full_sync",
        lambda _needs: lambda _worker, _told: False,
        role="orc",
    ),
    mutant(
        "RXON-HB-06",
        "a new catalogue is added to the old one",
        "reference.rxon.workers:_replace_catalogue",
        adding,
        role="orc",
    ),
    mutant(
        "RXON-HB-07",
        "task ids are looked up among the jobs, so that none is found and all are called off",
        "reference.rxon.presence:is_unwanted",
        lambda _is_unwanted: lambda state, task_id: task_id not in state.jobs,
        role="orc",
    ),
    mutant(
        "RXON-HB-07",
        "the second attempt of a job is called off",
        "reference.rxon.presence:is_unwanted",
        retried_too,
        role="orc",
        suffix="-retried",
    ),
    mutant(
        "RXON-HB-08",
        "tasks of jobs that ended otherwise than by a cancellation are not called off",
        "reference.rxon.presence:is_unwanted",
        only_cancelled,
        role="orc",
    ),
    mutant(
        "RXON-HB-09",
        "a heartbeat of an unknown worker is answered ok",
        "reference.rxon.presence:unknown",
        lambda _unknown: lambda _worker_id: (200, {"status": "ok"}),
        role="orc",
    ),
    mutant(
        "RXON-HB-10",
        "a worker sets its own reputation",
        "reference.rxon.workers:merge",
        vain,
        role="orc",
    ),
    mutant(
        "RXON-HB-11",
        "a heartbeat that is no object passes for an empty one",
        "reference.rxon.core:is_empty",
        lambda _is_empty: lambda message: not message or not isinstance(message, dict),
        role="orc",
    ),
)
