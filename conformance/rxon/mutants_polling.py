"""What breaks each requirement of RXON-POLL."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

ROUTES = "reference.rxon.orchestrator_routes"
EARLY = 0.5  # of the hold

of_the_orchestrator = partial(mutant, role="orc")


def gives_up_early(hold_for: Callable[..., float]) -> Callable[..., float]:
    """End every hold before its time."""
    return lambda query, longest: EARLY * hold_for(query, longest)


def wakes_nobody(wake: Callable[[str], Any]) -> Callable[[str], Any]:
    """Address every alarm to a worker that does not exist."""
    return lambda _worker_id: wake("nobody")


def leaves_out_empty_params(payload: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Drop what is empty along with what is null."""
    return lambda job, task: {
        name: value for name, value in payload(job, task).items() if name != "params" or value
    }


def shares_one_hold(hold: Callable[..., Any]) -> Callable[..., Any]:
    """Let the polls of a worker wait for the same task."""
    under_way: dict[str, asyncio.Future[Any]] = {}

    async def shared(self: Any, worker_id: str, skills: Any, **timing: float) -> Any:
        if worker_id not in under_way:
            under_way[worker_id] = asyncio.ensure_future(hold(self, worker_id, skills, **timing))
            under_way[worker_id].add_done_callback(lambda _: under_way.pop(worker_id))
        return await under_way[worker_id]

    return shared


def outlives_the_connection(hold: Callable[..., Any]) -> Callable[..., Any]:
    """Let a hold take its task when nobody waits for the answer any more."""

    async def shielded(self: Any, worker_id: str, skills: Any, **timing: float) -> Any:
        return await asyncio.shield(hold(self, worker_id, skills, **timing))

    return shielded


def stamps_fractions(payload: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Write times the way a clock gives them."""

    def stamped(job: Any, task: Any) -> dict[str, Any]:
        body = payload(job, task)
        return {**body, "timestamp": body["timestamp"] + 0.5}

    return stamped


MUTANTS: tuple[Mutant, ...] = (
    of_the_orchestrator(
        "RXON-POLL-01", "ends a poll before the hold is over", f"{ROUTES}:hold_for", gives_up_early
    ),
    of_the_orchestrator(
        "RXON-POLL-02",
        "looks for a task only at the beginning and at the end of a poll",
        "reference.rxon.assignment:Wake",
        wakes_nobody,
    ),
    of_the_orchestrator(
        "RXON-POLL-03",
        "leaves empty params out of the task",
        "reference.rxon.assignment:payload",
        leaves_out_empty_params,
    ),
    of_the_orchestrator(
        "RXON-POLL-04",
        "answers all polls that a worker holds with the same task",
        f"{ROUTES}:WorkerApi._hold",
        shares_one_hold,
    ),
    of_the_orchestrator(
        "RXON-POLL-05",
        "delivers the newest of equal priority first",
        "reference.rxon.queues:rank",
        lambda _: lambda priority, order, task_id: (-priority, -order, task_id),
    ),
    of_the_orchestrator(
        "RXON-POLL-06",
        "ignores the query parameter timeout",
        f"{ROUTES}:hold_for",
        lambda _: lambda _query, longest: longest,
    ),
    of_the_orchestrator(
        "RXON-POLL-07",
        "ignores the query parameter available_skills",
        f"{ROUTES}:wanted_skills",
        lambda _: lambda _query: None,
    ),
    of_the_orchestrator(
        "RXON-POLL-08",
        "goes on holding a poll whose connection is gone",
        f"{ROUTES}:WorkerApi._hold",
        outlives_the_connection,
    ),
    of_the_orchestrator(
        "RXON-POLL-09",
        "answers HEAD like GET",
        f"{ROUTES}:is_glance",
        lambda _: lambda _method: False,
    ),
    of_the_orchestrator(
        "RXON-POLL-10",
        "leaves the task of a cancelled job in the queue",
        "reference.rxon.queues:Queues.remove",
        lambda _: lambda _queues, _worker_id, _task_id: None,
    ),
    of_the_orchestrator(
        "RXON-POLL-11",
        "writes the timestamp of a task with a fraction",
        "reference.rxon.assignment:payload",
        stamps_fractions,
    ),
)
