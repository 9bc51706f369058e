"""Conversations about heartbeats: who lives, who gets work, whose catalogue, which tasks end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.rxon.peer import Desk, Worker, path_of, side_by_side, twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

SHORT_LIVES = {"worker_ttl": 2}
HALF_WAY, PAST_THE_END = 0.55, 1.2  # lifetimes after the registration
ATTEMPTS = 3  # before the kit admits that it is too slow
PATIENT = 40.0  # seconds for a conversation that waits until news are heeded
HELD_UP = "the kit was held up for longer than a registration lives"
BRIEFLY = "?timeout=0.2"  # for polls that should stay empty; the hold may be longer all the same
NOTICED = 15.0  # seconds within which news of a worker are heeded, on a busy machine
IN_TIME = "the kit was in time"  # without this note a life's end shows nothing
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

    @property
    def over(self) -> bool:
        """Whether the kit itself was so slow that the life has ended meanwhile."""
        return self.stage.now() - self.began > self.ttl


async def given(worker: Worker, desk: Desk, skill: str, *, tag: str) -> Answer:
    """Submit a job for a skill, and let the worker ask for it."""
    await desk.submit(skill)
    return await worker.poll(tag=tag, query=BRIEFLY)


async def kept_alive(stage: Stage, beat: Callable[[Worker], Awaitable[Answer]]) -> None:
    """Let workers beat in mid-life and take a job later, until the kit is in time for once."""
    for _ in range(ATTEMPTS):
        if await second_life(await Worker(stage).hired(), beat):
            stage.note(IN_TIME)
            return
    raise NotObserved(HELD_UP)


async def second_life(worker: Worker, beat: Callable[[Worker], Awaitable[Answer]]) -> bool:
    """Beat in mid-life, take a job past the first life's end; say whether the kit was in time."""
    first = Life(worker.stage)
    await first.until(HALF_WAY)
    second = Life(worker.stage)
    await beat(worker)
    late = first.over
    await first.until(PAST_THE_END)
    await given(worker, Desk(worker.stage), worker.skill, tag="a poll after the heartbeat")
    return not late and not second.over


@scenario(settings=SHORT_LIVES)
async def signed_beat(stage: Stage) -> None:
    """Beat once in mid-life, signed; take a job past the first life's end."""
    await kept_alive(stage, lambda worker: worker.heartbeat(tag="a signed heartbeat"))


@scenario(settings=SHORT_LIVES)
async def empty_beat(stage: Stage) -> None:
    """Beat once in mid-life without a body; take a job past the first life's end."""
    tag = "a heartbeat without a body"
    await kept_alive(stage, lambda worker: worker.send("PATCH", path_of(worker.id), tag=tag))


@scenario(settings=SHORT_LIVES)
async def silence(stage: Stage) -> None:
    """Offer work to a silent worker while it lives, and afterwards."""
    desk = Desk(stage)
    worker = await Worker(stage).hired()
    life = Life(stage)
    await given(worker, desk, worker.skill, tag=twin("a poll after a life of silence"))
    if life.over:
        raise NotObserved(HELD_UP)
    stage.note(IN_TIME)
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


@scenario(bound=PATIENT)
async def status(stage: Stage) -> None:
    """Have workers be busy, full, offline or draining, and idle again."""
    await side_by_side(*(not_idle(stage, each) for each in NOT_IDLE))


@scenario()
async def no_catalogue(stage: Stage) -> None:
    """Tell the hash of a catalogue, but not the catalogue."""
    for catalogue in NO_CATALOGUE:
        worker = Worker(stage)
        told = stage.unique("hash")
        await worker.hired(**catalogue, skills_hash=told)
        await worker.heartbeat(tag="a hash without a catalogue", skills_hash=told)


@scenario(bound=PATIENT)
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
    # An orchestrator may look at an old record for a while, so the offer is repeated.
    await stage.until(
        lambda: given(worker, desk, learned, tag="a poll for the new skill"),
        has_task,
        within=NOTICED,
    )
    # The offers that came too early may have been heeded all the same, each with a task by now.
    await stage.until(
        lambda: worker.poll(tag="prerequisite: no more of the new skill", query=BRIEFLY),
        lambda answer: not has_task(answer),
        within=NOTICED,
    )
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
