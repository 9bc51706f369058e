"""Types, and values of types, written as JSON: how a driver is told of them and tells of them.

The notation is described in vectors/rxon/README.md.
"""

import enum
import json
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from typing import Any, Union

from reference.rxon import models
from reference.rxon.revision import BASELINE, Revision


class NotationError(ValueError):
    """Nothing that denotes a type or a value."""


def type_of(written: Any, *, revision: Revision = BASELINE) -> Any:
    """Return the type that is denoted; equal texts denote the same type."""
    return _type_of(json.dumps(written), revision)


@cache
def _type_of(text: str, revision: Revision) -> Any:
    written = json.loads(text)
    if written is None:
        return None
    if isinstance(written, str):
        return _of(PLAIN, written)
    word, rest = _only_member(written)
    return _of(MAKERS, word)(rest, revision)


def _list(item: Any, revision: Revision) -> Any:
    return list[type_of(item, revision=revision)]  # type: ignore[misc]


def _tuple(item: Any, revision: Revision) -> Any:
    return tuple[type_of(item, revision=revision), ...]  # type: ignore[misc]


def _map(value: Any, revision: Revision) -> Any:
    return dict[str, type_of(value, revision=revision)]  # type: ignore[misc]


def _union(alternatives: list[Any], revision: Revision) -> Any:
    return Union[tuple(type_of(each, revision=revision) for each in alternatives)]  # noqa: UP007


def _enum(values: list[Any], _revision: Revision) -> Any:
    return enum.Enum("Choice", [(f"choice_{n}", value) for n, value in enumerate(values)])


def _record(rows: list[Any], revision: Revision) -> Any:
    parts: list[Any] = []
    for row in rows:
        of = type_of(row["type"], revision=revision)
        parts.append((row["name"], of, *_default(row)))
    return make_dataclass("Record", parts, frozen=True, kw_only=True)


def _default(row: Mapping[str, Any]) -> tuple[Any, ...]:
    if "default" not in row:
        return ()
    value = row["default"]
    # Each gets an object of its own.
    return (field(default_factory=_same(value)) if isinstance(value, list | dict) else value,)


def _message(kind: str, revision: Revision) -> Any:
    return models.model(kind, revision=revision)


def value_of(shown: Any) -> Any:
    """Return the value that is shown: an array or a simple value itself, all else with a word."""
    if isinstance(shown, list):
        return [value_of(each) for each in shown]
    if not isinstance(shown, dict):
        return shown
    word, rest = _only_member(shown)
    return _of(VALUES, word)(rest)


def show(value: Any) -> Any:
    """Return how a value of whatever type is written."""
    if is_dataclass(value):
        names = [each.name for each in fields(value)]
        return {"record": {name: show(getattr(value, name)) for name in names}}
    if isinstance(value, enum.Enum):
        return {"enum": value.value}
    if isinstance(value, uuid.UUID):
        return {"uuid": str(value)}
    if isinstance(value, dict):
        return {"object": {name: show(each) for name, each in value.items()}}
    return [show(each) for each in value] if isinstance(value, list | tuple) else value


def written(value: Any, *, revision: Revision = BASELINE) -> Any:
    """Return what of a value is written: a revision may leave members out that nobody gave.

    One that was given is another object than the default, although it may be equal.
    """
    if revision.writes_defaults:
        return value
    if is_dataclass(value):
        return {
            each.name: written(getattr(value, each.name), revision=revision)
            for each in fields(value)
            if getattr(value, each.name) is not each.default
        }
    if isinstance(value, dict):
        return {name: written(each, revision=revision) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [written(each, revision=revision) for each in value]
    return value


def _record_of(members: Mapping[str, Any]) -> Any:
    kind = make_dataclass("Record", list(members), frozen=True)
    return kind(**{name: value_of(each) for name, each in members.items()})


def _choice(value: Any) -> Any:
    return next(iter(_enum([value], BASELINE)))


def _same(value: Any) -> Callable[[], Any]:
    return lambda: value


def _only_member(written: Any) -> tuple[str, Any]:
    if not isinstance(written, dict) or len(written) != 1:
        raise NotationError(f"{written!r} is no name and no object with one member")
    return next(iter(written.items()))


def _of(table: Mapping[str, Any], word: str) -> Any:
    if word not in table:
        raise NotationError(f"{word!r} is not one of {', '.join(table)}")
    return table[word]


PLAIN: Mapping[str, Any] = {
    "any": Any,
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": type(None),
    "uuid": uuid.UUID,
    # What Python knows and JSON has no word for.
    "bytes": bytes,
    "set": set[str],
    "tuple": tuple,
    "literal": typing.Literal["a", "b"],
    "callable": Callable[[], None],
}
MAKERS: Mapping[str, Callable[[Any, Revision], Any]] = {
    "list": _list,
    "tuple": _tuple,
    "map": _map,
    "union": _union,
    "enum": _enum,
    "record": _record,
    "message": _message,
    "schema": lambda schema, _revision: schema,
}
VALUES: Mapping[str, Callable[[Any], Any]] = {
    "object": lambda members: {name: value_of(each) for name, each in members.items()},
    "record": _record_of,
    "enum": _choice,
    "uuid": uuid.UUID,
    "number": float,  # what JSON has no spelling for, and floats that are whole
}
