"""The messages of RXON and what is in them, as types (sheet 3).

The order of the members is their order on the wire. messages.py says which of them a receiver
refuses; here is what they are restored to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from functools import cache
from typing import Any, TypeAlias

from reference.rxon.revision import ANY_VERSION, BASELINE, DEFAULT_STATUS, Revision

JSONObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SkillInfo:
    """One skill of a worker, with the contracts of its data."""

    name: str
    type: str | None = None
    description: str | None = None
    version: str | None = None
    input_schema: JSONObject | None = None
    output_schema: JSONObject | None = None
    events_schema: dict[str, JSONObject] | None = None
    output_statuses: list[str] | None = None
    schema_dialect: str = "json-schema"
    properties: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class HardwareDevice:
    """One device, that is there or that is required."""

    type: str
    model: str | None = None
    id: str | None = None
    properties: JSONObject | None = None
    metrics: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """What a worker has, or what a task needs."""

    devices: list[HardwareDevice] | None = None
    properties: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class InstalledArtifact:
    """Something that is installed at a worker, such as a model."""

    name: str
    version: str = ANY_VERSION
    type: str | None = None
    properties: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class WorkerCapabilities:
    """Where a worker runs, and what its work costs."""

    hostname: str = "unknown"
    ip_address: str = "0.0.0.0"  # noqa: S104  (what the protocol says of an unknown address)
    cost_per_skill: dict[str, float] | None = None
    s3_config_hash: str | None = None
    extra: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class SecurityContext:
    """Who signed a message, and in whose name."""

    signature: str | None = None
    signer_id: str | None = None
    identity_chain: list[str] | None = None
    metadata: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """A file that a message refers to."""

    uri: str
    size: int = 0
    etag: str | None = None
    metadata: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class DeviceUsage:
    """How busy one device is."""

    unit_id: str
    load_percent: float
    metrics: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class ResourcesUsage:
    """How busy a worker is."""

    cpu_load_percent: float = 0.0
    ram_used_gb: float = 0.0
    devices_usage: list[DeviceUsage] | None = None


@dataclass(frozen=True, slots=True)
class TaskError:
    """Why a task failed."""

    code: str
    message: str
    details: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class WorkerRegistration:
    """E1."""

    worker_id: str
    worker_type: str = "generic"
    supported_skills: list[SkillInfo] | None = None
    available_skills: list[str] | None = None
    hot_skills: list[str] | None = None
    resources: Resources | None = None
    installed_software: dict[str, str] | None = None
    installed_artifacts: list[InstalledArtifact] | None = None
    capabilities: WorkerCapabilities | None = None
    skills_hash: str | None = None
    security: SecurityContext | None = None
    metadata: JSONObject | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class TaskPayload:
    """E2's answer."""

    job_id: str
    task_id: str
    type: str
    params: JSONObject | None = None
    tracing_context: dict[str, str] | None = None
    params_metadata: dict[str, FileMetadata] | None = None
    priority: float = 0.0
    deadline: int | None = None
    security: SecurityContext | None = None
    metadata: JSONObject | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class TaskResult:
    """E3."""

    job_id: str
    task_id: str
    worker_id: str | None = None
    origin_worker_id: str | None = None
    status: str = DEFAULT_STATUS
    data: JSONObject | None = None
    error: TaskError | None = None
    data_metadata: dict[str, FileMetadata] | None = None
    security: SecurityContext | None = None
    metadata: JSONObject | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """E4."""

    worker_id: str
    status: str
    usage: ResourcesUsage | None = None
    current_tasks: list[str] | None = None
    supported_skills: list[SkillInfo] | None = None
    available_skills: list[str] | None = None
    hot_skills: list[str] | None = None
    skills_hash: str | None = None
    security: SecurityContext | None = None
    metadata: JSONObject | None = None
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerEventPayload:
    """E5, and what comes up a WebSocket."""

    event_id: str
    worker_id: str
    origin_worker_id: str
    event_type: str
    payload: JSONObject
    origin_task_id: str | None = None
    bubbling_chain: list[str] | None = None
    target_job_id: str | None = None
    target_task_id: str | None = None
    trace_context: dict[str, str] | None = None
    priority: float = 0.0
    timestamp: int | None = None
    security: SecurityContext | None = None
    metadata: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """What goes down a WebSocket."""

    command: str
    task_id: str | None = None
    job_id: str | None = None
    params: JSONObject | None = None
    metadata: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """E6's answer."""

    access_token: str
    expires_in: int
    worker_id: str
    metadata: JSONObject | None = None


MESSAGES: Mapping[str, type] = {
    "registration": WorkerRegistration,
    "task": TaskPayload,
    "result": TaskResult,
    "heartbeat": Heartbeat,
    "event": WorkerEventPayload,
    "command": WorkerCommand,
    "token": TokenResponse,
}
PARTS: Mapping[str, type] = {
    "skill": SkillInfo,
    "device": HardwareDevice,
    "resources": Resources,
    "artifact": InstalledArtifact,
    "capabilities": WorkerCapabilities,
    "security": SecurityContext,
    "file": FileMetadata,
    "device usage": DeviceUsage,
    "usage": ResourcesUsage,
    "error": TaskError,
}
# Members that came after the baseline (sheet 11.1): their types and what they are when absent.
NEWER: Mapping[str, Mapping[str, tuple[Any, Any]]] = {
    "task": {
        "policy": (JSONObject | None, None),
        "sig": (str | None, None),
        "step": (int, 0),
        "depth": (int, 0),
        "parent_hash": (str | None, None),
    },
    "result": {"costs": (JSONObject | None, None)},
    "token": {"refresh_token": (str | None, None)},
}


@cache
def model(kind: str, *, revision: Revision = BASELINE) -> type:
    """Return the type of a message, or of a part of one; raises KeyError for an unknown kind."""
    known: type = {**MESSAGES, **PARTS}[kind]
    newer = NEWER.get(kind) if revision.newer_members else None
    if newer is None:
        return known
    members = [(name, of, field(default=default)) for name, (of, default) in newer.items()]
    return make_dataclass(known.__name__, members, bases=(known,), frozen=True)
