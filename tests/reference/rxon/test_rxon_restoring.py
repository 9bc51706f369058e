"""Restoring types from plain data, sheet 4.1."""

import enum
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from reference.rxon import restoring
from reference.rxon.revision import NEWEST

ID = "12345678-1234-5678-1234-567812345678"


class Colour(enum.Enum):
    RED = "red"
    TWO = 2


@dataclass
class Leaf:
    x: int
    name: str = "leaf"


class Pair(NamedTuple):
    first: Leaf
    second: Leaf | None = None


@pytest.mark.parametrize(
    ("kind", "data", "restored"),
    [
        (Leaf, {"x": 1}, Leaf(1)),
        (Leaf, {"x": 1, "odd": 2}, Leaf(1)),
        (Leaf, {"x": 1, "name": None}, Leaf(1, None)),  # type: ignore[arg-type]
        (Leaf, {"x": "text"}, Leaf("text")),  # type: ignore[arg-type]
        (Leaf, None, None),
        (Leaf, [1], [1]),
        (Pair, {"first": {"x": 1}}, Pair(Leaf(1))),
        (Pair, {"first": {"x": 1}, "second": {"name": "a"}}, Pair(Leaf(1), {"name": "a"})),  # type: ignore[arg-type]
        (list[Leaf], [{"x": 1}, None], [Leaf(1), None]),
        (list[Leaf] | None, [{"x": 1}, {}], [{"x": 1}, {}]),
        (list[int], 5, 5),
        (tuple[Leaf, ...], [{"x": 1}], (Leaf(1),)),
        (dict[str, Leaf], {"a": {"x": 1}}, {"a": Leaf(1)}),
        (dict[Colour, int], {"red": 1}, {Colour.RED: 1}),
        (dict, {"a": 1}, {"a": 1}),
        (dict[str, int], 5, 5),
        (Colour, "red", Colour.RED),
        (Colour, 2, Colour.TWO),
        (Colour, "blue", "blue"),
        (uuid.UUID, ID, uuid.UUID(ID)),
        (uuid.UUID, "none", "none"),
        (uuid.UUID, 5, 5),
        (Any, {"a": 1}, {"a": 1}),
        (int, "text", "text"),
        (Leaf | Pair, {"first": {"x": 1}}, Pair(Leaf(1))),
        (int | Leaf, {"x": 1}, {"x": 1}),
        (Leaf | int, {"x": 1}, Leaf(1)),
        (Leaf | None, {}, {}),
    ],
)
def test_data_becomes_what_its_type_says(kind: Any, data: Any, restored: Any) -> None:
    assert restoring.restore(kind, data) == restored


@pytest.mark.parametrize("kind", [Leaf, list[Leaf], dict[str, Leaf], Leaf | Pair])
def test_an_object_without_a_required_member_is_refused(kind: Any) -> None:
    data = {list[Leaf]: [{}], dict[str, Leaf]: {"a": {}}}.get(kind, {})
    if kind == Leaf | Pair:
        assert restoring.restore(kind, data) == {}
    else:
        with pytest.raises(restoring.RestoreError, match="Leaf: the member 'x' is missing"):
            restoring.restore(kind, data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Leaf, [1]),
        (Leaf, {"x": "text"}),
        (Leaf, {"x": True}),
        (Leaf, {"x": 1, "name": None}),
        (Leaf | None, {}),
        (list[int], 5),
        (dict[str, int], []),
        (Colour, "blue"),
        (uuid.UUID, "none"),
        (uuid.UUID, 5),
        (int, None),
        (int | None, 1.5),
    ],
)
def test_a_revision_that_checks_types_refuses_what_does_not_fit(kind: Any, data: Any) -> None:
    with pytest.raises(restoring.RestoreError):
        restoring.restore(kind, data, revision=NEWEST)


@pytest.mark.parametrize(
    ("kind", "data"), [(float, 1), (int | Leaf, {"x": 1}), (Leaf | None, None), (Any, None)]
)
def test_a_revision_that_checks_types_takes_what_fits(kind: Any, data: Any) -> None:
    restored = restoring.restore(kind, data, revision=NEWEST)
    assert restored == (Leaf(1) if kind == int | Leaf else data)


def test_a_deep_value_is_restored_as_deep_as_it_is() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert restoring.restore(list[Any], deep) == deep
