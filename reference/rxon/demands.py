"""What a client may ask for in a job, read and checked member by member (sheet 1.2 and 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reference.rxon import canonical, messages, revision
from reference.rxon.messages import Field, FieldError, Shape

END_STATES: Mapping[str, str] = {"success": "finished", "failure": "failed"}
LONGEST_SECONDS = 10**9  # some thirty years: a deadline stays an integer that JSON can carry


@dataclass(frozen=True, slots=True)
class Demand:
    """One task as a client asks for it; every member may be left out."""

    type: str = "echo"
    params: Mapping[str, Any] | None = None
    transitions: Mapping[str, str] | None = None
    event_transitions: Mapping[str, str] | None = None
    resource_requirements: Mapping[str, Any] | None = None
    resource_hint: str | None = None
    skill_version: str | None = None
    skill_type: str | None = None
    priority: float = 0
    max_cost: float | None = None
    dispatch_strategy: str = "default"
    timeout_seconds: float | None = None
    dispatch_timeout_seconds: float | None = None
    result_timeout_seconds: float | None = None

    @property
    def next_states(self) -> Mapping[str, str]:
        """Return the state that follows each result status."""
        return {**END_STATES, **(self.transitions or {})}

    @property
    def requirements(self) -> Mapping[str, Any]:
        """Return what the worker must have."""
        return self.resource_requirements or {}


def duration(path: str, value: Any) -> None:
    """Accept seconds that a clock can still add to the time of day."""
    messages.number(path, value)
    if not 0 <= value <= LONGEST_SECONDS:
        raise FieldError(path, f"expected 0 to {LONGEST_SECONDS} seconds")


REQUIRED_DEVICE: Shape = {
    "type": Field(messages.string),
    "model": Field(messages.string),
    "properties": Field(messages.mapping),
}
REQUIRED_RESOURCES: Shape = {
    "devices": Field(messages.array_of(messages.record(REQUIRED_DEVICE))),
    "properties": Field(messages.mapping),
}
REQUIRED_ARTIFACT = messages.one_of(messages.string, messages.record(messages.ARTIFACT))

# Sheet 6.3; other members are kept and judged by nobody.
REQUIREMENTS: Shape = {
    "resources": Field(messages.record(REQUIRED_RESOURCES)),
    "installed_artifacts": Field(messages.array_of(REQUIRED_ARTIFACT)),
    "installed_software": Field(messages.map_of(messages.string)),
    "skill": Field(messages.mapping),
    "extra_requirements": Field(messages.mapping),
}
DEMAND: Shape = {
    "type": Field(messages.string),
    "params": Field(messages.mapping),
    "transitions": Field(messages.map_of(messages.string)),
    "event_transitions": Field(messages.map_of(messages.string)),
    "resource_requirements": Field(messages.record(REQUIREMENTS)),
    "resource_hint": Field(messages.string),
    "skill_version": Field(messages.string),
    "skill_type": Field(messages.string),
    "priority": Field(messages.number),
    "max_cost": Field(messages.number),
    "dispatch_strategy": Field(messages.string),
    "timeout_seconds": Field(duration),
    "dispatch_timeout_seconds": Field(duration),
    "result_timeout_seconds": Field(duration),
}


def parse(raw: Any, *, path: str) -> Demand:
    """Read one `dispatch` object; raises FieldError, CanonicalError."""
    messages.record(DEMAND)(path, raw)
    given: dict[str, Any] = canonical.normalise(raw)
    for name in given:
        if name not in DEMAND:
            raise FieldError(f"{path}.{name}", "unknown member")
    return Demand(**given)


def with_default_version(demand: Demand) -> Demand:
    """Ask for the version that a single task means when it names none (sheet 6.3)."""
    return replace(demand, skill_version=demand.skill_version or revision.DEFAULT_SKILL_VERSION)
