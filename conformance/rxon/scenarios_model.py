"""The interpreter of the model's conversations: two workers and a client on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
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
from conformance.rxon.peer import RESULT, Desk, Worker
from conformance.rxon.polls import hold, round_trip
from conformance.rxon.scenarios_sockets import ANNOUNCED, FRAME_WITHIN, until_pong
from reference.rxon import canonical

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.websocket import WebSocket

ENDED = 6.0  # seconds within which a job must end; an example has to end as well
MAX_RETRIES = 3  # the protocol's default, where nobody says otherwise
PLAYED = "a step"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays; the world is what the model knows, to tell which task a step is about."""

    world: World
    workers: tuple[Worker, ...]
    desk: Desk
    sockets: dict[int, WebSocket] = field(default_factory=dict)

    async def fate(self, job_id: str, *, expected: Fate) -> Fate:
        """Look at a job; where an end is expected, give the orchestrator time to get there."""
        job = await self.desk.stage.until(
            lambda: self.desk.job(job_id),
            lambda job: expected is Fate.OPEN or job.get("status") in ENDS,
            within=ENDED,
        )
        return fate_of(job)


async def converse_through_restarts(stage: Stage, example: list[Step]) -> None:
    """Converse with an orchestrator of one's own that has a store, and so can be restarted."""
    folder = stage.closing.enter_context(TemporaryDirectory())
    await stage.restart(store=str(Path(folder) / "store"))
    await converse(stage, example)


async def converse(stage: Stage, example: list[Step]) -> None:
    """Play the steps that can be played, in order, up to the first surprise."""
    world = World(stage.facts.get("max_retries", MAX_RETRIES))
    workers = [await Worker(stage).hired(capabilities=ANNOUNCED) for _ in range(WORKERS)]
    cast = Cast(world, tuple(workers), Desk(stage))
    farewell: list[Step] = [{"do": "heartbeat", "worker": number} for number in range(WORKERS)]
    for step in [*example, *farewell]:
        kind = STEPS[step["do"]]
        if not kind.playable(world, step):
            continue
        came = await PLAY[step["do"]](cast, step)
        stage.note(PLAYED, step=step, came=came)
        surprise = kind.surprise(world, step, came)
        if surprise is not None and not surprise.bearable:
            return
        kind.learn(world, step, came)


async def register(cast: Cast, step: Step) -> dict[str, Any]:
    """Register once more."""
    return status_of(await cast.workers[step["worker"]].register(capabilities=ANNOUNCED))


async def submit(cast: Cast, step: Step) -> dict[str, Any]:
    """Submit a job that only one worker can do, and wait until it has been dispatched."""
    job_id = await cast.desk.submit(cast.workers[step["worker"]].skill)
    await cast.desk.settle(job_id, "waiting_for_worker", *ENDS, tag="a new job")
    return {"job_id": job_id}


async def poll(cast: Cast, step: Step) -> dict[str, Any]:
    """Ask for the task that waits."""
    answer = await cast.workers[step["worker"]].poll()
    return {"job_id": answer.member("job_id"), "task_id": answer.member("task_id")}


async def hang_up(cast: Cast, step: Step) -> dict[str, Any]:
    """Ask for a task and break the connection when the orchestrator has the request."""
    worker = cast.workers[step["worker"]]
    (await hold(worker)).cut()
    await round_trip(worker)
    return {}


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


async def repeat(cast: Cast, step: Step) -> dict[str, Any]:
    """Report a result, break the connection without reading the answer, and report it again."""
    task = cast.world.task(step)
    named = {"job_id": task.job.job_id, "task_id": task.task_id}
    sender = cast.workers[cast.world.sender(step, task)]
    connection = await sender.http.connect()
    body = canonical.encode(sender.signed(sender.outcome(named, status=step["status"])))
    await connection.send("POST", RESULT, headers=sender.headers(), body=body)
    await round_trip(sender)
    connection.cut()
    said = status_of(await sender.result(named, status=step["status"]))
    expected = Fate.OPEN if reasons(cast.world, step) else fate_after(cast.world, step)
    return {**said, "fate": await cast.fate(task.job.job_id, expected=expected)}


async def cancel(cast: Cast, step: Step) -> dict[str, Any]:
    """Cancel the job of a task that is at its worker, and hear what its WebSocket says."""
    task = cast.world.task(step)
    await cast.desk.cancel(task.job.job_id)
    fate = await cast.fate(task.job.job_id, expected=Fate.CANCELLED)
    socket = cast.sockets.get(task.worker)
    return {"fate": fate, "command": {} if socket is None else await next_command(socket)}


async def heartbeat(cast: Cast, step: Step) -> dict[str, Any]:
    """Beat with every task that the worker ever had."""
    held = cast.world.held(step["worker"])
    said = await cast.workers[step["worker"]].heartbeat(current_tasks=held)
    return {**status_of(said), "called_off": said.member("cancel_task_ids") or []}


async def connect(cast: Cast, step: Step) -> dict[str, Any]:
    """Open a WebSocket, and hear how the one before it is closed.

    The worker says in a heartbeat once more that it has one: the conversation is not about who
    overlooks what a registration says of it.
    """
    worker = cast.workers[step["worker"]]
    socket, answer = await worker.socket()
    if socket is None:
        return {"status": answer.status}
    await until_pong(socket)
    await worker.heartbeat(capabilities=ANNOUNCED)
    before = cast.sockets.get(step["worker"])
    close = None if before is None else await before.receive(within=FRAME_WITHIN)
    cast.sockets[step["worker"]] = socket
    return {"status": answer.status, "replaced": close and close.data.get("code")}


async def say(cast: Cast, step: Step) -> dict[str, Any]:
    """Say on the WebSocket how far a task is, and look at its job."""
    task = cast.world.task(step)
    worker, job_id = cast.workers[task.worker], task.job.job_id
    target = {"target_job_id": job_id, "target_task_id": task.task_id}
    event = worker.happening("progress", {"progress": step["progress"]}, **target)
    await cast.sockets[task.worker].send_text(json.dumps(worker.signed(event)))
    job = await cast.desk.stage.until(
        lambda: cast.desk.job(job_id),
        lambda job: job.get("progress") == step["progress"],
        within=ENDED,
    )
    return {"progress": job.get("progress")}


async def unplug(cast: Cast, step: Step) -> dict[str, Any]:
    """Break a WebSocket's connection."""
    cast.sockets.pop(step["worker"]).cut()
    return {}


async def restart(cast: Cast, _step: Step) -> dict[str, Any]:
    """Restart the orchestrator with what it has stored, let the workers come back, look at jobs."""
    stage = cast.desk.stage
    await stage.restart(store=stage.need("store"))
    cast.desk.find_again()
    for worker in cast.workers:
        worker.find_again()
        await worker.hired(capabilities=ANNOUNCED)
    looks = {job.job_id: await cast.desk.job(job.job_id) for job in cast.world.jobs}
    return {"fates": {job_id: fate_of(job) if job else None for job_id, job in looks.items()}}


async def next_command(socket: WebSocket) -> dict[str, Any]:
    """Return the next command, empty if none comes; other frames are not judged here (WS-02)."""
    while frame := await socket.receive(within=FRAME_WITHIN):
        said = object_of(frame)
        if "command" in said or frame.kind == "ws.close":
            return said
    return {}


def object_of(frame: Event) -> dict[str, Any]:
    """Return the JSON object of a frame; an empty one when it holds something else."""
    try:
        said = json.loads(frame.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def status_of(answer: Answer) -> dict[str, Any]:
    """Return the words of an answer, or its status code where it has none."""
    word = answer.member("status") if answer.ok else None
    return {"status": word or answer.status, "reason": answer.member("reason")}


PLAY: Mapping[str, Callable[[Cast, Step], Awaitable[dict[str, Any]]]] = {
    "register": register,
    "submit": submit,
    "poll": poll,
    "hang up": hang_up,
    "answer": answer,
    "repeat": repeat,
    "cancel": cancel,
    "heartbeat": heartbeat,
    "restart": restart,
    "connect": connect,
    "say": say,
    "unplug": unplug,
}
