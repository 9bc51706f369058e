"""Whether a value fits a schema that a stranger sent (sheet 6.4)."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.neuron.schemas import effective, problem

NEEDS_A = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"a": 1}, NEEDS_A),
        ({"b": 1}, {"type": "object"}),
        ({"b": 1}, True),
        ({"b": 1}, {}),
        ({"b": 1}, None),
        (True, {"const": True}),
        ({"a": 1}, {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"minimum": 1}}}),
        ({"a": {"a": {}}}, {"additionalProperties": {"$ref": "#"}}),
    ],
)
def test_a_value_fits(value: Any, schema: Any) -> None:
    assert problem(value, schema) is None


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"a": "x"}, NEEDS_A),
        ({}, NEEDS_A),
        (None, NEEDS_A),
        (None, False),
        (1, {"const": True}),
        (True, {"const": 1}),
        ({"a": 0}, {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"minimum": 1}}}),
    ],
)
def test_a_value_does_not_fit(value: Any, schema: Any) -> None:
    assert problem(value, schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"type": 5},
        {"pattern": "("},
        {"minimum": "x"},
        {"$ref": 5},
        {"$schema": 5},
        5,
        0,
        "hello",
        "",
        [],
        [{"type": "object"}],
    ],
)
def test_an_invalid_schema_is_a_mismatch(schema: Any) -> None:
    text = problem({"a": 1}, schema)
    assert text is not None
    assert text.startswith("invalid schema")


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/nope"},
        {"$ref": "#"},
        {"$dynamicRef": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$ref": "urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed"},
        {"$ref": "file:///etc/hostname"},
        {"$id": "http://example.invalid/here", "$ref": "there"},
    ],
)
def test_a_reference_that_leads_nowhere_is_a_mismatch(schema: Any) -> None:
    assert problem({"a": 1}, schema)


def test_a_remote_reference_reaches_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for schema in (
            {"$ref": f"http://127.0.0.1:{port}/x.json"},
            {"$schema": f"http://127.0.0.1:{port}/y"},
        ):
            problem(1, schema)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("draft", ["draft-04", "draft-07", "draft-07#"])
def test_older_dialects_are_honoured(draft: str) -> None:
    schema = {"$schema": f"http://json-schema.org/{draft.partition('#')[0]}/schema#"}
    exclusive = True if draft == "draft-04" else 5
    limits = {"maximum": 5, "exclusiveMaximum": exclusive}
    assert problem(5, {**schema, **limits})
    assert problem(4, {**schema, **limits}) is None
    assert problem([1, "x"], {**schema, "items": [{}, {"type": "integer"}]})  # not so in 2020-12


@pytest.mark.parametrize(
    "name", [None, "https://json-schema.org/draft/2020-12/schema", "urn:nobody"]
)
def test_2020_12_is_the_dialect_of_what_names_no_known_one(name: str | None) -> None:
    named = {} if name is None else {"$schema": name}
    assert problem([1, "x"], {**named, "prefixItems": [{}, {"type": "integer"}]})


def test_a_format_is_not_asserted() -> None:
    assert problem("x", {"format": "date-time"}) is None


def test_a_schema_without_a_bottom_is_a_mismatch() -> None:
    schema: dict[str, Any] = {}
    value: dict[str, Any] = {}
    for _ in range(3000):
        schema, value = {"properties": {"a": schema}}, {"a": value}
    assert problem(value, schema)


def test_a_problem_is_short_however_long_the_value() -> None:
    text = problem("x" * 1_000_000, {"type": "integer"})
    assert text is not None
    assert len(text) < 2000


def test_a_problem_can_always_be_sent() -> None:
    text = problem("\ud800", {"enum": ["a"]})
    assert text is not None
    text.encode()


def test_a_number_too_long_to_print_is_a_mismatch_all_the_same() -> None:
    assert problem(10**5000, {"type": "string"})


@pytest.mark.parametrize(
    ("of_lease", "counts"),
    [
        (None, NEEDS_A),
        ({}, NEEDS_A),
        (True, True),
        (False, False),
        ({"type": "object"}, {"type": "object"}),
        (0, 0),
        ("", ""),
        ([], []),
    ],
)
def test_the_schema_of_a_lease_wins_unless_it_says_nothing(of_lease: Any, counts: Any) -> None:
    assert effective(of_lease, NEEDS_A) is counts or effective(of_lease, NEEDS_A) == counts


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda some: (
        st.lists(some, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "$id", "$defs", "$schema", "type", "properties", "items", "allOf", "a"]
            ),
            some | st.sampled_from(["#", "#/$defs/a", "object", "http://[", "\x00"]),
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(value=JSON, schema=JSON)
def test_every_schema_gets_a_verdict(value: Any, schema: Any) -> None:
    text = problem(value, schema)
    assert text is None or text
