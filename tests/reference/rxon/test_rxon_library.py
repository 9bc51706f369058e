"""The rules of RXON as functions of JSON, as a driver offers them."""

import asyncio
from typing import Any

import pytest

from reference.driver import Driver
from reference.role import ParameterError
from reference.rxon import LIBRARIES, LIBRARY, matching

SECRET = "test-secret"
ARRAY_OF_TEXTS = {"type": "array", "items": {"type": "string"}}
OF_A = "179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"  # of {"a":1}


def call(method: str, **params: Any) -> Any:
    return LIBRARY[method](params)


def test_a_text_is_serialised_in_normal_form_and_in_its_own_order() -> None:
    assert call("serialize", json='{"b": 1.0, "a": null, "c": [null, 2]}') == {
        "serialized": '{"b":1,"c":[2]}'
    }


def test_signing_tells_the_wire_text_the_signed_text_and_the_signature() -> None:
    assert call("sign", json='{"security":5,"a":1.0}', secret=SECRET) == {
        "serialized": '{"security":5,"a":1}',
        "canonical": '{"a":1}',
        "signature": OF_A,
    }


def test_ignored_members_are_not_signed() -> None:
    signed = call("sign", json='{"chain":[1],"a":1}', secret=SECRET, ignore=["chain"])
    assert signed["signature"] == OF_A


@pytest.mark.parametrize(
    ("signature", "good"), [(OF_A, True), (OF_A.upper(), False), (5, False), (None, False)]
)
def test_whatever_stands_for_a_signature_is_judged(signature: Any, *, good: bool) -> None:
    assert call("verify", json='{"a":1}', signature=signature, secret=SECRET) == {"verified": good}


def test_bytes_are_read_as_they_are() -> None:
    assert call("serialize", hex="7b7d") == {"serialized": "{}"}


@pytest.mark.parametrize("container", ["object", "array"])
def test_a_generator_builds_a_payload_of_any_depth(container: str) -> None:
    nest = {"container": container, "depth": 2, "leaf": 1}
    built = {"object": '{"a":{"a":1}}', "array": "[[1]]"}[container]
    assert call("serialize", nest=nest) == {"serialized": built}


@pytest.mark.parametrize(
    "payload",
    [
        {"json": "{"},
        {"json": "\ud800"},
        {"hex": "ff"},
        {"json": "[" * 101 + "1" + "]" * 101},
        {"nest": {"container": "array", "depth": 101, "leaf": 1}},
    ],
)
@pytest.mark.parametrize("method", ["serialize", "sign"])
def test_what_has_no_normal_form_is_refused_and_not_an_error(
    method: str, payload: dict[str, Any]
) -> None:
    secret = {"secret": SECRET} if method == "sign" else {}
    assert list(call(method, **payload, **secret)) == ["refused"]


def test_an_empty_secret_signs_nothing() -> None:
    assert list(call("sign", json="{}", secret="")) == ["refused"]


def test_an_unreadable_message_verifies_as_little_as_it_validates() -> None:
    assert list(call("verify", json="{", signature=OF_A, secret=SECRET)) == ["refused"]
    assert list(call("validate", json="{", schema=None)) == ["refused"]


def test_a_violation_of_a_contract_comes_with_its_reason() -> None:
    assert call("validate", json="true", schema={"type": "integer"}) == {
        "valid": False,
        "message": "Expected integer, got bool",
    }
    assert call("validate", json="1.0", schema={"type": "integer"}) == {"valid": True}


@pytest.mark.parametrize(
    ("what", "have", "required", "matches"),
    [
        ("property", 16, 8, True),
        ("properties", {"vram": 8}, {"vram": 16}, False),
        ("device", {"type": "gpu"}, {"type": "gpu"}, True),
        ("resources", {"devices": []}, {"devices": [{"type": "gpu"}]}, False),
        ("artifact", {"name": "cuda"}, {"name": "cuda"}, True),
        ("skill", {"name": "a"}, {"name": "b"}, False),
    ],
)
def test_each_kind_of_requirement_is_matched(
    what: str, have: Any, required: Any, *, matches: bool
) -> None:
    assert call("match", what=what, have=have, required=required) == {"matches": matches}


def test_an_identifier_is_judged() -> None:
    assert call("is_identifier", value="worker-1") == {"valid": True}
    assert call("is_identifier", value="worker-1\n") == {"valid": False}


@pytest.mark.parametrize(
    ("method", "params", "named"),
    [
        ("sign", {"json": "{}"}, "secret"),
        ("sign", {"json": "{}", "secret": 5}, "secret"),
        ("sign", {"json": "{}", "secret": "s", "ignore": "a"}, "ignore"),
        ("sign", {"secret": "s"}, "json"),
        ("serialize", {"json": "{}", "hex": "7b7d"}, "exactly one"),
        ("serialize", {"hex": "7"}, "hex"),
        ("serialize", {"nest": {"container": "bag", "depth": 1, "leaf": 1}}, "container"),
        ("serialize", {"nest": {"container": "array", "depth": 10**9, "leaf": 1}}, "nest"),
        ("serialize", {"nest": {"container": "array", "leaf": 1}}, "depth"),
        ("verify", {"json": "{}", "secret": "s"}, "signature"),
        ("match", {"what": "colour", "have": 1, "required": 1}, "what"),
        ("match", {"what": "device", "have": 5, "required": {"type": "gpu"}}, "device"),
        ("match", {"what": "property", "have": 1}, "required"),
        ("validate", {"json": "{}"}, "schema"),
        ("is_identifier", {}, "value"),
        ("infer", {"type": "strings", "of": "input"}, "strings"),
        ("infer", {"type": {"list": "any", "map": "any"}, "of": "input"}, "one member"),
        ("infer", {"type": "string", "of": "return"}, "of"),
        ("serialize", {"typed": {"uuid": "x"}}, "typed"),
        ("serialize", {"typed": {"bag": 1}}, "bag"),
        ("restore", {"json": "{}"}, "type"),
        ("parse_uri", {"uri": 5}, "uri"),
        ("config_hash", {"endpoint": "e", "access_key": "a"}, "bucket"),
        ("retry_after", {"header": 5, "now": 0}, "header"),
        ("answer", {"route": "join", "outcome": None}, "route"),
        ("answer", {"route": "poll", "outcome": {"raises": "hands"}}, "raises"),
    ],
)
def test_a_bad_parameter_is_the_callers_fault_and_is_named(
    method: str, params: dict[str, Any], named: str
) -> None:
    with pytest.raises(ParameterError, match=named):
        LIBRARY[method](params)


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        ("infer", {"type": {"list": "uuid"}, "of": "input"}, {"schema": ARRAY_OF_TEXTS}),
        ("infer", {"type": {"map": "string"}, "of": "output"}, {"schema": None}),
        ("parse_uri", {"uri": "s3://b/k/"}, {"bucket": "b", "key": "k/", "is_folder": True}),
        ("config_hash", {"endpoint": "e", "access_key": "a", "bucket": None}, {"hash": None}),
        ("retry_after", {"header": "5", "now": 0}, {"seconds": 5.0}),
        (
            "answer",
            {"route": "poll", "outcome": None},
            {"status": 500, "body": "", "is_json": False},
        ),
        (
            "answer",
            {"route": "poll", "outcome": {"returns": []}},
            {"status": 204, "body": "", "is_json": False},
        ),
        (
            "answer",
            {"route": "poll", "outcome": {"raises": "limit", "message": "m", "code": "C"}},
            {"status": 429, "body": '{"error":"m","code":"C"}', "is_json": True},
        ),
        (
            "restore",
            {"type": {"message": "artifact"}, "json": '{"name":"n","odd":1}'},
            {
                "restored": {
                    "record": {"name": "n", "version": "unknown", "type": None, "properties": None}
                },
                "serialized": '{"name":"n","version":"unknown"}',
            },
        ),
        ("serialize", {"typed": {"record": {"a": {"enum": "x"}}}}, {"serialized": '{"a":"x"}'}),
    ],
)
def test_the_other_rules_answer_in_json(method: str, params: dict[str, Any], result: Any) -> None:
    assert call(method, **params) == result


def test_the_hash_of_skills_covers_prices_and_extras() -> None:
    told = {"capabilities": {"echo": 1.5}, "extra": {"zone": "a"}}
    skill = {"name": "echo", "type": "echo", "input_schema": {"type": "object"}}
    assert call("skills_hash", skills=[skill], **told) == {
        "hash": "c7c64bfb76c8eeca8b9273a0f3175fd78422b6eb19b007c727cec4d44de2ce28"
    }


def test_another_revision_has_its_own_functions() -> None:
    assert LIBRARIES["1.0b17"]["serialize"]({"json": "[null]"}) == {"serialized": "[null]"}
    params = {"type": {"message": "artifact"}, "json": '{"name":"n"}'}
    assert LIBRARIES["1.0b17"]["restore"](params)["serialized"] == '{"name":"n"}'


def test_a_seeded_bug_in_a_rule_shows_in_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "skill_matches", lambda _have, _required: True)
    assert call("match", what="skill", have={"name": "a"}, required={"name": "b"})["matches"]


def test_a_driver_offers_the_functions_without_an_instance() -> None:
    driver = Driver({}, protocol="rxon", revision="x", library=LIBRARY)
    request = {"id": 1, "method": "is_identifier", "params": {"value": "a"}}
    answer = asyncio.run(driver.handle(request))
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": {"valid": True}}


def test_a_driver_answers_a_bad_parameter_with_its_code() -> None:
    driver = Driver({}, protocol="rxon", revision="x", library=LIBRARY)
    answer = asyncio.run(driver.handle({"id": 1, "method": "is_identifier"}))
    assert answer is not None
    assert answer["error"]["code"] == -32602
