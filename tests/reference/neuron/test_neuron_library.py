"""The rules of the neuron protocol as functions of JSON, as a driver offers them."""

import asyncio
from typing import Any

import pytest

from reference.driver import Driver
from reference.neuron import LIBRARY, capabilities
from reference.role import ParameterError

AT = "2026-05-09T10:00:00Z"
CAPABILITY = {"type": "a/b", "scope": "any", "concurrency": 1}
TASK = {"taskId": "t", "workflowId": "w", "capability": "a/b", "input": None, "attempt": 0}
LEASE = {"type": "lease", "lease": {"leaseId": "l", "expiresAt": AT, "task": TASK}, "sentAt": AT}
LEASE_TEXT = (
    '{"type":"lease","lease":{"leaseId":"l","expiresAt":"2026-05-09T10:00:00Z","task":{"taskId":"t",'
    '"workflowId":"w","capability":"a/b","onBehalfOf":null,"input":null,"attempt":0},'
    '"inputSchema":null},"sentAt":"2026-05-09T10:00:00Z"}'
)


def call(method: str, **params: Any) -> Any:
    return LIBRARY[method](params)


def test_a_written_frame_is_a_text_and_the_value_of_that_text() -> None:
    frame = {"sentAt": AT, "percent": 50.0, "message": None, "leaseId": "l", "type": "progress"}
    assert call("write_frame", frame=frame) == {
        "frame": {"type": "progress", "leaseId": "l", "percent": 50.0, "sentAt": AT},
        "json": f'{{"type":"progress","leaseId":"l","percent":50.0,"sentAt":"{AT}"}}',
    }


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "hello"},
        {"type": "register", "neuronId": "n", "protocolVersion": "1.0.0", "capabilities": []},
        {"type": "ack", "leaseId": "", "completedAt": AT},
    ],
)
def test_a_frame_that_nobody_may_send_is_not_written(frame: dict[str, Any]) -> None:
    assert list(call("write_frame", frame=frame)) == ["refused"]


def test_a_frame_is_read_without_the_members_that_say_nothing() -> None:
    assert call("read_frame", reader="neuron", json=LEASE_TEXT) == {"frame": LEASE}


@pytest.mark.parametrize("text", ["5", "{", "\ud800", '{"type":"ack"}'])
@pytest.mark.parametrize("reader", ["gateway", "neuron"])
def test_what_is_no_frame_for_a_reader_is_refused(reader: str, text: str) -> None:
    assert list(call("read_frame", reader=reader, json=text)) == ["refused"]


def test_each_reader_refuses_what_it_sends_itself() -> None:
    assert list(call("read_frame", reader="gateway", json=LEASE_TEXT)) == ["refused"]


def test_bytes_that_are_no_text_are_replaced_for_a_neuron_and_refused_by_a_gateway() -> None:
    cancel = f'{{"type":"cancel","leaseId":"l","reason":"?","cancelledAt":"{AT}"}}'.encode()
    broken = cancel.replace(b"?", b"\xff").hex()
    read = call("read_frame", reader="neuron", hex=broken)
    assert read["frame"]["reason"] == "\ufffd"
    ack = f'{{"type":"ack","leaseId":"\xff","completedAt":"{AT}"}}'.encode("latin-1")
    assert list(call("read_frame", reader="gateway", hex=ack.hex())) == ["refused"]


@pytest.mark.parametrize("container", ["array", "object"])
def test_a_text_of_any_depth_is_generated(container: str) -> None:
    nest = {"container": container, "depth": 90_000, "leaf": 1}
    assert list(call("read_frame", reader="neuron", nest=nest)) == ["refused"]


def test_a_stream_is_decoded_however_it_is_cut() -> None:
    chunks = [b"event: x\r".hex(), b"\ndata: a\r".hex(), b"\ndata: b\r\n\r\n".hex()]
    assert call("decode_sse", chunks=chunks) == {"events": [{"event": "x", "data": "a\nb"}]}


def test_the_type_of_a_capability_is_judged() -> None:
    assert call("is_capability", value="a/b") == {"valid": True}
    assert call("is_capability", value="a/b\n") == {"valid": False}


def test_a_capability_is_read_without_the_members_that_say_nothing() -> None:
    text = '{"concurrency":1,"leaseTtlMs":null,"scope":"any","type":"a/b"}'
    assert call("read_capability", json=text) == {"capability": CAPABILITY}


@pytest.mark.parametrize("text", ["{", "[]", '{"type":"a"}'])
def test_what_is_no_capability_is_refused(text: str) -> None:
    assert list(call("read_capability", json=text)) == ["refused"]


def test_a_timestamp_is_an_instant_in_microseconds() -> None:
    assert call("read_timestamp", value="1970-01-01T01:00:01.5+01:00") == {
        "valid": True,
        "instant": 1_500_000,
    }
    assert call("read_timestamp", value=None) == {"valid": False}


def test_the_schema_that_counts_judges_a_value() -> None:
    needs_a = {"required": ["a"]}
    assert call("validate", value={"a": 1}, registered_schema=needs_a) == {"valid": True}
    assert call("validate", value={}, lease_schema={}, registered_schema=needs_a) == {
        "valid": False,
        "message": "'a' is a required property",
    }


def test_delays_double_up_to_the_longest() -> None:
    assert call("backoff", first_ms=500, longest_ms=1500, attempts=4) == {
        "delays_ms": [500, 1000, 1500, 1500]
    }


@pytest.mark.parametrize(
    ("method", "params", "named"),
    [
        ("write_frame", {}, "frame"),
        ("write_frame", {"frame": "x"}, "frame"),
        ("read_frame", {"reader": "clerk", "json": "{}"}, "reader"),
        ("read_frame", {"reader": "neuron"}, "exactly one"),
        ("read_frame", {"reader": "neuron", "json": "{}", "hex": "7b7d"}, "exactly one"),
        ("read_frame", {"reader": "neuron", "hex": "7"}, "hex"),
        (
            "read_frame",
            {"reader": "neuron", "nest": {"container": "bag", "depth": 1, "leaf": 1}},
            "nest",
        ),
        (
            "read_frame",
            {"reader": "neuron", "nest": {"container": "array", "depth": 10**9, "leaf": 1}},
            "nest",
        ),
        ("decode_sse", {"chunks": "00"}, "chunks"),
        ("decode_sse", {"chunks": [0]}, "chunks"),
        ("is_capability", {}, "value"),
        ("read_capability", {"json": 5}, "json"),
        ("read_timestamp", {}, "value"),
        ("validate", {}, "value"),
        ("backoff", {"first_ms": 1, "longest_ms": 1}, "attempts"),
        ("backoff", {"first_ms": 0, "longest_ms": 1, "attempts": 1}, "first_ms"),
        ("backoff", {"first_ms": 1, "longest_ms": 1, "attempts": 10**9}, "attempts"),
    ],
)
def test_a_bad_parameter_is_the_callers_fault_and_is_named(
    method: str, params: dict[str, Any], named: str
) -> None:
    with pytest.raises(ParameterError, match=named):
        LIBRARY[method](params)


def test_a_seeded_bug_in_a_rule_shows_in_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capabilities, "is_type", lambda _value: True)
    assert call("is_capability", value="") == {"valid": True}


def test_a_driver_offers_the_functions_without_an_instance() -> None:
    driver = Driver({}, protocol="neuron", revision="x", library=LIBRARY)
    request = {"id": 1, "method": "is_capability", "params": {"value": "a/b"}}
    answer = asyncio.run(driver.handle(request))
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": {"valid": True}}
