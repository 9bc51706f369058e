"""Events that a neuron should drop, and leases that it should not execute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.neuron.leasing import SENT_AT, data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Frame = dict[str, Any]
    Spoil = Callable[[Frame], Frame]

SPOILED, NAMED = "spoiled leases", "leases for all kinds of names"
DIGITS, DEPTH = 5000, 100_000

UNKNOWN_TYPES: Mapping[str, Any] = {
    "a type that nobody knows": {"type": "assay", "sentAt": SENT_AT},
    "a type in capitals": {"type": "LEASE"},
    "no type": {},
    "a type of null": {"type": None},
    "an ack": {"type": "ack", "leaseId": "x", "completedAt": SENT_AT},
}
NO_JSON = {
    "half an object": '{"type": "lease"',
    "a word": "nope",
    "no data": "",
    "something behind the object": '{"type": "assay"} x',
    "a NUL": '{"type": "as\x00say"}',
}
NO_OBJECTS = {
    "a number": "5",
    "a string": '"lease"',
    "null": "null",
    "a list": "[]",
    "true": "true",
    "a type that is a list": '{"type": []}',
}
ABSURD = {
    "an integer of 5000 digits": f'{{"type": "assay", "n": {"9" * DIGITS}}}',
    "nested 100000 deep": f'{{"type": "assay", "n": {"[" * DEPTH}{"]" * DEPTH}}}',
}
EVENTS: Mapping[str, bytes] = {
    **{name: data(json.dumps(frame)) for name, frame in UNKNOWN_TYPES.items()},
    **{name: data(text) for name, text in {**NO_JSON, **NO_OBJECTS, **ABSURD}.items()},
}


def after(name: str) -> str:
    """Return what the lease is about that shows that the stream went on."""
    return f"a lease after {name}"


def _part(frame: Frame, *path: str) -> tuple[Frame, Frame]:
    """Return a copy of a frame, and the object in it at this path."""
    copy = json.loads(json.dumps(frame))
    inner = copy
    for name in path:
        inner = inner[name]
    return copy, inner


def without(*path: str) -> Spoil:
    """Return what takes a member out of a frame."""

    def spoil(frame: Frame) -> Frame:
        copy, inner = _part(frame, *path[:-1])
        del inner[path[-1]]
        return copy

    return spoil


def having(value: Any, *path: str) -> Spoil:
    """Return what sets a member of a frame."""

    def spoil(frame: Frame) -> Frame:
        copy, inner = _part(frame, *path[:-1])
        inner[path[-1]] = value
        return copy

    return spoil


LEASE, TASK = ("lease",), ("lease", "task")
MISSING = {
    f"no {path[-1]}": without(*path)
    for path in (
        ("sentAt",),
        (*LEASE, "leaseId"),
        (*LEASE, "expiresAt"),
        TASK,
        *((*TASK, name) for name in ("taskId", "workflowId", "capability", "input", "attempt")),
    )
}
NULLS = {
    f"{path[-1]} is null": having(None, *path)
    for path in (
        ("sentAt",),
        LEASE,
        (*LEASE, "expiresAt"),
        TASK,
        (*TASK, "attempt"),
        (*TASK, "workflowId"),
    )
}
WRONG = {
    "leaseId is empty": having("", *LEASE, "leaseId"),
    "taskId is empty": having("", *TASK, "taskId"),
    "onBehalfOf is empty": having("", *TASK, "onBehalfOf"),
    "onBehalfOf is an object": having({}, *TASK, "onBehalfOf"),
    "leaseId is a number": having(7, *LEASE, "leaseId"),
    "attempt is negative": having(-1, *TASK, "attempt"),
    "attempt is a fraction": having(1.5, *TASK, "attempt"),
    "expiresAt is a truth value": having(json.loads("true"), *LEASE, "expiresAt"),
    "expiresAt is prose": having("soon", *LEASE, "expiresAt"),
    "metadata is a list": having([], *TASK, "metadata"),
}
UNKNOWN_MEMBERS = {
    "an unknown member of the frame": having(1, "assay"),
    "an unknown member of the lease": having(1, *LEASE, "assay"),
    "an unknown member of the task": having(1, *TASK, "assay"),
}
INVALID: Mapping[str, Spoil] = {**MISSING, **NULLS, **WRONG}
LEASES: Mapping[str, Spoil] = {**INVALID, **UNKNOWN_MEMBERS}

# NEURON-NRN-LEASE-14: each names a capability that the neuron does not have.
NAMES = (
    "a/b",
    "core/script.python",
    "org/01HBQ8ZK/custom-tool",
    "a/b/c/d/e",
    "A/B",
    "a/..",
    "-/-",
    "_/_",
)
NO_NAMES = (
    "",
    "a",
    "/a/b",
    "a/b/",
    "a//b",
    "a/b c",
    "a/b!",
    "a/b:c",
    "a\\b",
    "a/b?x",
    "ü/b",
    "a/b\n",
    "a/b\t",
    "a\n/b",
)
CAPABILITIES: Mapping[str, str] = {
    **{f"the name {name!r}": name for name in NAMES},
    **{f"no name: {name!r}": name for name in NO_NAMES},
}
