"""What the kit can make wrong about a frame."""

import json
from typing import Any

import pytest

from conformance.neuron import malformed
from reference.neuron import messages

AT = "2026-05-09T10:00:00.120000Z"
CAPABILITY = {"type": "a/b", "scope": "any", "concurrency": 1, "leaseTtlMs": 60000}
FLIGHT = {"leaseId": "l", "taskId": "t", "startedAt": AT}
VALID: dict[str, dict[str, Any]] = {
    "register": {
        "type": "register",
        "neuronId": "n",
        "protocolVersion": "1.0.0",
        "capabilities": [CAPABILITY],
    },
    "update-capability": {"type": "update-capability", "neuronId": "n", "capability": CAPABILITY},
    "heartbeat": {"type": "heartbeat", "neuronId": "n", "inFlight": [FLIGHT], "sentAt": AT},
    "ack": {"type": "ack", "leaseId": "l", "output": {"a": [{}]}, "completedAt": AT},
    "nack": {
        "type": "nack",
        "leaseId": "l",
        "kind": "terminal",
        "reason": "r",
        "code": "C",
        "failedAt": AT,
    },
    "progress": {"type": "progress", "leaseId": "l", "percent": 5.0, "message": "m", "sentAt": AT},
}


def refused(raw: bytes, kind: str) -> bool:
    try:
        messages.parse(raw, among=(kind,))
    except messages.FrameError:
        return True
    return False


@pytest.mark.parametrize("kind", VALID)
def test_every_variant_is_refused_by_a_strict_reader_and_the_frame_itself_is_not(
    kind: str,
) -> None:
    messages.parse(malformed.encoded(VALID[kind]), among=(kind,))
    for name, raw in malformed.variants(kind, VALID[kind]).items():
        assert refused(raw, kind), name


def test_a_member_is_spoiled_wherever_it_stands() -> None:
    names = set(malformed.variants("heartbeat", VALID["heartbeat"]))
    assert {"sentAt is missing", "sentAt is null", "sentAt has another type"} <= names
    assert {"inFlight.0.taskId is missing", "inFlight.0.startedAt has another type"} <= names


def test_what_is_optional_or_may_be_anything_is_not_spoiled_so() -> None:
    names = set(malformed.variants("ack", VALID["ack"]))
    assert not {name for name in names if name.startswith("output")}
    assert "percent is missing" not in malformed.variants("progress", VALID["progress"])


def test_spoiling_leaves_the_valid_frame_alone() -> None:
    before = json.dumps(VALID)
    for kind, valid in VALID.items():
        malformed.variants(kind, valid)
    assert json.dumps(VALID) == before


@pytest.mark.parametrize("name", malformed.monsters())
def test_no_monster_is_a_frame(name: str) -> None:
    with pytest.raises(messages.FrameError):
        messages.parse(malformed.monsters()[name], among=("heartbeat",))
