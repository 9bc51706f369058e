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


def refusal(task: Mapping[str, Any], catalogue: Catalogue) -> Outcome | None:
    """Return the result of a task that must not run, or None for one that must."""
    skill = catalogue.get(task["type"])
    if skill is None:  # RXON-EXE-03
        return failure(PERMANENT, f"Unsupported skill: {task['type']}")
    problem = contracts.violation(params_of(task), skill.get("input_schema"))
    return failure(INVALID_INPUT, problem) if problem else None  # RXON-EXE-02


def params_of(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task hands to its skill; without params that is nothing (RXON-EXE-13)."""
    return dict(canonical.normalise(task.get("params") or {}))


def finished(data: Any, skill: Skill) -> Outcome:
    """Return the result of a skill that ended by itself (RXON-EXE-05)."""
    problem = contracts.violation(canonical.normalise(data), skill.get("output_schema"))
    return failure(CONTRACT_VIOLATION, problem) if problem else Outcome("success", data)


def crashed(error: BaseException) -> Outcome:
    """Return the result of a skill that raised (RXON-EXE-04)."""
    return failure(TRANSIENT, str(error) or type(error).__name__)
