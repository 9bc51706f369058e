"""Signatures, with the worked vectors of sheet 4.3 as literal data."""

import hashlib
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.rxon import canonical, signing

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abé\U00010000"), inner, max_size=3)
    ),
    max_leaves=10,
)


def respelled(value: Any) -> Any:
    """Turn keys around, spell whole numbers as floats and add a null to every object."""
    if isinstance(value, dict):
        turned = {key: respelled(value[key]) for key in reversed(value)}
        return {**turned, "a null": None}
    if isinstance(value, list):
        return [None, *map(respelled, value)]
    return float(value) if type(value) is int else value


KEYS: dict[str, Any] = {
    "\U00010000": 1,
    "\uffff": 2,
    "Z": 3,
    "a": 4,
    "10": 5,
    "9": 6,
    "é": 7,
    "": 8,
}
FLOATS = {
    "a": 1e-5,
    "b": 1.5e-6,
    "c": 1e-7,
    "d": 0.1,
    "e": 0.0001,
    "f": 5e-324,
    "g": 1e16,
    "h": 123456789012345680.0,
    "i": 0.30000000000000004,
}
VECTORS: dict[str, tuple[Any, str]] = {
    "V1": (
        {"worker_id": "w1", "status": "idle", "timestamp": 1700000000},
        "989fa1e9458a3e1d31773e3a6373a0d2273675eee186361a46d86441971239a0",
    ),
    "V2": (
        {"b": 1.0, "a": [1.0, None, {"z": None, "y": 2.50}], "n": None, "f": -0.0},
        "85a49cb17a0183cf08615bdeed53747ff4432554dd62796531cd6de8733902f4",
    ),
    "V3": (
        {
            "worker_id": "w",
            "security": {"signature": "x"},
            "nested": {"security": {"signature": "keep"}},
        },
        "f91102fd23fcd11c2064eae616364a2fcd606fb481cb8835bec5f9a5516e052a",
    ),
    "V6": (KEYS, "161d0255acfa243bd5f1010a7e7209cee2530eeed5c4dd706f39d1f0904ef2cb"),
    "V7": (FLOATS, "6269583dd87d6594ea89bb62fe00f8ee9521237162cc1ac23e3f502260da0700"),
    "V8": (
        {"a": math.nan, "b": [math.inf]},
        "fa08c7d1287bfc3f9d2ec91c7f6e991eabc5a5b2b2df031988337c895edcb2ee",
    ),
    "V9": (
        [1.0, None, "x", {"security": 1, "b": None}],
        "94ce756629df6d8f8d7741dc8470aec39e6bb94f5e6294ff0d262ecd2f0d03f2",
    ),
    "V10": ("text", "a55090316d20d2e72fbd03ce21146c0ad1655dc4ba3f4503517f332e36687ee3"),
    "V11": (
        {"t": True, "f": False, "u64": 2**64 - 1, "i64": -(2**63), "z": 0},
        "341185b3af925d4483934bdfd10d21e231a78f262f4911feacfcd673eed7bbca",
    ),
    "V12": ({}, "2f59040b63b7200598444239da2c9a4f3abc5c434259b23126d72514dab8cd09"),
    "V14": (
        {
            "job_id": "j1",
            "task_id": "task-1",
            "worker_id": "w1",
            "origin_worker_id": "w1",
            "status": "success",
            "data": {"n": 1.0, "x": None, "l": [None, 1]},
            "timestamp": 1700000000,
        },
        "53f51b6d5dd00e3cd8dc253749ac0c2a85fd003744607a9adaed6a8b4c459898",
    ),
}
ONE = signing.sign({"a": 1}, secret="test-secret")


@pytest.mark.parametrize(("payload", "signature"), VECTORS.values(), ids=VECTORS.keys())
def test_a_signature_is_the_one_that_others_compute(payload: Any, signature: str) -> None:
    assert signing.sign(payload, secret="test-secret") == signature
    assert signing.verify(payload, signature=signature, secret="test-secret")


def test_v5_strings_and_secrets_are_signed_as_raw_utf8() -> None:
    payload = {"k": 'é😀\u2028\x7f\x01"\\/<>'}
    assert signing.sign(payload, secret="sécret-🔑") == (
        "5fd3a58b1d500893370d77bb11615c8e5bd593fdaf1cca15592da4f0b11ab719"
    )


def test_v4_and_v15_an_event_is_signed_without_its_bubbling_chain() -> None:
    ignore = signing.UNSIGNED_MEMBERS["event"]
    v4 = {"event_id": "e", "bubbling_chain": ["a", "b"], "payload": {"bubbling_chain": [1]}}
    v15 = {
        "event_id": "e1",
        "worker_id": "w1",
        "origin_worker_id": "w0",
        "event_type": "progress",
        "payload": {"progress": 0.5, "message": "half"},
        "bubbling_chain": ["w0"],
        "target_job_id": "j1",
        "priority": 0.0,
        "timestamp": 1700000000,
    }
    assert signing.sign(v4, secret="test-secret", ignore=ignore) == (
        "75033ab5408a87d86af419af38f9bf5d81d3ac19156b3b5bc6fc8aafacdfc376"
    )
    assert signing.sign(v15, secret="test-secret", ignore=ignore) == (
        "483c38f8f059491f7d6bd23a26e23a76732ad0f8ec0fe1edcb156e0790f59596"
    )


def test_a_captured_heartbeat_verifies_as_it_was_sent() -> None:
    body = canonical.read_json(
        b'{"worker_id":"rw1","status":"idle","usage":{"cpu_load_percent":0,"ram_used_gb":0},'
        b'"current_tasks":[],"available_skills":["echo"],"skills_hash":'
        b'"d41955f0139b8d54a3d4bafa385a6f14e38c8ea1bfbaf24b4065490b846024d7","security":{"signature":'
        b'"acbc45491c199567e286d682b48cc97525c861870ce8f2f9ee1813c1cc395185","signer_id":"rw1"},'
        b'"timestamp":1795179537}'
    )
    signature = body["security"]["signature"]
    assert signing.verify(body, signature=signature, secret="global-secret")
    assert not signing.verify(
        {**body, "status": "busy"}, signature=signature, secret="global-secret"
    )


@pytest.mark.parametrize(
    ("payload", "digest"),
    [
        (
            VECTORS["V1"][0],
            "78d1d8109fbfe62f9c2a880d384d2ab119afe7beecf85602cbf5b17b6c8fc09e",
        ),
        (1.0, "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"),
    ],
    ids=["V1", "one"],
)
def test_the_signed_bytes_have_the_known_hash(payload: Any, digest: str) -> None:
    assert hashlib.sha256(canonical.canonical_bytes(payload)).hexdigest() == digest


@pytest.mark.parametrize(
    "payload", [{"a": 1.0, "b": None, "security": 5}, {"security": {"signature": ONE}, "a": 1}]
)
def test_another_spelling_of_the_same_message_verifies(payload: Any) -> None:
    assert signing.verify(payload, signature=ONE, secret="test-secret")


@settings(deadline=None, max_examples=50)  # a busy machine is no finding
@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_order_nulls_and_number_spelling_never_change_a_signature(message: dict[str, Any]) -> None:
    signature = signing.sign(message, secret="s")
    assert signing.verify(respelled(message), signature=signature, secret="s")


@pytest.mark.parametrize("payload", [{"a": True}, {"a": 1, "b": 0}, {"a": 2}, {}, [1]])
def test_another_message_does_not_verify(payload: Any) -> None:
    assert not signing.verify(payload, signature=ONE, secret="test-secret")


@pytest.mark.parametrize(
    "signature",
    [ONE.upper(), ONE[:-1], ONE + "0", "", None, 5, ["x"], "é" * 64, "\ud800", ONE.encode()],
    ids=repr,
)
def test_a_foreign_signature_is_false_and_never_an_error(signature: object) -> None:
    assert not signing.verify({"a": 1}, signature=signature, secret="test-secret")


@pytest.mark.parametrize("secret", ["", None])
def test_an_empty_secret_verifies_nothing(secret: str | None) -> None:
    assert not signing.verify({"a": 1}, signature=ONE, secret=secret)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        signing.sign({"a": 1}, secret="")
