"""A small model of a gateway: what two neurons and a planner may see of a few tasks, step by step.

A conversation is a JSON list of steps, each an object whose ``do`` names a row of STEPS. A lease is
named by how many came after it, modulo their number, so that every list can be played and shrunk.
What the gateway is free to choose, such as which neuron gets a task, the model learns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Step: TypeAlias = "dict[str, Any]"
Came: TypeAlias = "Mapping[str, Any]"  # what the interpreter saw after the step

NEURONS = 2
CONCURRENCY = 2  # of each neuron, at first


class State(StrEnum):
    """Where a task stands, in the words of the driver."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({State.DONE, State.FAILED, State.CANCELLED})
# Which requirement says that a task which stands so is not delivered.
SETTLED: Mapping[State, str] = {
    State.DONE: "NEURON-GW-RES-01",
    State.FAILED: "NEURON-GW-RES-04",
    State.CANCELLED: "NEURON-GW-RES-06",
    State.LEASED: "NEURON-GW-LEASE-11",
}
DELIVERIES = 3  # of one task, which every gateway's retry policy allows
OUTCOMES: Mapping[str, State] = {
    "success": State.DONE,
    "terminal": State.FAILED,
    "schema-mismatch": State.FAILED,
    "cancelled": State.CANCELLED,
}


@dataclass(slots=True)
class Task:
    """A task."""

    task_id: str
    state: State = State.PENDING
    lease_id: str | None = None  # the lease whose result counts
    calling_off: bool = False  # cancelled, and its neuron has not answered


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that came at some time."""

    lease_id: str
    task_id: str
    neuron: int


@dataclass(frozen=True, slots=True)
class Surprise:
    """Something that the model did not expect, and the requirement that speaks of it."""

    requirement: str
    sentence: str


@dataclass(slots=True)
class World:
    """All that happened so far, as far as it matters for what comes."""

    tasks: dict[str, Task] = field(default_factory=dict)
    leases: list[Lease] = field(default_factory=list)
    limits: list[int] = field(default_factory=lambda: [CONCURRENCY] * NEURONS)
    there: list[bool] = field(default_factory=lambda: [True] * NEURONS)

    def lease(self, step: Step) -> Lease:
        """Return the lease that a step is about; there must have been one."""
        back: int = step["lease"] % len(self.leases)
        return self.leases[-1 - back]

    def task(self, lease: Lease) -> Task:
        """Return the task that a lease delivers."""
        return self.tasks[lease.task_id]

    def counts(self, lease: Lease) -> bool:
        """Whether a result for a lease would count."""
        return self.task(lease).lease_id == lease.lease_id

    def held(self, neuron: int) -> list[Lease]:
        """Return the unfinished leases of a neuron."""
        return [each for each in self.leases if each.neuron == neuron and self.counts(each)]

    def free(self) -> int:
        """Return how many slots the neurons have that are there."""
        return sum(
            max(0, self.limits[number] - len(self.held(number)))
            for number in range(NEURONS)
            if self.there[number]
        )

    def pending(self) -> list[Task]:
        """Return the tasks that wait for a slot."""
        return [task for task in self.tasks.values() if task.state is State.PENDING]

    def delivered(self, task_id: str) -> int:
        """Return how often a task came."""
        return sum(lease.task_id == task_id for lease in self.leases)

    def owed(self) -> int:
        """Return how many leases must come now."""
        return min(len(self.pending()), self.free())


# --- leases, after every step


def lease_surprise(world: World, lease: Lease) -> Surprise | None:
    """Expect a lease of a task that waits, under a new id, for a neuron with a slot."""
    task = world.tasks.get(lease.task_id)
    if any(lease.lease_id == each.lease_id for each in world.leases):
        return Surprise("NEURON-GW-LEASE-05", "a lease id came twice")
    if task is None:
        return Surprise("NEURON-GW-LEASE-01", "a lease came for a task that nobody injected")
    if task.state in SETTLED:
        return Surprise(SETTLED[task.state], f"a task that is {task.state} came again")
    if len(world.held(lease.neuron)) >= world.limits[lease.neuron]:
        return Surprise("NEURON-GW-LEASE-03", "a lease came to a neuron without a free slot")
    return None


def learn_lease(world: World, lease: Lease) -> None:
    """Note who has a task."""
    world.leases.append(lease)
    task = world.tasks[lease.task_id]
    task.state, task.lease_id = State.LEASED, lease.lease_id


# --- steps


def learn_inject(world: World, _step: Step, came: Came) -> None:
    """Note a new task."""
    world.tasks[came["task_id"]] = Task(came["task_id"])


def answer_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a result that counts to be accepted, and no fault for any other."""
    status = came["status"]
    accepted = status is not None and 200 <= status < 300  # noqa: PLR2004
    if world.counts(world.lease(step)):
        if not accepted:
            return Surprise("NEURON-GW-RES-01", f"a result that counts was answered {status}")
    elif not accepted and status != 409:  # noqa: PLR2004
        return Surprise("NEURON-GW-RES-09", f"a result that no longer counts was answered {status}")
    return None


def learn_answer(world: World, step: Step, _came: Came) -> None:
    """End a task, or let it wait again."""
    lease = world.lease(step)
    if not world.counts(lease):
        return
    task = world.task(lease)
    again = State.CANCELLED if task.calling_off else State.PENDING
    task.state = OUTCOMES.get(step["outcome"], again)
    task.lease_id = None


def can_report(world: World, step: Step) -> bool:
    """Whether there was a lease, and it is open or its task is over: else it may be either."""
    if not world.leases:
        return False
    lease = world.lease(step)
    return world.counts(lease) or world.task(lease).state in ENDS


def can_answer(world: World, step: Step) -> bool:
    """As for a report; and nothing is refused for now so often that the gateway gives it up."""
    if not can_report(world, step):
        return False
    return step["outcome"] != "retryable" or world.delivered(world.lease(step).task_id) == 1


def report_surprise(_world: World, _step: Step, came: Came) -> Surprise | None:
    """Expect no fault."""
    if came["status"] is None or came["status"] >= 500:  # noqa: PLR2004
        return Surprise("NEURON-GW-RES-12", f"a progress was answered {came['status']}")
    return None


def can_cancel(world: World, step: Step) -> bool:
    """Whether there is a task that is not over."""
    return bool(cancellable(world, step))


def cancellable(world: World, step: Step) -> list[Task]:
    """Return the task that a step cancels, if there is one."""
    open_ = [task for task in world.tasks.values() if task.state not in ENDS]
    open_ = [task for task in open_ if not task.calling_off]
    return [open_[-1 - step["task"] % len(open_)]] if open_ else []


def learn_cancel(world: World, step: Step, _came: Came) -> None:
    """Call a task off: at once if it waits, else when its neuron answers."""
    (task,) = cancellable(world, step)
    if task.state is State.PENDING:
        task.state = State.CANCELLED
    else:
        task.calling_off = True


def can_drop(world: World, step: Step) -> bool:
    """Whether a neuron is there, and what it holds may well be delivered once more."""
    held = world.held(step["neuron"])
    return is_there(world, step) and all(
        world.delivered(lease.task_id) < DELIVERIES for lease in held
    )


def learn_drop(world: World, step: Step, _came: Came) -> None:
    """Take the leases of a neuron back whose stream was cut."""
    for lease in world.held(step["neuron"]):
        task = world.task(lease)
        task.state = State.CANCELLED if task.calling_off else State.PENDING
        task.lease_id = None
    world.there[step["neuron"]] = False


def learn_join(world: World, step: Step, _came: Came) -> None:
    """Note that a neuron is back with what it could do at first."""
    world.there[step["neuron"]] = True
    world.limits[step["neuron"]] = CONCURRENCY


def learn_update(world: World, step: Step, _came: Came) -> None:
    """Note a new limit."""
    world.limits[step["neuron"]] = step["concurrency"]


def accepted_surprise(requirement: str) -> Callable[[World, Step, Came], Surprise | None]:
    """Expect 2xx."""

    def surprise(_world: World, step: Step, came: Came) -> Surprise | None:
        if came["status"] is not None and 200 <= came["status"] < 300:  # noqa: PLR2004
            return None
        return Surprise(requirement, f"{step['do']} was answered {came['status']}")

    return surprise


def is_there(world: World, step: Step) -> bool:
    """Whether the step's neuron has a stream."""
    return world.there[step["neuron"]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of step needs, what may surprise about its answer, what is learned from it."""

    playable: Callable[[World, Step], bool] = lambda _world, _step: True
    surprise: Callable[[World, Step, Came], Surprise | None] = lambda _world, _step, _came: None
    learn: Callable[[World, Step, Came], None] = lambda _world, _step, _came: None


STEPS: Mapping[str, Kind] = {
    "inject": Kind(learn=learn_inject),
    "answer": Kind(playable=can_answer, surprise=answer_surprise, learn=learn_answer),
    "progress": Kind(playable=can_report, surprise=report_surprise),
    "cancel": Kind(playable=can_cancel, learn=learn_cancel),
    "beat": Kind(playable=is_there, surprise=accepted_surprise("NEURON-GW-HB-01")),
    "update": Kind(
        playable=is_there, surprise=accepted_surprise("NEURON-GW-REG-11"), learn=learn_update
    ),
    "drop": Kind(playable=can_drop, learn=learn_drop),
    "join": Kind(
        playable=lambda world, step: not is_there(world, step),
        surprise=accepted_surprise("NEURON-GW-REG-03"),
        learn=learn_join,
    ),
}


# --- the end


def end_surprise(world: World, states: Mapping[str, str]) -> Surprise | None:
    """Compare what the driver says of every task with what the model knows: one outcome each."""
    for task in world.tasks.values():
        found = states.get(task.task_id)
        # What a neuron answers to a cancel may count, or the cancel itself.
        ended = task.calling_off and task.state in ENDS and found in ENDS
        if found != task.state and not ended:
            what = f"a task that must be {task.state} is {found}"
            return Surprise("NEURON-GW-RES-09" if task.state in ENDS else "NEURON-GW-RES-01", what)
    return None


def owed_surprise(world: World) -> Surprise | None:
    """Expect that nobody waits for a lease that could be given."""
    owed = world.owed()
    if not owed:
        return None
    return Surprise("NEURON-GW-LEASE-04", f"{owed} tasks wait though there are free slots")
