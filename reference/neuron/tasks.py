"""What planners ask for, and what became of it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.neuron import frames
from reference.neuron.capabilities import is_type
from reference.neuron.leases import FOR_DELIVERY, OVER, Stage

PROGRESS_KEPT = 1000  # reports of one task; older ones are dropped
MAX_ATTEMPTS = 5  # deliveries of one task


class OrderError(ValueError):
    """A task that no gateway takes; the text names the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a planner asked for."""

    task_id: str
    workflow_id: str
    capability: str
    created: float
    max_attempts: int
    input: Any = None
    on_behalf_of: str | None = None
    input_schema: Any = None
    output_schema: Any = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a task did not succeed."""

    kind: str
    reason: str
    code: str | None = None
    details: Any = None

    def shown(self) -> dict[str, Any]:
        """Return it as an object without nulls."""
        members = {name: getattr(self, name) for name in ("kind", "reason", "code", "details")}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(slots=True)
class TaskRecord:
    """A task with its history; mutable, and owned by the gateway's state."""

    order: Order
    number: int  # in the order of arrival; a task that comes back keeps its place
    stage: Stage = Stage.WAITING
    leases: list[str] = field(default_factory=list)  # every delivery, the last one last
    withdrawn: int = 0  # how many of them never left the gateway
    rests_until: float = 0.0
    cancel_reason: str | None = None
    output: Any = None
    failure: Failure | None = None
    progress: deque[Mapping[str, Any]] = field(default_factory=deque)
    reports: int = 0  # how many there have been
    ended: float | None = None

    @property
    def task_id(self) -> str:
        """Return its name."""
        return self.order.task_id

    @property
    def deliveries(self) -> int:
        """Return how often it was sent to a neuron."""
        return len(self.leases) - self.withdrawn

    @property
    def attempt(self) -> int:
        """Return the number of the last delivery, from 0 (NEURON-GW-LEASE-09)."""
        return max(0, self.deliveries - 1)

    @property
    def exhausted(self) -> bool:
        """Say whether it was delivered as often as it may be."""
        return self.deliveries >= self.order.max_attempts


STATES: Mapping[Stage, str] = {
    Stage.WAITING: "pending",
    Stage.ADRIFT: "pending",
    Stage.LEASED: "leased",
    Stage.CANCELLING: "leased",
    Stage.DONE: "done",
    Stage.FAILED: "failed",
    Stage.CANCELLED: "cancelled",
}

# What an order may say, and what each member must be.
_KINDS: Mapping[str, tuple[type, ...]] = {
    "capability": (str,),
    "on_behalf_of": (str, type(None)),
    "workflow_id": (str, type(None)),
    "metadata": (dict, type(None)),
    "input_schema": (dict, type(None)),  # NEURON-GW-LEASE-10: never false, never a number
    "output_schema": (dict, type(None)),
    "max_attempts": (int, type(None)),
}
_NAMES = ("on_behalf_of", "workflow_id")
MEMBERS = ("input", *_KINDS)


def check_order(members: Any) -> None:
    """Raise OrderError for the first member that cannot be part of a lease."""
    if not isinstance(members, dict):
        raise OrderError("a task is an object")
    for name in members:
        if name not in MEMBERS:
            raise OrderError(f"{name}: unknown member; known: {', '.join(MEMBERS)}")
    for name, kinds in _KINDS.items():
        value = members.get(name)
        if not isinstance(value, kinds) or isinstance(value, bool):
            expected = " or ".join(_SPOKEN[kind] for kind in kinds)
            raise OrderError(f"{name}: expected {expected}")
    _check_values(members)


def _check_values(members: Mapping[str, Any]) -> None:
    if not is_type(members["capability"]):
        raise OrderError("capability: expected a type such as owner/name")
    for name in _NAMES:
        if members.get(name) == "":
            raise OrderError(f"{name}: must not be empty")
    for name in ("input_schema", "output_schema"):
        reference = remote_reference(members.get(name))
        if reference is not None:
            raise OrderError(f"{name}: {reference!r} would be fetched by every neuron; use #/$defs")
    attempts = members.get("max_attempts")
    if attempts is not None and attempts < 1:
        raise OrderError("max_attempts: must be 1 or more")


_SPOKEN: Mapping[type, str] = {
    str: "text",
    dict: "an object",
    int: "a whole number",
    type(None): "null",
}


def remote_reference(schema: Any) -> str | None:
    """Return a `$ref` that leaves its schema: published neurons would fetch it (sheet 6.4)."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                return reference
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return None


def shown(task: TaskRecord) -> dict[str, Any]:
    """Return a task as planners see it; `output` stands only where there is one, even null."""
    order = task.order
    view: dict[str, Any] = {
        "task_id": order.task_id,
        "workflow_id": order.workflow_id,
        "capability": order.capability,
        "on_behalf_of": order.on_behalf_of,
        "state": STATES[task.stage],
        "attempt": task.attempt,
        "created": order.created,
        "ended": task.ended,
        _failure_name(task): task.failure.shown() if task.failure else None,
        "cancelling": True if task.stage is Stage.CANCELLING else None,
    }
    view = {name: value for name, value in view.items() if value is not None}
    if task.stage is Stage.DONE:
        view["output"] = task.output
    return {**view, "reports": task.reports, "progress": list(task.progress)}


def _failure_name(task: TaskRecord) -> str:
    """Name a failure: one that did not end the task is only the last so far."""
    return "failure" if task.stage is Stage.FAILED else "last_failure"


def report(frame: frames.Progress) -> dict[str, Any]:
    """Return what a progress frame says."""
    members = {"percent": frame.percent, "message": frame.message, "data": frame.data}
    return {name: value for name, value in members.items() if value is not None}


def add_report(task: TaskRecord, frame: frames.Progress) -> dict[str, Any]:
    """Keep what a progress frame says, and forget the oldest report if there are too many."""
    said = report(frame)
    task.progress.append(said)
    task.reports += 1
    if len(task.progress) > PROGRESS_KEPT:
        task.progress.popleft()
    return said


def is_over(task: TaskRecord) -> bool:
    """Say whether nothing can change the task any more."""
    return task.stage in OVER


def is_for_delivery(task: TaskRecord) -> bool:
    """Say whether a neuron may be given the task."""
    return task.stage in FOR_DELIVERY and not task.exhausted
