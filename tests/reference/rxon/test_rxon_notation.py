"""Types and values written as JSON."""

import enum
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from reference.rxon import models, notation
from reference.rxon.revision import NEWEST

ID = "12345678-1234-5678-1234-567812345678"


@dataclass
class Leaf:
    x: int = 0


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (None, None),
        ("any", Any),
        ("integer", int),
        ({"list": "string"}, list[str]),
        ({"tuple": "uuid"}, tuple[uuid.UUID, ...]),
        ({"map": {"list": "any"}}, dict[str, list[Any]]),
        ({"union": ["number", "null"]}, float | None),
        ({"message": "result"}, models.TaskResult),
        ({"schema": {"type": "odd"}}, {"type": "odd"}),
    ],
)
def test_a_type_is_read(written: Any, kind: Any) -> None:
    assert notation.type_of(written) == kind


def test_a_record_is_read_with_its_defaults() -> None:
    rows = [{"name": "x", "type": "integer"}, {"name": "y", "type": "any", "default": [1]}]
    record = notation.type_of({"record": rows})
    assert notation.show(record(x=1)) == {"record": {"x": 1, "y": [1]}}
    assert notation.type_of({"record": rows}) is record


def test_an_enum_is_read_in_its_order() -> None:
    assert [each.value for each in notation.type_of({"enum": ["b", 1]})] == ["b", 1]


@pytest.mark.parametrize("written", [5, "strings", {}, {"list": "any", "map": "any"}, {"bag": 1}])
def test_what_denotes_nothing_is_refused(written: Any) -> None:
    with pytest.raises(notation.NotationError):
        notation.type_of(written)


@pytest.mark.parametrize(
    "shown",
    [
        1,
        None,
        "text",
        [1, [2]],
        {"object": {"a": {"uuid": ID}}},
        {"record": {"a": {"enum": 2.0}, "b": [{"record": {}}]}},
    ],
)
def test_what_is_shown_is_read_again(shown: Any) -> None:
    assert notation.show(notation.value_of(shown)) == shown


def test_values_of_types_are_shown_with_a_word() -> None:
    Colour = enum.Enum("Colour", {"RED": "red"})  # noqa: N806  (it is a class)
    value = {"a": Leaf(1), "b": (uuid.UUID(ID), Colour["RED"])}
    assert notation.show(value) == {
        "object": {"a": {"record": {"x": 1}}, "b": [{"uuid": ID}, {"enum": "red"}]}
    }


def test_a_revision_may_leave_defaults_out() -> None:
    value = {"a": [Leaf(), Leaf(1)], "b": (Leaf(),)}
    assert notation.written(value) is value
    assert notation.written(value, revision=NEWEST) == {"a": [{}, {"x": 1}], "b": [{}]}
