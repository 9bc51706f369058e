"""Conversations about heartbeats: who lives, who gets work, whose catalogue, which tasks end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.peer import Desk, Worker, path_of, twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.kit.exchange import Answer
    from conformance.kit.stage import Stage

SHORT_LIVES = {"worker_ttl": 2}
HALF_WAY, PAST_THE_END = 0.55, 1.2  # lifetimes after the registration
BRIEFLY = "?timeout=0.2"  # for polls that should stay empty; the hold may be longer all the same
NOTICED = 6.0  # seconds within which a worker that is idle again is given work
NO_CATALOGUE: tuple[dict[str, Any], ...] = ({"supported_skills": []}, {"supported_skills": None})
NOT_IDLE = ("busy", "full", "offline", "draining")


class Life:
    """How long a worker has been silent, in lifetimes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ttl = float(stage.need("worker_ttl"))
        self.began = stage.now()

    async def until(self, lifetimes: float) -> None:
        """Wait until so much of a life is over: silence is the subject here."""
        await asyncio.sleep(max(0.0, self.began + lifetimes * self.ttl - self.stage.now()))

    def in_time(self) -> None:
        """End the scenario if the kit itself was so slow that the life is over."""
        if self.stage.now() - self.began > self.ttl:
            raise NotObserved("the kit was held up for longer than a registration lives")


async def given(worker: Worker, desk: Desk, skill: str, *, tag: str) -> Answer:
    """Submit a job for a skill, and let the worker ask for it."""
    await desk.submit(skill)
    return await worker.poll(tag=tag, query=BRIEFLY)


async def kept_alive(worker: Worker, *, beat: Callable[[], Awaitable[Answer]]) -> None:
    """Let a worker beat once in mid-life, and give it a job past the end of its first life."""
    await worker.hired()
    first = Life(worker.stage)
    await first.until(HALF_WAY)
    second = Life(worker.stage)
    await beat()
    first.in_time()
    await first.until(PAST_THE_END)
    desk = Desk(worker.stage)
    await given(worker, desk, worker.skill, tag="a poll after the heartbeat")
    second.in_time()


@scenario(settings=SHORT_LIVES)
async def signed_beat(stage: Stage) -> None:
    """Beat once in mid-life, signed; take a job past the first life's end."""
    worker = Worker(stage)
    await kept_alive(worker, beat=lambda: worker.heartbeat(tag="a signed heartbeat"))


@scenario(settings=SHORT_LIVES)
async def empty_beat(stage: Stage) -> None:
    """Beat once in mid-life without a body; take a job past the first life's end."""
    worker, tag = Worker(stage), "a heartbeat without a body"
    await kept_alive(worker, beat=lambda: worker.send("PATCH", path_of(worker.id), tag=tag))


@scenario(settings=SHORT_LIVES)
async def silence(stage: Stage) -> None:
    """Offer work to a silent worker while it lives, and afterwards."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    life = Life(stage)
    await given(worker, desk, worker.skill, tag=twin("a poll after a life of silence"))
    life.in_time()
    await life.until(PAST_THE_END)
    await given(worker, desk, worker.skill, tag="a poll after a life of silence")


async def not_idle(stage: Stage, status: str) -> None:
    """Let one worker say that it is not idle, then that it is; offer it work both times."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    await worker.heartbeat(tag="prerequisite: another status", status=status)
    await given(worker, desk, worker.skill, tag=f"a poll while {status}")
    await worker.heartbeat(tag="prerequisite: idle again", status="idle")
    # An orchestrator may look at an old record for a while, so the offer is repeated.
    await stage.until(
        lambda: given(worker, desk, worker.skill, tag=f"a poll when idle after {status}"),
        has_task,
        within=NOTICED,
    )


@scenario()
async def status(stage: Stage) -> None:
    """Have workers be busy, full, offline or draining, and idle again."""
    async with asyncio.TaskGroup() as group:
        for each in NOT_IDLE:
            group.create_task(not_idle(stage, each))


@scenario()
async def no_catalogue(stage: Stage) -> None:
    """Tell the hash of a catalogue, but not the catalogue."""
    for catalogue in NO_CATALOGUE:
        worker = Worker(stage)
        told = stage.unique("hash")
        await worker.hired(**catalogue, skills_hash=told)
        await worker.heartbeat(tag="a hash without a catalogue", skills_hash=told)


@scenario()
async def new_catalogue(stage: Stage) -> None:
    """Have a worker learn one skill and forget the other."""
    desk = Desk(stage)
    worker = await Worker(stage).hired(skills_hash=stage.unique("hash"))
    learned = stage.unique("learned")
    await worker.heartbeat(
        tag="a new catalogue",
        skills_hash=stage.unique("hash"),
        supported_skills=[{"name": learned, "type": learned}],
    )
    await given(worker, desk, learned, tag="a poll for the new skill")
    await given(worker, desk, worker.skill, tag="a poll for the old skill")


@scenario()
async def current_tasks(stage: Stage) -> None:
    """Run two tasks; cancel one, then do the other one."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    first, second = [await taken(worker, desk) for _ in range(2)]
    running = [first["task_id"], second["task_id"]]
    stage.note("tasks", first=running[0], second=running[1])
    await worker.heartbeat(tag="a beat with two wanted tasks", current_tasks=running)
    await desk.cancel(second["job_id"])
    await desk.settle(second["job_id"], "cancelled", tag="the cancelled job")
    await worker.heartbeat(tag="a beat with a cancelled task", current_tasks=running)
    await worker.result(first, tag="prerequisite: done")
    await desk.settle(first["job_id"], "finished", tag="the finished job")
    await worker.heartbeat(tag="a beat with a finished task", current_tasks=running)


async def taken(worker: Worker, desk: Desk) -> dict[str, Any]:
    """Give the worker a task of a job of its own."""
    await desk.submit(worker.skill)
    return await worker.task()


@scenario()
async def stranger(stage: Stage) -> None:
    """Beat for workers that never registered, and for one that did."""
    unknown = "a heartbeat of an unknown worker"
    await Worker(stage).heartbeat(tag=unknown)
    silent = Worker(stage)
    await silent.send("PATCH", path_of(silent.id), tag=unknown)
    known = await Worker(stage).hired()
    await known.heartbeat(tag=twin(unknown))


@scenario()
async def vanity(stage: Stage) -> None:
    """Have a worker praise itself and take another name."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    await desk.note_worker(worker.id, "the record at first")
    await worker.heartbeat(tag="a heartbeat that names a reputation", reputation=0.5)
    await desk.note_worker(worker.id, "the record after: reputation")
    await worker.heartbeat(tag="a heartbeat with another name", worker_id=stage.unique("alias"))
    await desk.note_worker(worker.id, "the record after: worker_id")


@scenario()
async def no_object(stage: Stage) -> None:
    """Send heartbeats that are JSON, but no objects."""
    worker = await Worker(stage).hired()
    odd = "a heartbeat that is no object"
    await worker.heartbeat(tag=twin(odd))
    for body in (b"[1]", b'"x"', b"5", b"true"):
        await worker.send("PATCH", path_of(worker.id), body, tag=odd)


def has_task(answer: Answer) -> bool:
    """Whether a poll brought a task."""
    return answer.status == 200 and answer.member("task_id") is not None  # noqa: PLR2004
