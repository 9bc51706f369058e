"""What one gateway knows, and the two lists of what it wants done: changes and effects."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reference.deadlines import Deadlines
from reference.neuron.bearers import Bearers
from reference.neuron.fleet import Fleet, Neuron
from reference.neuron.frames import Frame
from reference.neuron.leases import LeaseRecord
from reference.neuron.tasks import MAX_ATTEMPTS, TaskRecord
from reference.neuron.waiting import Waiting

# What can be due.
LEASE, DEAD, RETRY, CANCEL, FORGET, GONE = "lease", "dead", "retry", "cancel", "forget", "gone"
# The kinds of documents that are stored.
ORDER, LIFE, PROGRESS, BARRED, REVOKED, BEARER = (
    "order",
    "life",
    "progress",
    "barred",
    "revoked",
    "bearer",
)
STORED = (ORDER, LIFE, PROGRESS, BARRED, REVOKED, BEARER)

LEASE_TTL = 30.0  # seconds; the vendor's value is unpublished (sheet 5.8)
# Longer than a lease, since published neurons send no heartbeat while they drain
# (NEURON-GW-HB-05), and longer than the first heartbeat takes (NEURON-GW-HB-04).
DEAD_AFTER = 45.0
KEEP_ALIVE = 15.0
# Published neurons lose a cancel that they read together with its lease; half a millisecond
# between the two was enough for them (NEURON-GW-CTRL-04).
CANCEL_GAP = 0.05
RETRY_STEP, RETRY_CAP = 0.25, 5.0  # from the third delivery on, each waits twice as long
TASK_KEPT = 24 * 3600.0  # how long a task that is over is remembered (sheet 8)
NEURON_KEPT = 3600.0  # how long a neuron that is gone is listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The timers, limits and decisions of one gateway; seconds and counts."""

    lease_ttl: float = LEASE_TTL
    dead_after: float = DEAD_AFTER
    retry_delay: float = 0.0
    max_attempts: int = MAX_ATTEMPTS
    denied_types: frozenset[str] = frozenset()
    pending_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wake:
    """There is something to write on a stream, or it has ended."""

    stream: int


@dataclass(frozen=True, slots=True)
class Told:
    """A task is not what it was: who watches it should look."""

    task_id: str


Effect = Wake | Told


@dataclass(slots=True)
class State:
    """Everything that the rules work on; nothing here decides anything."""

    policy: Policy
    bearers: Bearers
    new_id: Callable[[], str]
    fleet: Fleet = field(default_factory=Fleet)
    waiting: Waiting = field(default_factory=Waiting)
    deadlines: Deadlines = field(default_factory=Deadlines)
    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    leases: dict[str, LeaseRecord] = field(default_factory=dict)
    barred: dict[str, None] = field(default_factory=dict)  # neurons that must not come back
    revoked: dict[str, str] = field(default_factory=dict)  # capabilities, and why
    numbered: int = 0  # how many tasks there have been
    streams: int = 0  # how many streams there have been
    effects: list[Effect] = field(default_factory=list)
    changed: dict[tuple[str, str], Any] = field(default_factory=dict)

    def task_of(self, lease: LeaseRecord) -> TaskRecord:
        """Return the task that a lease delivers."""
        return self.tasks[lease.task_id]

    def lease_of(self, task: TaskRecord) -> LeaseRecord:
        """Return the last lease of a task."""
        return self.leases[task.leases[-1]]

    def send(self, neuron: Neuron, frame: Frame) -> None:
        """Put a frame behind those that wait to be written."""
        if neuron.stream is not None and not neuron.leaving:
            neuron.outbox.append(frame)
            self.effects.append(Wake(neuron.stream))

    def touched(self, task: TaskRecord) -> None:
        """Have a task's life written, and its watchers told."""
        self.changed[LIFE, task.task_id] = None
        self.effects.append(Told(task.task_id))
