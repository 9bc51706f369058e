"""The interpreter of the model's conversations: two workers and a client on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.rxon.model import (
    ENDS,
    STEPS,
    WORKERS,
    Fate,
    Step,
    World,
    fate_after,
    fate_of,
    reasons,
)
from conformance.rxon.peer import Desk, Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

ENDED = 6.0  # seconds within which a job must end; an example has to end as well
MAX_RETRIES = 3  # the protocol's default, where nobody says otherwise
PLAYED = "a step"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays; the world is what the model knows, to tell which task a step is about."""

    world: World
    workers: tuple[Worker, ...]
    desk: Desk

    async def fate(self, job_id: str, *, expected: Fate) -> Fate:
        """Look at a job; where an end is expected, give the orchestrator time to get there."""
        job = await self.desk.stage.until(
            lambda: self.desk.job(job_id),
            lambda job: expected is Fate.OPEN or job.get("status") in ENDS,
            within=ENDED,
        )
        return fate_of(job)


async def converse(stage: Stage, example: list[Step]) -> None:
    """Play the steps that can be played, in order, up to the first surprise."""
    world = World(stage.facts.get("max_retries", MAX_RETRIES))
    workers = [await Worker(stage).hired() for _ in range(WORKERS)]
    cast = Cast(world, tuple(workers), Desk(stage))
    farewell: list[Step] = [{"do": "heartbeat", "worker": number} for number in range(WORKERS)]
    for step in [*example, *farewell]:
        kind = STEPS[step["do"]]
        if not kind.playable(world, step):
            continue
        came = await PLAY[step["do"]](cast, step)
        stage.note(PLAYED, step=step, came=came)
        if kind.surprise(world, step, came) is not None:
            return
        kind.learn(world, step, came)


async def register(cast: Cast, step: Step) -> dict[str, Any]:
    """Register once more."""
    return status_of(await cast.workers[step["worker"]].register())


async def submit(cast: Cast, step: Step) -> dict[str, Any]:
    """Submit a job that only one worker can do, and wait until it has been dispatched."""
    job_id = await cast.desk.submit(cast.workers[step["worker"]].skill)
    await cast.desk.settle(job_id, "waiting_for_worker", *ENDS, tag="a new job")
    return {"job_id": job_id}


async def poll(cast: Cast, step: Step) -> dict[str, Any]:
    """Ask for the task that waits."""
    answer = await cast.workers[step["worker"]].poll()
    return {"job_id": answer.member("job_id"), "task_id": answer.member("task_id")}


async def answer(cast: Cast, step: Step) -> dict[str, Any]:
    """Report a result, and look at the job."""
    task = cast.world.task(step)
    named = {"job_id": task.job.job_id, "task_id": task.task_id}
    sender = cast.workers[cast.world.sender(step, task)]
    said = status_of(await sender.result(named, status=step["status"]))
    # Only a result that counts, and was taken, can bring an end that is worth waiting for.
    counts = said["status"] == "accepted" and not reasons(cast.world, step)
    expected = fate_after(cast.world, step) if counts else Fate.OPEN
    return {**said, "fate": await cast.fate(task.job.job_id, expected=expected)}


async def cancel(cast: Cast, step: Step) -> dict[str, Any]:
    """Cancel the job of a task that is at its worker."""
    task = cast.world.task(step)
    await cast.desk.cancel(task.job.job_id)
    return {"fate": await cast.fate(task.job.job_id, expected=Fate.CANCELLED)}


async def heartbeat(cast: Cast, step: Step) -> dict[str, Any]:
    """Beat with every task that the worker ever had."""
    held = cast.world.held(step["worker"])
    said = await cast.workers[step["worker"]].heartbeat(current_tasks=held)
    return {**status_of(said), "called_off": said.member("cancel_task_ids") or []}


def status_of(answer: Answer) -> dict[str, Any]:
    """Return the words of an answer, or its status code where it has none."""
    word = answer.member("status") if answer.ok else None
    return {"status": word or answer.status, "reason": answer.member("reason")}


PLAY: Mapping[str, Callable[[Cast, Step], Awaitable[dict[str, Any]]]] = {
    "register": register,
    "submit": submit,
    "poll": poll,
    "answer": answer,
    "cancel": cancel,
    "heartbeat": heartbeat,
}
