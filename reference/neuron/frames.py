"""The frames that neurons and gateways send each other, as values (sheet 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from reference.neuron.capabilities import Capability

# From the neuron --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A neuron says what it can do, once after every opening of its stream."""

    neuron_id: str
    protocol_version: str
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCapability:
    """A neuron changes how much of one capability it takes at once."""

    neuron_id: str
    capability: Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """A lease whose handler runs."""

    lease_id: str
    task_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A neuron lives, and so do the leases that it names."""

    neuron_id: str
    in_flight: tuple[InFlight, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """A lease succeeded."""

    lease_id: str
    completed_at: datetime
    output: Any = None


class NackKind(StrEnum):
    """Why a lease did not succeed."""

    RETRYABLE = "retryable"
    TERMINAL = "terminal"
    SCHEMA_MISMATCH = "schema-mismatch"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nack:
    """A lease did not succeed."""

    lease_id: str
    kind: NackKind
    reason: str
    failed_at: datetime
    code: str | None = None
    details: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A lease goes on."""

    lease_id: str
    sent_at: datetime
    percent: float | None = None
    message: str | None = None
    data: Any = None


# From the gateway -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The gateway took a neuron in, with these capabilities."""

    session_id: str
    capabilities: tuple[Capability, ...]
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done."""

    task_id: str
    workflow_id: str
    capability: str
    input: Any
    attempt: int
    on_behalf_of: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One delivery of a task."""

    lease_id: str
    expires_at: datetime
    task: Task
    input_schema: Any = None
    output_schema: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseFrame:
    """A neuron is to execute a task."""

    lease: Lease
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """A neuron is to stop a lease."""

    lease_id: str
    reason: str
    cancelled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityRevoked:
    """A capability is no longer wanted of a neuron."""

    capability: str
    reason: str
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """The stream will end."""

    reason: str
    reconnectable: bool
    sent_at: datetime
    code: str | None = None


Frame = (
    Register
    | UpdateCapability
    | Heartbeat
    | Ack
    | Nack
    | Progress
    | Registered
    | LeaseFrame
    | Cancel
    | CapabilityRevoked
    | Disconnect
)
