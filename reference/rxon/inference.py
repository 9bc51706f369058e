"""The contract that a type promises, as a schema (RXON-SCH-01, sheet 6.4)."""

import enum
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reference.rxon.restoring import is_record, members

Schema: TypeAlias = dict[str, Any]


def schema_of(kind: Any) -> Schema | None:
    """Return the schema of a type; a schema stays what it is, and nothing promises nothing."""
    if kind is None or isinstance(kind, dict):
        return kind
    return _schema(kind)


def input_schema(function: Callable[..., Any], argument: str) -> Schema | None:
    """Return the schema of what a function takes."""
    return schema_of(typing.get_type_hints(function).get(argument))


def output_schema(function: Callable[..., Any]) -> Schema | None:
    """Return the schema of what a function returns; just any object is no promise."""
    return promise(typing.get_type_hints(function).get("return"))


def promise(returned: Any) -> Schema | None:
    """Return the schema of a result of this type; just any object is no promise."""
    return None if _origin(returned) is dict else schema_of(returned)


def _schema(kind: Any) -> Schema:
    if kind in SCHEMAS:
        return dict(SCHEMAS[kind])
    rule = RULES.get(_origin(kind))
    if rule is not None:
        return rule(kind)
    if is_record(kind):
        return _record(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        # The type is text whatever the values are; so it is in the published package.
        return {"type": "string", "enum": [member.value for member in kind]}
    return {"type": "string"}  # all that JSON has no word for


def _record(kind: Any) -> Schema:
    known = members(kind)
    return {
        "type": "object",
        "properties": {name: _schema(of) for name, (of, _) in known.items()},
        "required": [
            name for name, (of, required) in known.items() if required and not _may_be_absent(of)
        ],
        "additionalProperties": False,
    }


def _may_be_absent(kind: Any) -> bool:
    return _origin(kind) in UNIONS and types.NoneType in typing.get_args(kind)


def _array(kind: Any) -> Schema:
    (item, *_) = typing.get_args(kind) or (Any,)
    return {"type": "array", "items": _schema(item)}


def _object(_kind: Any) -> Schema:
    return {"type": "object"}


def _any_of(kind: Any) -> Schema:
    return {"anyOf": [_schema(each) for each in typing.get_args(kind)]}


def _origin(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


SCHEMAS: Mapping[Any, Schema] = {
    Any: {},
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    types.NoneType: {"type": "null"},
    uuid.UUID: {"type": "string"},
}
UNIONS = (typing.Union, types.UnionType)
RULES: Mapping[Any, Callable[[Any], Schema]] = {
    list: _array,
    dict: _object,
    **dict.fromkeys(UNIONS, _any_of),
}
