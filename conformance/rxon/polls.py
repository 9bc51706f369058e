"""Polls that are held: begun before there is a task, ended by one, by time or by a cut."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.kit.running.stage import LOOK_EVERY
from conformance.rxon.peer import POLL_SLACK, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.http import HttpConnection
    from conformance.rxon.peer import Desk, Worker

OVER = frozenset({"finished", "failed", "quarantined", "cancelled"})  # sheet 5.3
NOBODY = ""
AT_ONCE = 0.9  # of the hold: what comes later may have been moved at its end
ROUNDS = 3
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

    def lasts_until(self, moment: Event) -> bool:
        """Whether the hold surely was not over when something else happened."""
        return moment.time - self.request.time < AT_ONCE * self.worker.hold

    def cut(self) -> None:
        """Break the connection while the orchestrator holds the poll."""
        self.connection.cut()


async def hold(worker: Worker, *, query: str = "", tag: str = "") -> HeldPoll:
    """Begin a poll, and make sure that the orchestrator has it before anything else happens."""
    connection = await worker.http.connect()
    worker.stage.closing.callback(connection.close)
    target = f"{path_of(worker.id)}/tasks/next{query}"
    request = await connection.send("GET", target, headers=worker.headers(), tag=tag)
    await round_trip(worker)
    return HeldPoll(worker, connection, request)


async def queued(desk: Desk, worker: Worker, **wishes: Any) -> str:
    """Submit a job and wait until its task is in the worker's queue."""
    job_id = await desk.submit(worker.skill, **wishes)
    await desk.settle(job_id, "waiting_for_worker", tag="the job in the queue")
    return job_id


async def round_trip(worker: Worker) -> None:
    """Exchange a message on another connection: what was sent before it has arrived by then."""
    await worker.send("PATCH", path_of(worker.id))


async def offer(
    stage: Stage, desk: Desk, skill: str, *, to: Mapping[str, Worker], tag: str, **wishes: Any
) -> None:
    """Submit a job while all these workers poll, and note under ``tag`` who is given its task.

    The note's ``worker`` is a name out of ``to``, or empty when nobody was given the task. A task
    that comes as its poll ends may have been moved from another worker's queue (sheet 5.5), and a
    job that comes too late for all polls tells nothing either: then there is another round. Those
    who get nothing go on polling: a worker is good for one offer.
    """
    job_id, taken = "", Taken()
    for _ in range(ROUNDS):
        polls = {
            name: await hold(worker, tag=f"{tag}: poll of {name}") for name, worker in to.items()
        }
        job_id = job_id or await desk.submit(skill, tag=tag, **wishes)
        taken = await first_taken(polls, desk, job_id)
        job = await desk.job(job_id)
        if taken.at_once or job.get("status") in OVER:
            break
        if taken.worker:
            job_id = ""
    stage.note(tag, worker=taken.worker, job=job)


@dataclass(frozen=True, slots=True)
class Taken:
    """Who was given a task, and whether before the end of the hold."""

    worker: str = NOBODY
    at_once: bool = False


async def first_taken(polls: Mapping[str, HeldPoll], desk: Desk, job_id: str) -> Taken:
    """Watch polls until one is answered with a task, all have ended, or the job is over."""
    taken = Taken()
    waiting = {asyncio.ensure_future(poll.answer()): name for name, poll in polls.items()}
    patience = 0.0  # the first look comes at once: most jobs that nobody gets end as they begin
    try:
        while waiting and not taken.at_once:
            done, _ = await asyncio.wait(
                waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            for each in done:
                name, answer = waiting.pop(each), each.result()
                if answer.status == GIVEN:
                    taken = Taken(name, at_once=polls[name].lasts_until(answer.reply))
            if not done and (await desk.job(job_id)).get("status") in OVER:
                break
            patience = LOOK_EVERY
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return taken
