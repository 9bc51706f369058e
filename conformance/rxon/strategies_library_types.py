"""What properties of types, promises and contracts ask a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon.asking_library import (
    Example,
    Examples,
    asking,
    texts,
    written,
)
from conformance.rxon.strategies_messages import objects

if TYPE_CHECKING:
    from collections.abc import Mapping


# A type, a value of it as plain JSON, and the same as a program shows it.
Typed = tuple[Any, Any, Any]
UUIDS = st.uuids().map(str)


def typed(simple: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    """Return records of what is simple, in lists, objects and records."""
    members = st.lists(simple, max_size=3)
    return st.recursive(
        members.map(_record),
        lambda inner: (
            inner.map(lambda each: ({"list": each[0]}, [each[1]] * 2, [each[2]] * 2))
            | inner.map(lambda each: ({"map": each[0]}, {"k": each[1]}, {"object": {"k": each[2]}}))
            | inner.map(lambda each: ({"union": [each[0], "null"]}, each[1], each[2]))
            | st.lists(inner | simple, min_size=1, max_size=2).map(_record)
        ),
        max_leaves=4,
    )


def _record(parts: list[Typed]) -> Typed:
    names = [f"m{number}" for number in range(len(parts))]
    rows = [{"name": name, "type": kind} for name, (kind, _, _) in zip(names, parts, strict=True)]
    return (
        {"record": rows},
        {name: plain for name, (_, plain, _) in zip(names, parts, strict=True)},
        {"record": {name: shown for name, (_, _, shown) in zip(names, parts, strict=True)}},
    )


def _choice(values: list[Any]) -> Typed:
    return {"enum": values}, values[-1], {"enum": values[-1]}


def _plain(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Typed]:
    return values.map(lambda value: (kind, value, value))


simple = (
    _plain("string", texts)
    | _plain("integer", st.integers(0, 9))
    | _plain("boolean", st.booleans())
    | UUIDS.map(lambda text: ("uuid", text, {"uuid": text}))
    | st.lists(st.sampled_from(["red", "green", "blue"]), min_size=1, unique=True).map(_choice)
    | st.lists(st.integers(1, 3), min_size=1, unique=True).map(_choice)
)


def values() -> Examples:
    """Return values of types, to be written."""
    return typed(simple).map(
        lambda each: {**asking(it=("serialize", {"typed": each[2]})), "plain": each[1]}
    )


def plain_data() -> Examples:
    """Return plain data and its type, to be restored."""
    return typed(simple).map(
        lambda each: {
            **asking(it=("restore", {"type": each[0], "json": written(each[1])})),
            "shown": each[2],
        }
    )


def members() -> Examples:
    """Return records that lack a member, or have one too many."""
    needed = st.lists(st.sampled_from("abcd"), min_size=1, unique=True)

    def record(names: list[str], lacking: int, odd: Any) -> Example:
        kind = {"record": [{"name": name, "type": "integer"} for name in names]}
        data = dict.fromkeys(names, 1)
        short = {name: 1 for name in names if name != names[lacking % len(names)]}
        return {
            **asking(
                whole=("restore", {"type": kind, "json": written(data)}),
                more=("restore", {"type": kind, "json": written({"odd": odd, **data})}),
                less=("restore", {"type": kind, "json": written(short)}),
            )
        }

    return st.builds(record, needed, st.integers(0, 3), objects | texts)


words = st.sampled_from(["string", "integer", "number", "boolean", "null", "any", "uuid"])
flat = words | words.map(lambda each: {"list": each}) | words.map(lambda each: {"map": each})
# No union in a union: Python joins them, and takes those of another order for the same.
unions = st.lists(flat, min_size=2, max_size=3, unique_by=str).map(lambda each: {"union": each})
types = st.recursive(
    flat | unions,
    lambda inner: (
        inner.map(lambda each: {"list": each})
        | inner.map(lambda each: {"map": each})
        | st.lists(inner, max_size=3).map(lambda each: _record([(kind, 0, 0) for kind in each])[0])
    ),
    max_leaves=5,
)


def promises() -> Examples:
    """Return types."""
    return types.map(lambda kind: asking(it=("infer", {"type": kind, "of": "input"})))


# Contracts ------------------------------------------------------------------------------------

scalars = st.sampled_from(["a", "b", 1, 2, 0.5])
schemas = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"enum": ["a"]}]),
    lambda inner: (
        inner.map(lambda each: {"type": "array", "items": each})
        | st.lists(inner, min_size=1, max_size=2).map(lambda each: {"anyOf": each})
        | st.builds(
            lambda each, names, closed: {
                "type": "object",
                "properties": {"a": each},
                "required": names,
                **({"additionalProperties": False} if closed else {}),
            },
            inner,
            st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            st.booleans(),
        )
    ),
    max_leaves=4,
)
data = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=4,
)


def contracts() -> Examples:
    """Return contracts, and data that may keep them."""
    return st.builds(
        lambda value, schema: {
            **asking(it=("validate", {"json": written(value), "schema": schema})),
            "value": value,
            "schema": schema,
        },
        data,
        schemas,
    )


def strange_values() -> Examples:
    """Return truth values and null where a contract wants something else, or just them."""
    value = st.sampled_from([True, False, None])
    kind = st.sampled_from(["string", "integer", "number", "boolean", "object", "array"])

    def inside(value: Any, kind: str, place: str) -> Example:
        plain, schema = PLACES[place]
        wanted = {"type": kind}
        asked = {"json": written(plain(value)), "schema": schema(wanted)}
        return {
            **asking(it=("validate", asked)),
            "valid": kind == "boolean" and value is not None,
        }

    return st.builds(inside, value, kind, st.sampled_from(sorted(PLACES)))


PLACES: Mapping[str, tuple[Any, Any]] = {
    "alone": (lambda value: value, lambda kind: kind),
    "in a list": (lambda value: [value], lambda kind: {"type": "array", "items": kind}),
    "in an object": (
        lambda value: {"a": value},
        lambda kind: {"type": "object", "properties": {"a": kind}},
    ),
    "as an alternative": (lambda value: value, lambda kind: {"anyOf": [kind]}),
}
