"""RXON-REG: seeded bugs in how an orchestrator takes workers in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from conformance.rxon.mutants_signatures import exchanged, nothing_wrong
from reference.rxon import admission, messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference.rxon.admission import Arrival, Refusal


def greeted(register: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a registration like a heartbeat."""

    def broken(*arguments: Any, **rest: Any) -> Any:
        status, body = register(*arguments, **rest)
        return status, {**body, "status": "ok"}

    return broken


def to_the_line_end(_is_worker_id: Any) -> Callable[[object], bool]:
    """Take the end of a line for the end of the text."""
    pattern = re.compile(r"^[a-zA-Z0-9_-]+$")
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def need_anything(arrival: Arrival) -> Refusal | None:
    """Miss but an empty body."""
    return admission.need_object(arrival) if arrival.body is None else None


def lenient(read_json: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Take NaN for a number, as some readers do."""
    return lambda body: json.loads(body) if b"NaN" in body else read_json(body)


def adding(register: Callable[..., Any]) -> Callable[..., Any]:
    """Add the new catalogue to the old one."""

    def broken(self: Any, worker_id: str, body: Mapping[str, Any], **rest: Any) -> Any:
        old = self.get(worker_id)
        known = old.record.get("supported_skills") or [] if old else []
        skills = [*(body.get("supported_skills") or ()), *known]
        return register(self, worker_id, {**body, "supported_skills": skills}, **rest)

    return broken


MUTANTS = (
    mutant(
        "RXON-REG-01",
        "a registration is answered `ok`",
        "reference.rxon.presence:register",
        greeted,
        role="orc",
    ),
    mutant(
        "RXON-REG-02",
        "nobody is warned of another version",
        "reference.rxon.presence:warning",
        lambda _warning: lambda _version: {},
        role="orc",
    ),
    mutant(
        "RXON-REG-03",
        "a registration needs capabilities",
        "reference.rxon.messages:SHAPES[registration]",
        lambda shape: {**shape, "capabilities": replace(shape["capabilities"], required=True)},
        role="orc",
    ),
    mutant(
        "RXON-REG-04",
        "an id may end in a line feed",
        "reference.rxon.identifiers:is_worker_id",
        to_the_line_end,
        role="orc",
    ),
    mutant(
        "RXON-REG-05",
        "an id that is no text counts as somebody else's",
        "reference.rxon.admission:STEPS[registration]",
        exchanged(need_worker_id=nothing_wrong),
        role="orc",
    ),
    mutant(
        "RXON-REG-06",
        "NaN is JSON",
        "reference.rxon.canonical:read_json",
        lenient,
        role="orc",
    ),
    mutant(
        "RXON-REG-07",
        "an array as a registration is an internal error",
        "reference.rxon.admission:STEPS[registration]",
        exchanged(need_object=need_anything),
        role="orc",
    ),
    mutant(
        "RXON-REG-08",
        "skills are not looked at",
        "reference.rxon.messages:SHAPES[registration]",
        lambda shape: {**shape, "supported_skills": messages.Field(messages.anything)},
        role="orc",
    ),
    mutant(
        "RXON-REG-09",
        "a new catalogue is added to the old one",
        "reference.rxon.workers:Fleet.register",
        adding,
        role="orc",
    ),
)
