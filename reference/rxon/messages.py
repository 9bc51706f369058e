"""The shapes of RXON messages as field tables, and checking a message against them (sheet 3).

A table is both the list of members and their order on the wire. Members that it does not list are
allowed everywhere: they are signed, stored and passed on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


class FieldError(ValueError):
    """A member of a message has the wrong shape."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


Check: TypeAlias = Callable[[str, Any], None]  # path, value that is not null


@dataclass(frozen=True, slots=True)
class Field:
    """One member: null and absence are the same, and only allowed where it is optional."""

    check: Check
    required: bool = False


Shape: TypeAlias = Mapping[str, Field]


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Raise FieldError for the first member of the message that has the wrong shape."""
    _check_members("", body, SHAPES[kind])


def order(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message with its members in the order of the wire and without nulls."""
    known = [name for name in SHAPES[kind] if name in body]
    unknown = [name for name in body if name not in SHAPES[kind]]
    return {name: body[name] for name in (*known, *unknown) if body[name] is not None}


def _check_members(path: str, body: Mapping[str, Any], shape: Shape) -> None:
    prefix = f"{path}." if path else ""
    for name, field in shape.items():
        value = body.get(name)
        if value is not None:
            field.check(prefix + name, value)
        elif field.required:
            raise FieldError(prefix + name, "required")


def anything(_path: str, _value: Any) -> None:
    """Accept what another rule decides about."""


def of_type(*types: type, name: str) -> Check:
    """Accept values of exactly these JSON types, so that true is no number."""

    def check_type(path: str, value: Any) -> None:
        if type(value) not in types:
            raise FieldError(path, f"expected {name}, got {JSON_NAMES.get(type(value), 'null')}")

    return check_type


def integer(path: str, value: Any) -> None:
    """Accept a whole number however it is spelled: 1.0 is 1 (RXON-SER-02)."""
    number(path, value)
    if not float(value).is_integer():
        raise FieldError(path, "expected integer, got number")


def array_of(item: Check) -> Check:
    """Accept an array; null items do not survive normalisation and are not looked at."""

    def check_array(path: str, value: Any) -> None:
        array(path, value)
        for index, entry in enumerate(value):
            if entry is not None:
                item(f"{path}[{index}]", entry)

    return check_array


def map_of(item: Check) -> Check:
    """Accept an object whose values all have one shape."""

    def check_map(path: str, value: Any) -> None:
        mapping(path, value)
        for key, entry in value.items():
            if entry is not None:
                item(f"{path}.{key}", entry)

    return check_map


def record(shape: Shape) -> Check:
    """Accept an object with these members."""

    def check_record(path: str, value: Any) -> None:
        mapping(path, value)
        _check_members(path, value, shape)

    return check_record


def one_of(first: Check, second: Check) -> Check:
    """Accept either; what is not a simple value of the first kind is reported by the second."""

    def check_either(path: str, value: Any) -> None:
        try:
            first(path, value)
        except FieldError:
            second(path, value)

    return check_either


JSON_NAMES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}

string = of_type(str, name="string")
number = of_type(int, float, name="number")
array = of_type(list, name="array")
mapping = of_type(dict, name="object")
strings = array_of(string)
# Published receivers read `int(timestamp)`; admission says which texts and numbers it believes.
time_stamp = of_type(int, float, str, name="number")

# Nested objects, sheet 3.2 --------------------------------------------------------------------

SKILL: Shape = {
    "name": Field(string, required=True),
    "type": Field(string),
    "description": Field(string),
    "version": Field(string),
    "input_schema": Field(mapping),
    "output_schema": Field(mapping),
    "events_schema": Field(map_of(mapping)),
    "output_statuses": Field(strings),
    "schema_dialect": Field(string),
    "properties": Field(mapping),
}
DEVICE: Shape = {
    "type": Field(string, required=True),
    "model": Field(string),
    "id": Field(string),
    "properties": Field(mapping),
    "metrics": Field(mapping),
}
RESOURCES: Shape = {
    "devices": Field(array_of(record(DEVICE))),
    "properties": Field(mapping),
}
ARTIFACT: Shape = {
    "name": Field(string, required=True),
    "version": Field(string),
    "type": Field(string),
    "properties": Field(mapping),
}
CAPABILITIES: Shape = {
    "hostname": Field(string),
    "ip_address": Field(string),
    "cost_per_skill": Field(map_of(number)),
    "s3_config_hash": Field(string),
    "extra": Field(mapping),
}
SECURITY: Shape = {
    "signature": Field(string),
    "signer_id": Field(string),
    "identity_chain": Field(strings),
    "metadata": Field(mapping),
}
FILE: Shape = {
    "uri": Field(string, required=True),
    "size": Field(integer),
    "etag": Field(string),
    "metadata": Field(mapping),
}
DEVICE_USAGE: Shape = {
    "unit_id": Field(string, required=True),
    "load_percent": Field(number, required=True),
    "metrics": Field(mapping),
}
USAGE: Shape = {
    "cpu_load_percent": Field(number),
    "ram_used_gb": Field(number),
    "devices_usage": Field(array_of(record(DEVICE_USAGE))),
}

# RXON-DSP-05: the worker SDK sends names, its own orchestrator reads objects; both are understood.
skill_names = array_of(one_of(string, record(SKILL)))

# Every signed message ends with these.
_SECURITY = {"security": Field(record(SECURITY))}
_METADATA = {"metadata": Field(mapping)}
_TIMESTAMP = {"timestamp": Field(time_stamp)}
# In no model, but dispatch looks for models that a worker has loaded there (sheet 6.3).
_HOT_CACHE = {"hot_cache": Field(skill_names)}

# Messages, sheet 3.1 and 3.3 to 3.8 -----------------------------------------------------------

REGISTRATION: Shape = {
    "worker_id": Field(string, required=True),
    "worker_type": Field(string),
    "supported_skills": Field(array_of(record(SKILL))),
    "available_skills": Field(skill_names),
    "hot_skills": Field(skill_names),
    "resources": Field(record(RESOURCES)),
    "installed_software": Field(map_of(string)),
    "installed_artifacts": Field(array_of(record(ARTIFACT))),
    "capabilities": Field(record(CAPABILITIES)),
    "skills_hash": Field(string),
    **_SECURITY,
    **_METADATA,
    **_TIMESTAMP,
    **_HOT_CACHE,
}
# The path names the worker, so a heartbeat needs no member of its own (sheet 3.5).
HEARTBEAT: Shape = {
    "worker_id": Field(string),
    "status": Field(string),
    "usage": Field(record(USAGE)),
    "current_tasks": Field(strings),
    "supported_skills": Field(array_of(record(SKILL))),
    "available_skills": Field(skill_names),
    "hot_skills": Field(skill_names),
    "skills_hash": Field(string),
    # Not in the model, but merged into the record, so they keep the registration's shape.
    "resources": Field(record(RESOURCES)),
    "installed_software": Field(map_of(string)),
    "installed_artifacts": Field(array_of(record(ARTIFACT))),
    "capabilities": Field(record(CAPABILITIES)),
    **_SECURITY,
    **_METADATA,
    **_TIMESTAMP,
    **_HOT_CACHE,
}
# What a strange status or error means is decided with the job (RXON-RES-09 to -12).
RESULT: Shape = {
    "job_id": Field(string, required=True),
    "task_id": Field(string, required=True),
    "worker_id": Field(string),
    "origin_worker_id": Field(string),
    "status": Field(anything),
    "data": Field(anything),
    "error": Field(anything),
    "data_metadata": Field(map_of(record(FILE))),
    **_SECURITY,
    **_METADATA,
    **_TIMESTAMP,
}
EVENT: Shape = {
    "event_id": Field(string, required=True),
    "worker_id": Field(string, required=True),
    "origin_worker_id": Field(string, required=True),
    "event_type": Field(string, required=True),
    "payload": Field(mapping, required=True),
    "origin_task_id": Field(string),
    "bubbling_chain": Field(strings),
    "target_job_id": Field(string),
    "target_task_id": Field(string),
    "trace_context": Field(mapping),
    "priority": Field(number),
    **_TIMESTAMP,
    **_SECURITY,
    **_METADATA,
}
TASK: Shape = {
    "job_id": Field(string, required=True),
    "task_id": Field(string, required=True),
    "type": Field(string, required=True),
    "params": Field(mapping),
    "tracing_context": Field(mapping),
    "params_metadata": Field(map_of(record(FILE))),
    "priority": Field(number),
    "deadline": Field(integer),  # RXON-POLL-11
    **_SECURITY,
    **_METADATA,
    "timestamp": Field(integer),  # RXON-POLL-11
    "skill_version": Field(string),
    "skill_type": Field(string),
}
COMMAND: Shape = {
    "command": Field(string, required=True),
    "task_id": Field(string),
    "job_id": Field(string),
    "params": Field(mapping),
    **_METADATA,
}
TOKEN: Shape = {
    "access_token": Field(string, required=True),
    "expires_in": Field(integer, required=True),
    "worker_id": Field(string, required=True),
    **_METADATA,
}

SHAPES: Mapping[str, Shape] = {
    "registration": REGISTRATION,
    "heartbeat": HEARTBEAT,
    "result": RESULT,
    "event": EVENT,
    "task": TASK,
    "command": COMMAND,
    "token": TOKEN,
}
