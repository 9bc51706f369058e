"""The shapes of messages, sheet 3."""

from typing import Any

import pytest

from reference.rxon import canonical, messages

REGISTRATION: dict[str, Any] = {
    "worker_id": "rw1",
    "worker_type": "demo",
    "supported_skills": [
        {
            "name": "echo",
            "type": "echo",
            "version": "1.0.0",
            "input_schema": {"type": "object"},
            "schema_dialect": "json-schema",
        }
    ],
    "available_skills": ["echo"],
    "resources": {
        "devices": [{"type": "gpu", "model": "RTX 4090", "id": "0", "properties": {"vram_gb": 24}}],
        "properties": {"cpu_cores": 4, "ram_gb": 16},
    },
    "installed_software": {"python": "3.11"},
    "installed_artifacts": [{"name": "cuda", "version": "12.1"}],
    "capabilities": {
        "hostname": "vm",
        "ip_address": "127.0.0.1",
        "cost_per_skill": {"echo": 1.5},
        "extra": {"websockets": True, "zone": "a"},
    },
    "skills_hash": "d41955f0139b8d54a3d4bafa385a6f14e38c8ea1bfbaf24b4065490b846024d7",
    "security": {"signature": "cd7e", "signer_id": "rw1"},
    "timestamp": 1795179537,
}
EVENT: dict[str, Any] = {
    "event_id": "e",
    "worker_id": "w",
    "origin_worker_id": "w0",
    "event_type": "progress",
    "payload": {"progress": 0.5},
    "origin_task_id": "task-1",
    "bubbling_chain": [],
    "target_job_id": "j",
    "target_task_id": "task-1",
    "trace_context": {},
    "priority": 0,
    "timestamp": 1795179538,
    "security": {"signature": "c2", "signer_id": "w"},
}
RESULT: dict[str, Any] = {"job_id": "j", "task_id": "t"}


def problem(kind: str, body: dict[str, Any]) -> str:
    with pytest.raises(messages.FieldError) as caught:
        messages.check(kind, body)
    assert str(caught.value) == f"{caught.value.path}: {caught.value.problem}"
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("registration", REGISTRATION),
        ("registration", {"worker_id": "w"}),
        ("registration", {"worker_id": "w", "supported_skills": None, "resources": None}),
        ("registration", {"worker_id": "w", "hot_skills": ["x", {"name": "y"}], "mine": [{}]}),
        ("registration", {"worker_id": "w", "supported_skills": [None, {"name": "s"}]}),
        ("registration", {"worker_id": "w", "capabilities": {"cost_per_skill": {"a": None}}}),
        ("heartbeat", {"status": "idle"}),
        ("heartbeat", {"usage": {"cpu_load_percent": 0, "devices_usage": []}}),
        ("heartbeat", {"current_tasks": ["t"], "timestamp": "1795179537"}),
        ("result", RESULT),
        ("result", {**RESULT, "status": 5, "error": "text", "data": [1]}),
        ("result", {**RESULT, "data_metadata": {"a": {"uri": "s3://b/k", "size": 1.0}}}),
        ("event", EVENT),
        ("task", {"job_id": "j", "task_id": "t", "type": "echo", "deadline": 5.0}),
        ("command", {"command": "cancel_task", "task_id": "t", "job_id": "j"}),
        ("token", {"access_token": "a", "expires_in": 3600, "worker_id": "w"}),
    ],
)
def test_a_message_of_the_right_shape_passes(kind: str, body: dict[str, Any]) -> None:
    messages.check(kind, body)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"worker_id": None}, "worker_id: required"),
        ({"worker_id": 5}, "worker_id: expected string, got number"),
        ({"worker_type": 5}, "worker_type: expected string, got number"),
        ({"supported_skills": "x"}, "supported_skills: expected array, got string"),
        ({"supported_skills": {}}, "supported_skills: expected array, got object"),
        ({"supported_skills": ["x"]}, "supported_skills[0]: expected object, got string"),
        ({"supported_skills": [5]}, "supported_skills[0]: expected object, got number"),
        ({"supported_skills": [{"type": "t"}]}, "supported_skills[0].name: required"),
        (
            {"supported_skills": [{"name": "a"}, {"name": "b", "input_schema": []}]},
            "supported_skills[1].input_schema: expected object, got array",
        ),
        (
            {"supported_skills": [{"name": "a", "events_schema": {"e": 5}}]},
            "supported_skills[0].events_schema.e: expected object, got number",
        ),
        ({"hot_skills": [5]}, "hot_skills[0]: expected object, got number"),
        ({"hot_skills": [{}]}, "hot_skills[0].name: required"),
        ({"resources": "x"}, "resources: expected object, got string"),
        ({"resources": {"devices": [{}]}}, "resources.devices[0].type: required"),
        ({"capabilities": "x"}, "capabilities: expected object, got string"),
        (
            {"capabilities": {"cost_per_skill": {"echo": True}}},
            "capabilities.cost_per_skill.echo: expected number, got boolean",
        ),
        ({"installed_artifacts": [{}]}, "installed_artifacts[0].name: required"),
        ({"metadata": []}, "metadata: expected object, got array"),
        ({"security": {"signature": 5}}, "security.signature: expected string, got number"),
        ({"timestamp": []}, "timestamp: expected number, got array"),
    ],
)
def test_a_wrong_member_of_a_registration_is_named(members: dict[str, Any], text: str) -> None:
    assert problem("registration", {**REGISTRATION, **members}) == text


@pytest.mark.parametrize("member", ["job_id", "task_id"])
def test_a_result_names_its_job_and_task(member: str) -> None:
    assert problem("result", {**RESULT, member: None}) == f"{member}: required"


@pytest.mark.parametrize(
    "member", ["event_id", "worker_id", "origin_worker_id", "event_type", "payload"]
)
def test_an_event_needs_its_five_members(member: str) -> None:
    body = {name: value for name, value in EVENT.items() if name != member}
    assert problem("event", body) == f"{member}: required"


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("heartbeat", {"current_tasks": "ab"}, "current_tasks: expected array, got string"),
        ("heartbeat", {"current_tasks": [[1]]}, "current_tasks[0]: expected string, got array"),
        ("heartbeat", {"usage": "x"}, "usage: expected object, got string"),
        (
            "heartbeat",
            {"usage": {"devices_usage": [{"unit_id": "0"}]}},
            "usage.devices_usage[0].load_percent: required",
        ),
        (
            "task",
            {"job_id": "j", "task_id": "t", "type": ["echo"]},
            "type: expected string, got array",
        ),
        (
            "task",
            {"job_id": "j", "task_id": "t", "type": "echo", "timestamp": 1.5},
            "timestamp: expected integer, got number",
        ),
        ("command", {}, "command: required"),
        ("heartbeat", {"hot_cache": 5}, "hot_cache: expected array, got number"),
        ("token", {"access_token": "a", "worker_id": "w"}, "expires_in: required"),
    ],
)
def test_a_wrong_member_is_named(kind: str, body: dict[str, Any], text: str) -> None:
    assert problem(kind, body) == text


def test_a_task_is_written_in_the_order_of_the_wire_and_without_nulls() -> None:
    task = {
        "skill_version": "1.0.0",
        "timestamp": 1795179538.0,
        "priority": 0.0,
        "tracing_context": {},
        "params": {"a": 1.0, "b": None},
        "metadata": None,
        "extra": 1,
        "type": "echo",
        "task_id": "task-2",
        "job_id": "43160d09",
    }
    assert canonical.encode(messages.order("task", task)) == (
        b'{"job_id":"43160d09","task_id":"task-2","type":"echo","params":{"a":1},'
        b'"tracing_context":{},"priority":0,"timestamp":1795179538,"skill_version":"1.0.0","extra":1}'
    )
