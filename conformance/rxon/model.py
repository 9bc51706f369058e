"""A small model of an orchestrator: what two workers and a client may be told, step by step.

A conversation is a JSON list of steps, each an object whose ``do`` names a row of STEPS. A task is
named by how many were delivered after it, modulo their number, so that every list can be played and
shrunk. What the orchestrator is free to choose, the model learns from its answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Step: TypeAlias = "dict[str, Any]"
Came: TypeAlias = "Mapping[str, Any]"  # what the interpreter saw of the orchestrator's answer

WORKERS = 2
SWITCHED = 101
REPLACED = 1008  # RXON-WS-04


class Fate(StrEnum):
    """What has become of a job; the values are the status words of the protocol."""

    OPEN = "open"  # any status that is none of the others
    FINISHED = "finished"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


ENDS = frozenset(Fate) - {Fate.OPEN}


def fate_of(job: Mapping[str, Any]) -> Fate:
    """Return what a job's state says has become of it."""
    status = job.get("status")
    return Fate(status) if status in ENDS else Fate.OPEN


@dataclass(slots=True)
class Job:
    """A job of one task, for the skill that only one worker has."""

    job_id: str
    worker: int
    fate: Fate = Fate.OPEN
    failures: int = 0
    task_id: str | None = None  # the task that is at the worker; None while it waits


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was delivered at some time."""

    task_id: str
    job: Job
    worker: int


@dataclass(frozen=True, slots=True)
class Surprise:
    """An answer that the model did not expect, and the requirement that speaks of it."""

    requirement: str
    sentence: str
    bearable: bool = False  # no more than a SHOULD was broken: the conversation can go on


@dataclass(slots=True)
class World:
    """All that happened so far, as far as it matters for what comes."""

    max_retries: int
    jobs: list[Job] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    # Polls whose answer nobody read, by worker: those that found a task, which may be lost until
    # its time-out, and those that were only held, which should have taken none.
    unread: list[int] = field(default_factory=lambda: [0] * WORKERS)
    abandoned: list[int] = field(default_factory=lambda: [0] * WORKERS)
    connected: set[int] = field(default_factory=set)  # workers with an open WebSocket

    def task(self, step: Step) -> Task:
        """Return the task that a step is about; there must have been one."""
        back: int = step["task"] % len(self.tasks)
        return self.tasks[-1 - back]

    def sender(self, step: Step, task: Task) -> int:
        """Return the worker that reports: the task's own or the other one."""
        return task.worker if step["by"] == "owner" else (task.worker + 1) % WORKERS

    def waiting(self, worker: int) -> list[Job]:
        """Return the jobs whose task waits for a worker."""
        return [
            job
            for job in self.jobs
            if job.worker == worker and job.fate is Fate.OPEN and job.task_id is None
        ]

    def sure(self, worker: int) -> int:
        """Return how many tasks must be there for a worker's polls."""
        return len(self.waiting(worker)) - self.unread[worker]

    def held(self, worker: int) -> list[str]:
        """Return the tasks that a worker has, wanted or not."""
        return [task.task_id for task in self.tasks if task.worker == worker]

    def wanted(self, task_id: str) -> bool:
        """Whether a task's result would count."""
        return any(job.task_id == task_id and job.fate is Fate.OPEN for job in self.jobs)


# --- results

Rule: TypeAlias = "Callable[[Task, int], bool]"

# Every reason that holds for a result may be the one that is named; where none does, it counts.
REASONS: Mapping[str, Rule] = {
    "worker_mismatch": lambda task, sender: sender != task.worker,
    "stale_task": lambda task, _: task.job.fate is Fate.OPEN and task.task_id != task.job.task_id,
    "job_already_terminated": lambda task, _: task.job.fate in ENDS,
    "job_cancelled": lambda task, _: task.job.fate is Fate.CANCELLED,
}
# Which requirement says so, by the first reason that holds.
SPEAKS: tuple[tuple[str, str], ...] = (
    ("job_cancelled", "RXON-RES-15"),
    ("job_already_terminated", "RXON-RES-06"),
    ("worker_mismatch", "RXON-RES-04"),
    ("stale_task", "RXON-RES-05"),
)
COUNTS = {"success": "RXON-RES-01", "failure": "RXON-RES-09"}


def reasons(world: World, step: Step) -> set[str]:
    """Return why a result does not count; nothing if it does."""
    task = world.task(step)
    return {name for name, holds in REASONS.items() if holds(task, world.sender(step, task))}


def speaks(world: World, step: Step) -> str:
    """Return the requirement that says what becomes of a result."""
    found = reasons(world, step)
    return next((rule for reason, rule in SPEAKS if reason in found), COUNTS[step["status"]])


def fate_after(world: World, step: Step) -> Fate:
    """Return what a result makes of its job."""
    task = world.task(step)
    if reasons(world, step):
        return task.job.fate
    if step["status"] == "success":
        return Fate.FINISHED
    return Fate.QUARANTINED if task.job.failures >= world.max_retries else Fate.OPEN


def answer_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Compare the answer to a result, and the job afterwards."""
    found, rule = reasons(world, step), speaks(world, step)
    status = "ignored" if found else "accepted"
    if came["status"] != status:
        return Surprise(rule, f"a result was answered {came['status']!r} instead of {status!r}")
    # After a job's end it is enough that the result is ignored, whatever the reason.
    if found and not found & {"job_already_terminated"} and came["reason"] not in found:
        named = " or ".join(sorted(found))
        return Surprise(rule, f"a result was ignored as {came['reason']!r}, not as {named}")
    fate = fate_after(world, step)
    if came["fate"] != fate:
        return Surprise(rule, f"a job is {came['fate']} instead of {fate} after a result")
    return None


def repeat_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Demand that a result counts once that is said twice, because its first answer was lost."""
    if reasons(world, step):
        return answer_surprise(world, step, came)
    rule, fate = COUNTS[step["status"]], fate_after(world, step)
    if came["status"] not in {"accepted", "ignored"}:
        return Surprise(rule, f"a repeated result was answered {came['status']!r}")
    if came["fate"] != fate:
        return Surprise(rule, f"a job is {came['fate']} instead of {fate} after a repeated result")
    return None


def learn_answer(world: World, step: Step, _came: Came) -> None:
    """Count a result, if it counts."""
    counts, fate = not reasons(world, step), fate_after(world, step)
    job = world.task(step).job
    if counts:
        job.failures += step["status"] == "failure"
        job.task_id = None
    job.fate = fate


# --- tasks


def poll_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a new task of a job that waits for this worker."""
    worker = step["worker"]
    if came["job_id"] is None and world.sure(worker) <= world.abandoned[worker]:
        return Surprise("RXON-POLL-08", "a poll that was cut off took a task", bearable=True)
    if came["job_id"] not in {job.job_id for job in world.waiting(step["worker"])}:
        return Surprise("RXON-POLL-02", "a poll did not bring a task that waits for the worker")
    if came["task_id"] in {task.task_id for task in world.tasks}:
        return Surprise("RXON-RES-09", "a task id was used twice")
    return None


def learn_poll(world: World, step: Step, came: Came) -> None:
    """Note which task the worker got, or that an abandoned poll had taken it."""
    if came["job_id"] is None:
        world.abandoned[step["worker"]] -= 1
        world.unread[step["worker"]] += 1
        return
    job = next(job for job in world.jobs if job.job_id == came["job_id"])
    job.task_id = came["task_id"]
    world.tasks.append(Task(came["task_id"], job, step["worker"]))


def learn_hang_up(world: World, step: Step, _came: Came) -> None:
    """Note that one more poll has been cut off: it may have taken a task that waited."""
    cut = world.unread if world.sure(step["worker"]) else world.abandoned
    cut[step["worker"]] += 1


def learn_submit(world: World, step: Step, came: Came) -> None:
    """Note a new job."""
    world.jobs.append(Job(came["job_id"], step["worker"]))


def can_cancel(world: World, step: Step) -> bool:
    """Whether the step's task is at its worker; queued ones are another requirement's affair."""
    return bool(world.tasks) and world.wanted(world.task(step).task_id)


def cancel_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a cancelled job, and that a worker with a WebSocket is told."""
    if came["fate"] != Fate.CANCELLED:
        return Surprise("RXON-JOB-01", f"a job is {came['fate']} after its cancellation")
    task = world.task(step)
    if task.worker not in world.connected:
        return None
    said = [came["command"].get(name) for name in ("command", "task_id", "job_id")]
    if said == ["cancel_task", task.task_id, task.job.job_id]:
        return None
    return Surprise("RXON-WS-06", "a cancelled task was not called off on its worker's WebSocket")


def learn_cancel(world: World, step: Step, _came: Came) -> None:
    """Note that the job has ended."""
    world.task(step).job.fate = Fate.CANCELLED


# --- workers


def heartbeat_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect `ok`, and to be told of exactly the tasks that are not wanted any more."""
    if came["status"] != "ok":
        return Surprise("RXON-HB-01", f"a heartbeat was answered {came['status']!r}")
    if any(world.wanted(task_id) for task_id in came["called_off"]):
        return Surprise("RXON-HB-07", "a heartbeat's answer calls a wanted task off")
    ended = {task.task_id for task in world.tasks if task.job.fate in ENDS}
    if ended & set(world.held(step["worker"])) - set(came["called_off"]):
        return Surprise("RXON-HB-08", "a heartbeat's answer keeps a task of an ended job")
    return None


def register_surprise(_world: World, _step: Step, came: Came) -> Surprise | None:
    """Expect to be welcome again."""
    if came["status"] == "registered":
        return None
    return Surprise("RXON-REG-09", f"a second registration was answered {came['status']!r}")


# --- restarts

# Which requirement is broken by an orchestrator that has kept a store and not kept a job.
KEEPS = {Fate.OPEN: "RXON-RES-01", Fate.CANCELLED: "RXON-RES-15"}
KEEPS_ENDED = "RXON-RES-06"


def restart_surprise(world: World, _step: Step, came: Came) -> Surprise | None:
    """Expect every job where it was; the workers register again, so they may be forgotten."""
    for job in world.jobs:
        fate = came["fates"][job.job_id]
        if fate != job.fate:
            rule = KEEPS.get(job.fate, KEEPS_ENDED)
            return Surprise(rule, f"a job that was {job.fate} is {fate} after a restart")
    return None


# --- WebSockets


def connect_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a new WebSocket in the place of the old one."""
    if came["status"] != SWITCHED:
        return Surprise("RXON-WS-01", f"an upgrade was answered {came['status']}")
    if step["worker"] in world.connected and came["replaced"] != REPLACED:
        return Surprise("RXON-WS-04", f"a replaced WebSocket was closed with {came['replaced']}")
    return None


def learn_connect(world: World, step: Step, _came: Came) -> None:
    """Note who has a WebSocket."""
    world.connected.add(step["worker"])


def learn_unplug(world: World, step: Step, _came: Came) -> None:
    """Note whose WebSocket has gone."""
    world.connected.discard(step["worker"])


def can_say(world: World, step: Step) -> bool:
    """Whether the step's task runs at a worker with a WebSocket."""
    return can_cancel(world, step) and world.task(step).worker in world.connected


def say_surprise(_world: World, step: Step, came: Came) -> Surprise | None:
    """Expect the progress that was said in a frame."""
    if came["progress"] == step["progress"]:
        return None
    return Surprise("RXON-WS-02", "an event on a WebSocket had no effect")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of step needs, what may surprise about its answer, what is learned from it."""

    playable: Callable[[World, Step], bool] = lambda _world, _step: True
    surprise: Callable[[World, Step, Came], Surprise | None] = lambda _world, _step, _came: None
    learn: Callable[[World, Step, Came], None] = lambda _world, _step, _came: None


STEPS: Mapping[str, Kind] = {
    "register": Kind(surprise=register_surprise),
    "submit": Kind(learn=learn_submit),
    "poll": Kind(
        playable=lambda world, step: world.sure(step["worker"]) > 0,
        surprise=poll_surprise,
        learn=learn_poll,
    ),
    "hang up": Kind(learn=learn_hang_up),
    "answer": Kind(
        playable=lambda world, _step: bool(world.tasks),
        surprise=answer_surprise,
        learn=learn_answer,
    ),
    "repeat": Kind(
        playable=lambda world, _step: bool(world.tasks),
        surprise=repeat_surprise,
        learn=learn_answer,
    ),
    "cancel": Kind(playable=can_cancel, surprise=cancel_surprise, learn=learn_cancel),
    "heartbeat": Kind(surprise=heartbeat_surprise),
    "restart": Kind(surprise=restart_surprise),
    "connect": Kind(surprise=connect_surprise, learn=learn_connect),
    "say": Kind(playable=can_say, surprise=say_surprise),
    "unplug": Kind(
        playable=lambda world, step: step["worker"] in world.connected, learn=learn_unplug
    ),
}
