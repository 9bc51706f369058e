"""From plain data back to types: models, lists, unions, enums (RXON-SER-06 to -08, sheet 4.1)."""

import enum
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from reference.rxon.revision import BASELINE, Revision


class RestoreError(ValueError):
    """Plain data that is not what its type says."""


def restore(kind: Any, data: Any, *, revision: Revision = BASELINE) -> Any:
    """Return the data as its type says.

    What does not fit stays as it is, or is refused by a revision that checks types. Raises
    RestoreError for that, and for an object that lacks a required member (RXON-SER-07).
    """
    if data is None and not revision.checks_types:
        return None
    return _rule(kind)(kind, data, revision)


def is_record(kind: Any) -> bool:
    """Say whether a type has members of its own."""
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))


@cache
def members(record: Any) -> Mapping[str, tuple[Any, bool]]:
    """Return the type of every member, and whether it must be there."""
    hints = typing.get_type_hints(record)
    if is_dataclass(record):
        return {
            each.name: (
                hints[each.name],
                each.default is MISSING and each.default_factory is MISSING,
            )
            for each in fields(record)
        }
    defaults = record._field_defaults
    return {name: (hints.get(name, Any), name not in defaults) for name in record._fields}


@cache
def _rule(kind: Any) -> "Rule":
    """Find out what kind of type this is.

    Its parts are not kept: unions that differ in their order are equal, and have one rule.
    """
    origin = typing.get_origin(kind) or kind
    if origin in CONTAINERS:
        return CONTAINERS[origin]
    if is_record(kind):
        return _record
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _member_of
    return _uuid if kind is uuid.UUID else _as_it_is


def _record(record: Any, data: Any, revision: Revision) -> Any:
    if not isinstance(data, dict):
        return _misfit(record, data, revision)
    known = members(record)
    for name, (_, required) in known.items():
        if required and name not in data:
            raise RestoreError(f"{record.__name__}: the member {name!r} is missing")
    given = {
        name: restore(kind, data[name], revision=revision)
        for name, (kind, _) in known.items()
        if name in data  # RXON-SER-07: whatever else is there is not looked at
    }
    return record(**given)


def _alternative(union: Any, data: Any, revision: Revision) -> Any:
    """Take the first alternative that does not object (RXON-SER-08)."""
    for kind in typing.get_args(union):
        if data is not None and kind is types.NoneType:
            continue
        try:
            return restore(kind, data, revision=revision)
        except RestoreError:
            continue
    return _misfit(union, data, revision)


def _array(kind: Any, data: Any, revision: Revision) -> Any:
    if not isinstance(data, list | tuple):
        return _misfit(kind, data, revision)
    (item, *_) = typing.get_args(kind) or (Any,)
    items = [restore(item, each, revision=revision) for each in data]
    return tuple(items) if typing.get_origin(kind) is tuple else items


def _mapping(kind: Any, data: Any, revision: Revision) -> Any:
    if not isinstance(data, dict):
        return _misfit(kind, data, revision)
    key, value = typing.get_args(kind) or (Any, Any)
    return {
        restore(key, name, revision=revision): restore(value, each, revision=revision)
        for name, each in data.items()
    }


def _member_of(kind: Any, data: Any, revision: Revision) -> Any:
    try:
        return kind(data)
    except ValueError:
        return _misfit(kind, data, revision)


def _uuid(_kind: Any, data: Any, revision: Revision) -> Any:
    try:
        return uuid.UUID(data) if isinstance(data, str) else _misfit(_kind, data, revision)
    except ValueError:
        return _misfit(_kind, data, revision)


def _as_it_is(kind: Any, data: Any, revision: Revision) -> Any:
    fitting = SCALARS.get(kind, (object,))
    return data if type(data) in fitting or object in fitting else _misfit(kind, data, revision)


def _misfit(kind: Any, data: Any, revision: Revision) -> Any:
    if revision.checks_types:
        raise RestoreError(f"{kind} cannot be {type(data).__name__}")
    return data


Rule = Callable[[Any, Any, Revision], Any]
CONTAINERS: Mapping[Any, Rule] = {
    typing.Union: _alternative,
    types.UnionType: _alternative,
    list: _array,
    tuple: _array,
    dict: _mapping,
}
# What of JSON a revision that checks types takes for each.
SCALARS: Mapping[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    types.NoneType: (types.NoneType,),
    None: (types.NoneType,),
}
