"""What becomes of a task at a worker: refused, run, and told as a result (RXON-EXE)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reference.rxon import canonical, contracts

Skill: TypeAlias = Mapping[str, Any]  # SkillInfo, sheet 3.2
Catalogue: TypeAlias = Mapping[str, Skill]

# Error codes that a worker itself gives, sheet 3.4
TRANSIENT = "TRANSIENT_ERROR"
PERMANENT = "PERMANENT_ERROR"
INVALID_INPUT = "INVALID_INPUT_ERROR"
CONTRACT_VIOLATION = "CONTRACT_VIOLATION_ERROR"
TIMEOUT = "TIMEOUT_ERROR"

PROGRESS = "progress"  # the one event that no skill has to declare


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: the status, and the data or the error that go with it."""

    status: str
    data: Any = None
    error: Mapping[str, str] | None = None


CANCELLED = Outcome("cancelled")  # RXON-EXE-09


def failure(code: str, message: str) -> Outcome:
    """Return a failure."""
    return Outcome("failure", error={"code": code, "message": message})


def is_task(said: Any) -> bool:
    """Say whether it can be answered: it has both ids, whatever else is wrong with it.

    Published orchestrators send fractions as `timestamp` and `deadline` (sheet 3.3), so that a
    worker looks at nothing of a task that it does not need.
    """
    return isinstance(said, dict) and all(
        isinstance(said.get(name), str) for name in ("job_id", "task_id")
    )


def refusal(task: Mapping[str, Any], catalogue: Catalogue, *, now: float) -> Outcome | None:
    """Return the result of a task that must not run, or None for one that must."""
    name = task.get("type")
    skill = catalogue.get(name) if isinstance(name, str) else None
    if skill is None:  # RXON-EXE-03
        return failure(PERMANENT, f"Unsupported skill: {name}")
    if is_late(task.get("deadline"), now=now):  # RXON-EXE-11
        return failure(TIMEOUT, "the deadline of the task is over")
    try:
        params = canonical.normalise(task.get("params") or {})
    except canonical.CanonicalError as error:
        return failure(INVALID_INPUT, str(error))
    problem = contracts.violation(params, {"type": "object"}) or contracts.violation(
        params, skill.get("input_schema")
    )
    return failure(INVALID_INPUT, problem) if problem else None  # RXON-EXE-02


def is_late(deadline: Any, *, now: float) -> bool:
    """Say whether a deadline, in seconds since the epoch, is over; what is none never is."""
    return type(deadline) in {int, float} and deadline < now


def params_of(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task hands to its skill; without params that is nothing (RXON-EXE-13)."""
    return dict(canonical.normalise(task.get("params") or {}))


def may_tell(skill: Skill, event: str, payload: Mapping[str, Any]) -> bool:
    """Say whether a skill that declares its events may send this one (RXON-EVT-08)."""
    declared = skill.get("events_schema")
    if declared is None:
        return True
    if event not in declared:
        return event == PROGRESS
    return contracts.violation(canonical.normalise(payload), declared[event]) is None


def finished(data: Any, skill: Skill) -> Outcome:
    """Return the result of a skill that ended by itself (RXON-EXE-05)."""
    problem = contracts.violation(canonical.normalise(data), skill.get("output_schema"))
    return failure(CONTRACT_VIOLATION, problem) if problem else Outcome("success", data)


def crashed(error: BaseException) -> Outcome:
    """Return the result of a skill that raised (RXON-EXE-04)."""
    return failure(TRANSIENT, str(error) or type(error).__name__)
