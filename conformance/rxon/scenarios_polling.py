"""Conversations about polls: what they are answered with, when, and what they must not take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.peer import NO_TASK, Desk, Worker
from conformance.rxon.polls import ROUNDS, hold, queued, round_trip

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

# Long enough that an answer within a second cannot be the end of the hold.
LONG_POLLS = {"poll_hold": 3}
PRIORITIES = (0, 5, 0, 9, 5)  # of the jobs 1 to 5


@scenario()
async def idle(stage: Stage) -> None:
    """Poll while nobody has work."""
    worker = await Worker(stage).hired()
    await worker.poll(tag="a poll without a task")


@scenario(settings=LONG_POLLS)
async def during_the_hold(stage: Stage) -> None:
    """Submit a job while a poll is held."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    poll = await hold(worker, tag="a held poll")
    await desk.submit(worker.skill)
    stage.note("the job was submitted")
    await poll.answer()


@scenario()
async def delivery(stage: Stage) -> None:
    """Have two tasks delivered: one with parameters and a deadline, one with nothing."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    for wishes in ({"params": {"a": 1}, "result_timeout_seconds": 100}, {}):
        await queued(desk, worker, **wishes)
        await worker.poll(tag="a delivery")


@scenario()
async def two_polls(stage: Stage) -> None:
    """Hold two polls of one worker when one job comes."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    polls = [await hold(worker, tag="one of two polls") for _ in range(2)]
    await desk.submit(worker.skill)
    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(poll.answer() for poll in polls))
        if any(answer.status != NO_TASK for answer in answers):
            break
        polls = [await hold(worker, tag="one of two polls") for _ in range(2)]


@scenario()
async def five_jobs(stage: Stage) -> None:
    """Let five jobs wait before the worker begins to poll."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    for number, priority in enumerate(PRIORITIES, start=1):
        await queued(desk, worker, params={"job": number}, priority=priority)
    for _ in PRIORITIES:
        await worker.poll(tag="a delivery in order")


@scenario()
async def short_poll(stage: Stage) -> None:
    """Ask for a short poll while a poll as long as any is under way."""
    worker, other = await Worker(stage).hired(), await Worker(stage).hired()
    usual = await hold(other, tag="a poll as long as any")
    short = await hold(worker, query="?timeout=0.1", tag="a poll with a time-out of its own")
    await asyncio.gather(short.answer(), usual.answer())


@scenario()
async def other_skills(stage: Stage) -> None:
    """Let a task wait for one of a worker's two skills; poll for the other, then for both."""
    worker, desk = Worker(stage), Desk(stage)
    other = stage.unique("skill")
    await worker.hired(supported_skills=[{"name": worker.skill}, {"name": other}])
    await queued(desk, worker)
    await worker.poll(query=f"?available_skills={other}", tag="a poll for another skill")
    both = f"?available_skills={other},{worker.skill}"
    await worker.poll(query=both, tag="a poll for both skills")


@scenario(settings=LONG_POLLS)
async def abandoned(stage: Stage) -> None:
    """Cut the connection of a held poll before the job comes."""
    desk = Desk(stage)
    for _ in range(ROUNDS):
        worker = await Worker(stage).hired()
        poll = await hold(worker)
        poll.cut()
        await round_trip(worker)
        await queued(desk, worker)
        if poll.lasts_until(stage.note("the job is in the queue")):
            await worker.poll(tag="the poll after an abandoned one")
            return
    raise NotObserved("every job came after the abandoned poll would have ended anyway")


@scenario()
async def glance(stage: Stage) -> None:
    """Look at a waiting task with HEAD."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    await queued(desk, worker)
    await worker.poll(method="HEAD", tag="a HEAD request")
    await worker.poll(tag="the poll after HEAD")


@scenario()
async def cancelled(stage: Stage) -> None:
    """Cancel the first of two waiting jobs before the worker polls."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    unwanted = await queued(desk, worker, params={"job": "cancelled"})
    await queued(desk, worker, params={"job": "kept"})
    await desk.cancel(unwanted)
    await desk.settle(unwanted, "cancelled", tag="the cancelled job")
    await worker.poll(tag="the poll after a cancellation")
