"""Conversations on the workers' WebSocket: events up, commands down, replacement, shutdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.rxon.peer import Desk, Worker, flipped
from conformance.rxon.scenarios_events import at_work, settled_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.websocket import WebSocket

FRAME_WITHIN = 3.0  # seconds for something that must come on a socket
FORGED = {"progress": 0.9, "message": "forged"}
ANNOUNCED = {"hostname": "assay", "websockets": True, "extra": {"websockets": True}}


async def until_pong(socket: WebSocket) -> None:
    """Ping and read until the pong: then the socket is open, and all frames before were taken."""
    await socket.ping(b"still there?")
    while frame := await socket.receive(within=FRAME_WITHIN):
        if frame.kind in {"ws.pong", "ws.close"}:
            return


@scenario()
async def upgrade(stage: Stage) -> None:
    """Ask for the upgrade with the token and without."""
    worker = await Worker(stage).hired()
    await worker.socket(tag="an upgrade without a token", token="")
    await worker.socket(tag="an upgrade with the token")


@scenario()
async def event_frame(stage: Stage) -> None:
    """Say on the socket how far a task is."""
    worker, desk, target, _ = await at_work(stage)
    socket = await worker.connected()
    payload = {"progress": 0.5, "message": "half"}
    event = worker.signed(worker.happening("progress", payload, **target))
    await socket.send_text(json.dumps(event), tag="a signed event")
    await settled_progress(desk, target["target_job_id"], 0.5, tag="the job after the frame")
    await until_pong(socket)


@scenario()
async def bad_frames(stage: Stage) -> None:
    """Send frames that no orchestrator may believe, then one that it must."""
    worker, desk, target, _ = await at_work(stage)
    socket = await worker.connected()
    job_id = target["target_job_id"]
    for text in garbage(worker, target):
        await socket.send_text(text, tag="a bad frame")
    await socket.send_bytes(b"\x00\xff", tag="a bad frame")
    await until_pong(socket)
    await desk.note_job(job_id, "the job after the bad frames")
    good = worker.signed(worker.happening("progress", {"progress": 0.5}, **target))
    await socket.send_text(json.dumps(good), tag="a good frame")
    await settled_progress(desk, job_id, 0.5, tag="the job after a good frame")


def garbage(worker: Worker, target: dict[str, str]) -> Iterator[str]:
    """Yield texts that are not JSON, not an event, unsigned and wrongly signed."""
    yield "not JSON"
    yield "[1]"
    yield json.dumps({"command": "cancel_task"})
    yield json.dumps(worker.happening("progress", FORGED, **target))
    forged: dict[str, Any] = worker.signed(worker.happening("progress", FORGED, **target))
    forged["security"]["signature"] = flipped(forged["security"]["signature"])
    yield json.dumps(forged)


@scenario()
async def replacement(stage: Stage) -> None:
    """Connect twice."""
    worker = await Worker(stage).hired()
    first = await worker.connected()
    await until_pong(first)
    second = await worker.connected()
    stage.note("sockets", first=first.tcp.name, second=second.tcp.name)
    await first.receive(within=FRAME_WITHIN)
    await until_pong(second)


@scenario(restarts=True)
async def shutdown(stage: Stage) -> None:
    """Shut the orchestrator down while two workers are connected."""
    sockets = [await (await Worker(stage).hired()).connected() for _ in range(2)]
    for socket in sockets:
        await until_pong(socket)
    stage.note("sockets", open=[socket.tcp.name for socket in sockets])
    await stage.instance.stop()
    for socket in sockets:
        await socket.receive(within=FRAME_WITHIN)


@scenario()
async def cancellation(stage: Stage) -> None:
    """Cancel a job whose task is at a connected worker."""
    worker, desk = Worker(stage), Desk(stage)
    await worker.hired(capabilities=ANNOUNCED)
    socket = await worker.connected()
    job_id = await desk.submit(worker.skill)
    await worker.task(tag="the task")
    await desk.cancel(job_id, tag="the cancellation")
    await socket.receive(within=FRAME_WITHIN, tag="the command")
