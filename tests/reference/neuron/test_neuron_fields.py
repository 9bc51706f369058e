from dataclasses import dataclass
from typing import Any

import pytest

from reference.neuron import fields
from reference.neuron.fields import Field, FrameError, optional, required, shown


@dataclass(frozen=True)
class Point:
    x: int
    label: str | None = None
    note: Any = None


POINT: fields.Fields = {
    "X": required("x", fields.whole(least=0)),
    "label": optional("label", fields.TEXT),
    "note": shown("note", fields.ANYTHING),
}
KIND = fields.record(Point, POINT)


def fault(kind: fields.Kind[Any], value: Any) -> str:
    with pytest.raises(FrameError) as caught:
        kind.read("at", value)
    return str(caught.value)


def test_members_become_attributes() -> None:
    assert KIND.read("", {"X": 1, "label": "a", "note": [1]}) == Point(1, "a", [1])


def test_an_optional_member_may_be_missing_or_null() -> None:
    assert KIND.read("", {"X": 1}) == KIND.read("", {"X": 1, "label": None, "note": None})


def test_a_required_member_may_be_neither() -> None:
    assert fault(KIND, {}) == "at.X: required"
    assert fault(KIND, {"X": None}) == "at.X: must not be null"


def test_an_unknown_member_is_refused() -> None:
    assert fault(KIND, {"X": 1, "x": 1}) == "at.x: unknown member"


def test_none_is_written_only_where_it_is_shown() -> None:
    assert KIND.write(Point(1)) == {"X": 1, "note": None}


def test_a_nullable_member_that_is_required_must_be_there() -> None:
    kind: fields.Kind[dict[str, Any]] = fields.record(
        dict, {"v": Field("v", fields.ANYTHING, nullable=True)}
    )
    assert kind.read("", {"v": None}) == {"v": None}
    assert fault(kind, {}) == "at.v: required"


def test_a_fault_names_the_item_of_an_array() -> None:
    assert fault(fields.many(KIND), [{"X": 1}, {"X": -1}]) == "at[1].X: must be 0 or more"


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (fields.TEXT, 5, "expected a string, got a number"),
        (fields.NAME, "", "must not be empty"),
        (fields.FLAG, 1, "expected a boolean, got a number"),
        (fields.OBJECT, [], "expected an object, got an array"),
        (fields.INSTANT, "now", "expected an RFC 3339 instant with its zone"),
        (fields.whole(least=1), True, "expected a whole number, got a boolean"),
        (fields.whole(least=1), "3", "expected a whole number, got a string"),
        (fields.whole(least=1), 1.5, "expected a whole number, got a number"),
        (fields.whole(least=1), float("inf"), "expected a whole number, got a number"),
        (fields.whole(least=1, most=5), 6, "must be from 1 to 5"),
        (fields.between(0, 100), True, "expected a number, got a boolean"),
        (fields.between(0, 100), 100.1, "must be from 0 to 100"),
        (fields.between(0, 100), -(10**400), "must be from 0 to 100"),
        (fields.word("a", "b"), "c", "expected one of a, b"),
        (fields.word("a", "b"), [], "expected one of a, b"),
        (fields.many(fields.TEXT), "ab", "expected an array, got a string"),
        (KIND, [], "expected an object, got an array"),
    ],
)
def test_a_value_of_another_kind_is_refused(
    kind: fields.Kind[Any], value: Any, problem: str
) -> None:
    assert fault(kind, value) == f"at: {problem}"


def test_a_whole_number_may_have_any_size_and_spelling() -> None:
    kind = fields.whole(least=1)
    assert [repr(kind.read("", value)) for value in (1, 1.0, 10**30)] == ["1", "1", str(10**30)]


def test_a_fault_of_the_whole_frame_has_no_path() -> None:
    assert str(FrameError("", "not JSON")) == "not JSON"
