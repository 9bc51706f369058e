"""The conversations of properties: a few frames each, under whatever hypothesis thought of."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from conformance.elo.peer import Peer
from conformance.elo.wire import FRAME, framed, written
from reference.elo.signing import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Example = Mapping[str, Any]

GAP = 0.002  # seconds between two pieces that shall be read apart
STREAM, GOOD, TAMPERED = "a stream", "a payload", "another payload under its signature"


async def cut_and_glue(stage: Stage, example: Example) -> None:
    """Write tasks as one stream that is cut somewhere."""
    peer = await Peer.greeted(stage, tag=STREAM)
    tasks = [
        peer.task("echo", number, protocol=f"elo.v1 {text}") for number, text in example["tasks"]
    ]
    stage.note(STREAM, ids=[task["id"] for task in tasks])
    stream = b"".join(framed(written(task)) for task in tasks)
    stage.recorder.sent("tcp.bytes", peer.name, tag=peer.tag, body=stream)
    # Never a byte alone: that is another requirement's matter (ELO-FRAME-03).
    places = sorted({2 * (cut % (len(stream) // 2)) for cut in example["cuts"]} - {0})
    whole = [place for place in places if place < len(stream) - 1]
    for start, end in zip([0, *whole], [*whole, len(stream)], strict=True):
        await peer.send(stream[start:end])
        await asyncio.sleep(GAP)
    for task in tasks:
        await peer.result(task["id"])


async def respell(stage: Stage, example: Example) -> None:
    """Sign a task, write it in some spelling; then with another payload under its signature."""
    peer = await Peer.greeted(stage, tag="spelling")
    for about, tampering in ((GOOD, False), (TAMPERED, True)):
        task = signed(peer, example["payload"])
        stage.note(about, id=task["id"])
        sent = {**task, "payload": [task["payload"]]} if tampering else task
        payload = _spelled(sent, example)
        stage.recorder.sent(FRAME, peer.name, tag=peer.tag, body=payload)
        await peer.send(framed(payload))
        await peer.result(task["id"])


def _spelled(task: Mapping[str, Any], example: Example) -> bytes:
    ordered = dict(reversed(list(task.items()))) if example["reversed"] else task
    text = json.dumps(ordered, ensure_ascii=example["ascii"], indent=example["indent"])
    return text.encode()


async def echo(stage: Stage, payload: Any) -> None:
    """Have a payload sent back."""
    peer = await Peer.greeted(stage, tag="echo")
    await peer.attempt(GOOD, signed(peer, payload))


def signed(peer: Peer, payload: Any) -> dict[str, Any]:
    """Return a task with this payload, which may be null."""
    return sign({**peer.task(), "payload": payload}, peer.identity)
