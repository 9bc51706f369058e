import json
from typing import Any

import pytest

from reference.neuron import frames, messages
from reference.neuron.messages import FROM_NEURON, FrameError

AT = "2026-05-09T10:00:00Z"
CAPABILITY = {"type": "core/echo", "scope": "any", "concurrency": 2}
TASK = {"taskId": "t1", "workflowId": "w1", "capability": "core/echo", "input": None, "attempt": 0}
LEASE = {"leaseId": "l1", "expiresAt": AT, "task": TASK, "inputSchema": None, "outputSchema": None}

# One of every kind, as short as it may be.
SHORTEST: dict[str, dict[str, Any]] = {
    "register": {"neuronId": "n1", "protocolVersion": "1.0.0", "capabilities": [CAPABILITY]},
    "update-capability": {"neuronId": "n1", "capability": CAPABILITY},
    "heartbeat": {"neuronId": "n1", "inFlight": [], "sentAt": AT},
    "ack": {"leaseId": "l1", "completedAt": AT},
    "nack": {"leaseId": "l1", "kind": "retryable", "reason": "r", "failedAt": AT},
    "progress": {"leaseId": "l1", "sentAt": AT},
    "registered": {"sessionId": "s1", "capabilities": [], "acceptedAt": AT},
    "lease": {"lease": LEASE, "sentAt": AT},
    "cancel": {"leaseId": "l1", "reason": "r", "cancelledAt": AT},
    "capability-revoked": {"capability": "core/echo", "reason": "r", "revokedAt": AT},
    "disconnect": {"reason": "r", "reconnectable": True, "sentAt": AT},
}
# And with everything that it may have.
LONGEST: dict[str, dict[str, Any]] = {
    **SHORTEST,
    "heartbeat": {
        "neuronId": "n1",
        "inFlight": [{"leaseId": "l1", "taskId": "t1", "startedAt": AT}],
        "sentAt": "2026-05-09T10:00:00.120000Z",
    },
    "ack": {"leaseId": "l1", "output": {"a": None, "b": [1, 2.0, 10**20]}, "completedAt": AT},
    "nack": {
        "leaseId": "l1",
        "kind": "schema-mismatch",
        "reason": "r",
        "code": "",
        "details": {"errors": ["'a' is a required property"]},
        "failedAt": AT,
    },
    "progress": {
        "leaseId": "l1",
        "percent": 50.0,
        "message": "",
        "data": [None],
        "sentAt": AT,
    },
    "lease": {
        "lease": {
            **LEASE,
            "task": {
                "taskId": "t1",
                "workflowId": "w1",
                "capability": "core/echo",
                "onBehalfOf": "user:a",
                "input": {"a": None},
                "attempt": 3,
                "metadata": {},
            },
            "inputSchema": {},
            "outputSchema": {"type": "object"},
        },
        "sentAt": AT,
    },
    "disconnect": {"reason": "r", "code": "MAINT", "reconnectable": False, "sentAt": AT},
}


def whole(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, **body}


def refused(value: Any) -> str:
    with pytest.raises(FrameError) as caught:
        messages.read(value)
    return str(caught.value)


@pytest.mark.parametrize("bodies", [SHORTEST, LONGEST], ids=["shortest", "longest"])
@pytest.mark.parametrize("kind", SHORTEST)
def test_a_frame_is_read_and_written_as_it_was(kind: str, bodies: dict[str, Any]) -> None:
    frame = messages.read(whole(kind, bodies[kind]))
    assert json.dumps(messages.write(frame)) == json.dumps(whole(kind, bodies[kind]))


@pytest.mark.parametrize("kind", SHORTEST)
def test_every_member_of_the_shortest_frame_is_required(kind: str) -> None:
    for name in SHORTEST[kind]:
        body = {key: value for key, value in SHORTEST[kind].items() if key != name}
        assert refused(whole(kind, body)) == f"{name}: required"
        assert refused(whole(kind, {**body, name: None})) == f"{name}: must not be null"


@pytest.mark.parametrize("kind", SHORTEST)
def test_an_unknown_member_is_refused(kind: str) -> None:
    assert refused(whole(kind, {**SHORTEST[kind], "zz": 1})) == "zz: unknown member"


@pytest.mark.parametrize("value", [5, None, [], "lease", True])
def test_a_frame_is_an_object(value: Any) -> None:
    assert refused(value).startswith("expected an object")


@pytest.mark.parametrize("kind", [None, "", "LEASE", 5, [], {}])
def test_a_frame_has_a_known_type(kind: Any) -> None:
    assert refused({"type": kind}).startswith("type: expected register or ")


def test_only_the_types_that_are_wanted_are_read() -> None:
    cancel = whole("cancel", SHORTEST["cancel"])
    with pytest.raises(FrameError, match=r"^type: expected ack$"):
        messages.read(cancel, among=("ack",))
    with pytest.raises(FrameError, match=r"^type: "):
        messages.read(cancel, among=FROM_NEURON)


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("register", {"capabilities": []}, "capabilities: must not be empty"),
        (
            "register",
            {"capabilities": [CAPABILITY, CAPABILITY]},
            "capabilities: 'core/echo' stands twice",
        ),
        (
            "register",
            {"capabilities": [{**CAPABILITY, "concurrency": 0}]},
            "capabilities[0].concurrency: must be 1 or more",
        ),
        ("register", {"neuronId": ""}, "neuronId: must not be empty"),
        ("register", {"protocolVersion": ""}, "protocolVersion: must not be empty"),
        ("heartbeat", {"inFlight": [{}]}, "inFlight[0].leaseId: required"),
        (
            "nack",
            {"kind": "fatal"},
            "kind: expected one of retryable, terminal, schema-mismatch, cancelled",
        ),
        ("nack", {"reason": ""}, "reason: must not be empty"),
        ("progress", {"percent": 101}, "percent: must be from 0 to 100"),
        ("progress", {"percent": -0.1}, "percent: must be from 0 to 100"),
        ("lease", {"lease": {**LEASE, "zz": 1}}, "lease.zz: unknown member"),
        (
            "lease",
            {"lease": {**LEASE, "task": {**TASK, "attempt": -1}}},
            "lease.task.attempt: must be 0 or more",
        ),
        (
            "lease",
            {"lease": {**LEASE, "task": {**TASK, "metadata": []}}},
            "lease.task.metadata: expected an object, got an array",
        ),
    ],
)
def test_a_fault_names_its_member(kind: str, body: dict[str, Any], fault: str) -> None:
    assert refused(whole(kind, {**SHORTEST[kind], **body})) == fault


def test_a_lease_without_input_is_refused() -> None:
    task = {name: value for name, value in TASK.items() if name != "input"}
    fault = refused(whole("lease", {**SHORTEST["lease"], "lease": {**LEASE, "task": task}}))
    assert fault == "lease.task.input: required"


def test_a_lease_without_schemas_is_read_and_written_with_null() -> None:
    lease = {name: LEASE[name] for name in ("leaseId", "expiresAt", "task")}
    frame = messages.read(whole("lease", {"lease": lease, "sentAt": AT}))
    assert messages.write(frame)["lease"] == LEASE


@pytest.mark.parametrize("output", [False, 0, "", {}, [None, 1]])
def test_an_output_that_is_false_is_still_an_output(output: Any) -> None:
    frame = messages.read(whole("ack", {**SHORTEST["ack"], "output": output}))
    assert messages.write(frame)["output"] == output


def test_no_output_is_null() -> None:
    absent = messages.read(whole("ack", SHORTEST["ack"]))
    assert absent == messages.read(whole("ack", {**SHORTEST["ack"], "output": None}))
    assert "output" not in messages.write(absent)


def test_percent_is_written_as_a_float() -> None:
    frame = messages.read(whole("progress", {**SHORTEST["progress"], "percent": 50}))
    assert b'"percent":50.0' in messages.render(frame)


# The first vector of sheet 4.2, as the two spellings of published neurons.
V1_COMPACT = (
    b'{"type":"register","neuronId":"n1","protocolVersion":"1.0.0",'
    b'"capabilities":[{"type":"core/echo","scope":"any","concurrency":2}]}'
)
V1_SPACED = (
    b'{"type": "register", "neuronId": "n1", "protocolVersion": "1.0.0", '
    b'"capabilities": [{"type": "core/echo", "scope": "any", "concurrency": 2}]}'
)


def test_both_spellings_of_json_are_one_frame() -> None:
    frame = messages.parse(V1_COMPACT)
    assert frame == messages.parse(V1_SPACED)
    assert isinstance(frame, frames.Register)
    assert messages.render(frame) == V1_COMPACT


def test_bytes_that_are_no_json_are_a_fault_of_the_whole() -> None:
    with pytest.raises(FrameError) as caught:
        messages.parse(b"{nope")
    assert (caught.value.path, caught.value.problem[:8]) == ("", "not JSON")
