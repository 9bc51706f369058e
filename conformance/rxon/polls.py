"""Polls that are held: begun before there is a task, ended by one, by time or by a cut."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.stage import LOOK_EVERY
from conformance.rxon.peer import POLL_SLACK, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.kit.exchange import Answer
    from conformance.kit.http import HttpConnection
    from conformance.kit.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.rxon.peer import Desk, Worker

OVER = frozenset({"finished", "failed", "quarantined", "cancelled"})  # sheet 5.3
NOBODY = ""
GIVEN = 200


@dataclass(frozen=True, slots=True, eq=False)
class HeldPoll:
    """A poll on a connection of its own that has not been answered yet."""

    worker: Worker
    connection: HttpConnection
    request: Event

    async def answer(self) -> Answer:
        """Wait for the answer as long as a poll may be held."""
        return await self.connection.receive(self.request, within=self.worker.hold + POLL_SLACK)

    def cut(self) -> None:
        """Break the connection while the orchestrator holds the poll."""
        self.connection.cut()


async def hold(worker: Worker, *, tag: str = "") -> HeldPoll:
    """Begin a poll, and make sure that the orchestrator has it before anything else happens."""
    connection = await worker.http.connect()
    worker.stage.closing.callback(connection.close)
    request = await connection.send(
        "GET", f"{path_of(worker.id)}/tasks/next", headers=worker.headers(), tag=tag
    )
    await round_trip(worker)
    return HeldPoll(worker, connection, request)


async def round_trip(worker: Worker) -> None:
    """Exchange a message on another connection: what was sent before it has arrived by then."""
    await worker.send("PATCH", path_of(worker.id))


async def offer(
    stage: Stage, desk: Desk, skill: str, *, to: Mapping[str, Worker], tag: str, **wishes: Any
) -> None:
    """Submit a job while all these workers poll, and note under ``tag`` who is given its task.

    All polls are held before the job comes, so a task that lay in one worker's queue first and was
    moved to another cannot hide where it was dispatched. The note's ``worker`` is a name out of
    ``to``, or empty when nobody was given the task. Those who get nothing go on polling: a worker
    is good for one offer.
    """
    polls = {name: await hold(worker, tag=f"{tag}: poll of {name}") for name, worker in to.items()}
    job_id = await desk.submit(skill, tag=tag, **wishes)
    worker = await taker(polls, desk, job_id)
    stage.note(tag, worker=worker, job={} if worker else await desk.job(job_id))


async def taker(polls: Mapping[str, HeldPoll], desk: Desk, job_id: str) -> str:
    """Return whose poll is answered with a task; NOBODY when all end or the job does."""
    waiting = {asyncio.ensure_future(poll.answer()): name for name, poll in polls.items()}
    patience = 0.0  # the first look comes at once: most jobs that nobody gets end as they begin
    try:
        while waiting:
            done, _ = await asyncio.wait(
                waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for each in done:
                name = waiting.pop(each)
                if each.result().status == GIVEN:
                    return name
            if not done and (await desk.job(job_id)).get("status") in OVER:
                return NOBODY
            patience = LOOK_EVERY
        return NOBODY
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
