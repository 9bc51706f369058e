"""Schemas inferred from types, sheet 6.4."""

import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Optional

import pytest

from reference.rxon import inference


class Number(enum.Enum):
    ONE = 1
    TWO = 2


@dataclass
class Person:
    name: str
    age: int | None
    tags: list[str] = field(default_factory=list)


class Point(NamedTuple):
    x: float
    label: str = ""


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
POINT = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "label": {"type": "string"}},
    "required": ["x"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (type(None), {"type": "null"}),
        (Any, {}),
        (uuid.UUID, {"type": "string"}),
        (Number, {"type": "string", "enum": [1, 2]}),
        (list, {"type": "array", "items": {}}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict, {"type": "object"}),
        (dict[str, int], {"type": "object"}),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
        (str | int, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (Person, PERSON),
        (Point, POINT),
        (list[Point], {"type": "array", "items": POINT}),
        (tuple[int, ...], {"type": "string"}),
        (set[int], {"type": "string"}),
        (bytes, {"type": "string"}),
        (Literal["a"], {"type": "string"}),
        (Callable[[], int], {"type": "string"}),
        ({"type": "odd"}, {"type": "odd"}),
        (None, None),
    ],
    ids=str,
)
def test_a_type_promises(kind: Any, schema: Any) -> None:
    assert inference.schema_of(kind) == schema


def work(params: Person, other: Any) -> Point: ...  # type: ignore[empty-body]
def free(params): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
def loose() -> dict[str, int]: ...  # type: ignore[empty-body]
def silent() -> None: ...


def test_a_function_promises_by_its_annotations() -> None:
    assert inference.input_schema(work, "params") == PERSON
    assert inference.output_schema(work) == POINT
    assert inference.input_schema(free, "params") is None
    assert inference.output_schema(free) is None


def test_just_any_object_is_no_promise() -> None:
    assert inference.output_schema(loose) is None
    assert inference.output_schema(silent) == {"type": "null"}
