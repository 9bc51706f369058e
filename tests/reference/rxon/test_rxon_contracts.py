"""The schema subset, with the table of sheet 6.5 as literal data."""

from typing import Any

import pytest

from reference.rxon import contracts
from reference.rxon.revision import NEWEST

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ("anything", None),
        (None, {}),
        (5, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (5, {"anyOf": [{"type": "integer"}], "type": "string", "enum": ["a"]}),
        ("a", {"enum": ["a", "b"]}),
        (True, {"enum": [1]}),
        (1.0, {"enum": [1]}),
        (None, {"type": "null"}),
        (1, {"type": "integer"}),
        (1.0, {"type": "integer"}),
        (1, {"type": "number"}),
        (1.5, {"type": "number"}),
        (False, {"type": "boolean"}),
        ("", {"type": "string"}),
        ([], {"type": "array"}),
        ([1, "a"], {"type": "array"}),
        ([1, 2.0], {"type": "array", "items": {"type": "integer"}}),
        ({}, {"type": "object"}),
        ({"name": "n"}, PERSON),
        ({"name": "n", "age": 3, "tags": ["a"]}, PERSON),
        ({}, {"required": ["a"]}),
        ({"a": 1}, {"properties": {"a": {"type": "string"}}}),
        ({"b": 1}, {"type": "object", "additionalProperties": {"type": "string"}}),
    ],
)
def test_data_fits(data: Any, schema: Any) -> None:
    assert contracts.violation(data, schema) is None


@pytest.mark.parametrize(
    ("data", "schema", "problem"),
    [
        (None, {"type": "string"}, "Expected string, got null"),
        (None, {"enum": [None]}, "Expected None, got null"),
        (None, {"type": ["null"]}, "Expected ['null'], got null"),
        (5, {"type": "null"}, "Expected null, got int"),
        ("x", {"type": "null"}, "Expected null, got str"),
        (1.5, {"type": "integer"}, "Expected integer, got float"),
        (True, {"type": "integer"}, "Expected integer, got bool"),
        (True, {"type": "number"}, "Expected number, got bool"),
        (1, {"type": "boolean"}, "Expected boolean, got int"),
        (1, {"type": "string"}, "Expected string, got int"),
        ({}, {"type": "array"}, "Expected array, got dict"),
        ([], {"type": "object"}, "Expected object, got list"),
        (
            [1, "a"],
            {"type": "array", "items": {"type": "integer"}},
            "Item at index 1: Expected integer, got str",
        ),
        (
            [None],
            {"type": "array", "items": {"type": "integer"}},
            "Item at index 0: Expected integer, got null",
        ),
        ({}, PERSON, "Missing required field: 'name'"),
        ({"name": "n", "zz": 1}, PERSON, "Unexpected field: 'zz'"),
        ({"name": "n", "age": "3"}, PERSON, "Field 'age': Expected integer, got str"),
        ({"name": "n", "age": None}, PERSON, "Field 'age': Expected integer, got null"),
        (
            {"name": "n", "tags": ["a", 1]},
            PERSON,
            "Field 'tags': Item at index 1: Expected string, got int",
        ),
        ({"age": "3", "zz": 1}, PERSON, "Missing required field: 'name'"),
        ("c", {"enum": ["a", "b"]}, "Value 'c' is not one of ['a', 'b']"),
        (5, {"type": "string", "enum": [5]}, "Expected string, got int"),
        (5, {"anyOf": [{"type": "string"}]}, "Value fits none of the alternatives of anyOf"),
        (5, {"anyOf": []}, "Value fits none of the alternatives of anyOf"),
    ],
)
def test_data_that_does_not_fit_is_told_where(data: Any, schema: Any, problem: str) -> None:
    assert contracts.violation(data, schema) == problem


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/nowhere"},
        {"oneOf": []},
        {"not": {}},
        {"const": 6},
        {"minimum": 100},
        {"type": ["string"]},
        {"type": "money"},
    ],
    ids=repr,
)
def test_other_keywords_are_not_looked_at(schema: Any) -> None:
    assert contracts.violation(5, schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        True,
        [],
        "object",
        {"anyOf": None},
        {"enum": 5},
        {"type": "object", "properties": [], "required": "a", "additionalProperties": None},
        {"type": "object", "required": [["a"], 5]},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"items": 5, "type": {}}}},
    ],
    ids=repr,
)
def test_a_senseless_schema_refuses_nothing_and_raises_nothing(schema: Any) -> None:
    assert contracts.violation({"a": 1}, schema) is None


@pytest.mark.parametrize(
    ("data", "schema", "valid"),
    [
        (1.0, {"type": "integer"}, True),
        (5, {"type": "null"}, False),
        (5, {"minimum": 6}, False),
        (5, {"type": ["string", "null"]}, False),
        (5, {"oneOf": [{"type": "integer"}, {"type": "number"}]}, False),
        (5, {"$ref": "#/definitions/none"}, False),
        (5, {"type": "odd"}, False),
        (5, {}, True),
    ],
)
def test_another_revision_enforces_every_keyword(data: Any, schema: Any, *, valid: bool) -> None:
    assert (contracts.violation(data, schema, revision=NEWEST) is None) is valid
