"""Conversations in which the same message is spelled in unusual ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.rxon import REGISTER
from conformance.rxon.peer import EVENTS, RESULT, Body, Desk, Worker, path_of
from conformance.rxon.spelling import spell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.running.stage import Stage

TAG = "a message spelled differently"


async def respelled(stage: Stage, example: Mapping[str, Any]) -> None:
    """Sign a message that holds a generated object, then write its JSON in another way."""
    worker = Worker(stage)
    method, path, body = await MESSAGES[example["kind"]](worker, example["inside"])
    raw = spell(worker.signed(body), example["spelling"]).encode()
    await worker.send(method, path, raw, tag=TAG)


Prepared = tuple[str, str, Body]


async def registration(worker: Worker, inside: Body) -> Prepared:
    """Return where a registration goes, and what it says."""
    return "POST", REGISTER, worker.registration(metadata=inside)


async def heartbeat(worker: Worker, inside: Body) -> Prepared:
    """Register, and return where a heartbeat goes and what it says."""
    await worker.hired()
    return "PATCH", path_of(worker.id), worker.beat(metadata=inside)


async def event(worker: Worker, inside: Body) -> Prepared:
    """Register, and return where an event goes and what it says."""
    await worker.hired()
    return "POST", EVENTS, worker.happening("spelled", inside)


async def result(worker: Worker, inside: Body) -> Prepared:
    """Take a task, and return where its result goes and what it says."""
    await worker.hired()
    await Desk(worker.stage).submit(worker.skill)
    return "POST", RESULT, worker.outcome(await worker.task(), data=inside)


MESSAGES: Mapping[str, Callable[[Worker, Body], Awaitable[Prepared]]] = {
    "registration": registration,
    "heartbeat": heartbeat,
    "event": event,
    "result": result,
}
