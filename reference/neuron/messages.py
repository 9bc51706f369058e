"""Frames on the wire: read strictly, written without nulls, their members in order (sheet 3)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.neuron import json_text
from reference.neuron.capabilities import (
    ANNOUNCED_CAPABILITY,
    EFFECTIVE_CAPABILITY,
    TYPE_NAME,
    repeated,
)
from reference.neuron.fields import (
    ANYTHING,
    FLAG,
    INSTANT,
    NAME,
    OBJECT,
    TEXT,
    Field,
    Fields,
    FrameError,
    Kind,
    between,
    check_object,
    many,
    members,
    optional,
    record,
    required,
    shown,
    whole,
    word,
    written,
)
from reference.neuron.frames import (
    Ack,
    Cancel,
    CapabilityRevoked,
    Disconnect,
    Frame,
    Heartbeat,
    InFlight,
    Lease,
    LeaseFrame,
    Nack,
    NackKind,
    Progress,
    Register,
    Registered,
    Task,
    UpdateCapability,
)

__all__ = [
    "DISCONNECT",
    "FROM_GATEWAY",
    "FROM_NEURON",
    "Ack",
    "Cancel",
    "CapabilityRevoked",
    "Disconnect",
    "Frame",
    "FrameError",
    "Heartbeat",
    "InFlight",
    "Lease",
    "LeaseFrame",
    "Nack",
    "NackKind",
    "Progress",
    "Register",
    "Registered",
    "Task",
    "UpdateCapability",
    "parse",
    "read",
    "render",
    "write",
]

_NEURON_ID = {"neuronId": required("neuron_id", NAME)}
_LEASE_ID = {"leaseId": required("lease_id", NAME)}
_SENT_AT = {"sentAt": required("sent_at", INSTANT)}

IN_FLIGHT: Fields = {
    **_LEASE_ID,
    "taskId": required("task_id", NAME),
    "startedAt": required("started_at", INSTANT),
}
TASK: Fields = {
    "taskId": required("task_id", NAME),
    "workflowId": required("workflow_id", NAME),
    "capability": required("capability", TYPE_NAME),
    "onBehalfOf": optional("on_behalf_of", NAME),
    # NEURON-GW-LEASE-08: a lease without input is dropped without a word.
    "input": Field("input", ANYTHING, nullable=True, always=True),
    "attempt": required("attempt", whole(least=0)),
    "metadata": optional("metadata", OBJECT),
}
LEASE: Fields = {
    **_LEASE_ID,
    "expiresAt": required("expires_at", INSTANT),
    "task": required("task", record(Task, TASK)),
    # SDK 0.1.0 drops a lease that lacks a schema, and reads null as none (sheet 11).
    "inputSchema": shown("input_schema", ANYTHING),
    "outputSchema": shown("output_schema", ANYTHING),
}
NACK_KIND: Kind[NackKind] = Kind(
    lambda path, value: NackKind(word(*NackKind).read(path, value)), str
)


def _nothing_wrong(_frame: Any) -> None:
    """Accept a frame whose members are right one by one."""


def _check_register(frame: Register) -> None:
    """Refuse what no single member shows (NEURON-GW-REG-04)."""
    if not frame.capabilities:
        raise FrameError("capabilities", "must not be empty")
    twice = repeated(frame.capabilities)
    if twice is not None:
        raise FrameError("capabilities", f"{twice!r} stands twice")


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of frame: its class, its members after `type`, and what they must be together."""

    make: Callable[..., Frame]
    fields: Fields
    check: Callable[[Any], None] = field(default=_nothing_wrong)


FROM_NEURON: Mapping[str, Shape] = {
    "register": Shape(
        Register,
        {
            **_NEURON_ID,
            "protocolVersion": required("protocol_version", NAME),
            "capabilities": required("capabilities", many(ANNOUNCED_CAPABILITY)),
        },
        _check_register,
    ),
    "update-capability": Shape(
        UpdateCapability,
        {**_NEURON_ID, "capability": required("capability", ANNOUNCED_CAPABILITY)},
    ),
    "heartbeat": Shape(
        Heartbeat,
        {
            **_NEURON_ID,
            "inFlight": required("in_flight", many(record(InFlight, IN_FLIGHT))),
            **_SENT_AT,
        },
    ),
    "ack": Shape(
        Ack,
        {
            **_LEASE_ID,
            "output": optional("output", ANYTHING),
            "completedAt": required("completed_at", INSTANT),
        },
    ),
    "nack": Shape(
        Nack,
        {
            **_LEASE_ID,
            "kind": required("kind", NACK_KIND),
            "reason": required("reason", NAME),
            "code": optional("code", TEXT),
            "details": optional("details", ANYTHING),
            "failedAt": required("failed_at", INSTANT),
        },
    ),
    "progress": Shape(
        Progress,
        {
            **_LEASE_ID,
            "percent": optional("percent", between(0, 100)),
            "message": optional("message", TEXT),
            "data": optional("data", ANYTHING),
            **_SENT_AT,
        },
    ),
}
DISCONNECT = "disconnect"
FROM_GATEWAY: Mapping[str, Shape] = {
    "registered": Shape(
        Registered,
        {
            "sessionId": required("session_id", NAME),
            "capabilities": required("capabilities", many(EFFECTIVE_CAPABILITY)),
            "acceptedAt": required("accepted_at", INSTANT),
        },
    ),
    "lease": Shape(LeaseFrame, {"lease": required("lease", record(Lease, LEASE)), **_SENT_AT}),
    "cancel": Shape(
        Cancel,
        {
            **_LEASE_ID,
            "reason": required("reason", NAME),
            "cancelledAt": required("cancelled_at", INSTANT),
        },
    ),
    "capability-revoked": Shape(
        CapabilityRevoked,
        {
            "capability": required("capability", TYPE_NAME),
            "reason": required("reason", NAME),
            "revokedAt": required("revoked_at", INSTANT),
        },
    ),
    DISCONNECT: Shape(
        Disconnect,
        {
            "reason": required("reason", NAME),
            "code": optional("code", TEXT),
            "reconnectable": required("reconnectable", FLAG),
            **_SENT_AT,
        },
    ),
}
SHAPES: Mapping[str, Shape] = {**FROM_NEURON, **FROM_GATEWAY}
TYPES: Mapping[type, str] = {
    shape.make: name for name, shape in SHAPES.items() if isinstance(shape.make, type)
}


def read(value: Any, *, among: Collection[str] = SHAPES.keys()) -> Frame:
    """Make a frame of a parsed object, if it is one of these types; raises FrameError."""
    check_object("", value)
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in among:
        raise FrameError("type", f"expected {' or '.join(among)}")
    shape = SHAPES[kind]
    rest = {name: member for name, member in value.items() if name != "type"}
    frame = shape.make(**members("", rest, shape.fields))
    shape.check(frame)
    return frame


def write(frame: Frame) -> dict[str, Any]:
    """Return a frame as an object, its members in the order of the wire."""
    kind = TYPES[type(frame)]
    return {"type": kind, **written(frame, SHAPES[kind].fields)}


def parse(text: bytes | str, *, among: Collection[str] = SHAPES.keys()) -> Frame:
    """Read a frame from JSON text; raises FrameError."""
    try:
        value = json_text.read(text)
    except json_text.JSONTextError as error:
        raise FrameError("", str(error)) from error
    return read(value, among=among)


def render(frame: Frame) -> bytes:
    """Write a frame as compact JSON."""
    return json_text.write(write(frame))
