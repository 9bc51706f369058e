"""The normal form of a message, its bytes, and reading JSON (RXON-SER, sheet 4.1 to 4.3)."""

import dataclasses
import enum
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson

from reference.rxon import revision

SIGNATURE_HOLDER = "security"  # RXON-SIG-02: never part of what it signs

# Leaves that are already normal and need no call; bool is there because exact types are looked up.
_PLAIN = frozenset({str, int, bool})
_NO_LEAVES: frozenset[type] = frozenset()  # beyond the depth limit, where each must be counted


class JSONError(ValueError):
    """The bytes are not the JSON of any message."""


class CanonicalError(ValueError):
    """The value has no normal form or cannot be written as JSON."""


def normalise(value: Any) -> Any:
    """Drop nulls at every level and make integral floats integers (RXON-SER-01, -02, -03).

    Raises CanonicalError for a value inside more than DEPTH_LIMIT containers.
    """
    return _normalise(value, 0)


def encode(value: Any) -> bytes:
    """Write the normal form as compact UTF-8 in the order given (RXON-SER-11, -12)."""
    return _write(normalise(value), 0)


def canonical_bytes(payload: Any, *, ignore: Collection[str] = ()) -> bytes:
    """Write what a signature covers: sorted keys, without `security` and the ignored members."""
    normal = normalise(payload)
    if isinstance(normal, dict):
        for member in (SIGNATURE_HOLDER, *ignore):
            normal.pop(member, None)
    return _write(normal, orjson.OPT_SORT_KEYS)


def read_json(body: bytes) -> Any:
    """Parse one JSON text, nulls and number spelling kept.

    Raises JSONError for anything but JSON in UTF-8 and for nesting beyond DEPTH_LIMIT.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JSONError(f"body is not JSON: {error}") from error
    # Fewer brackets than levels: only a suspect pays for the walk.
    if body.count(b"[") + body.count(b"{") > revision.DEPTH_LIMIT:
        _refuse_depth(value)
    return value


def _refuse_depth(value: Any) -> None:
    try:
        normalise(value)
    except CanonicalError as error:
        raise JSONError(f"body is refused: {error}") from error


def _write(normal: Any, option: int) -> bytes:
    try:
        return orjson.dumps(normal, option=option)
    except TypeError as error:  # RXON-SER-10: outside 64 bits; also foreign types and keys
        raise CanonicalError(f"cannot be written as JSON: {error}") from error


def _normalise(value: Any, depth: int) -> Any:
    if depth > revision.DEPTH_LIMIT:
        raise CanonicalError(f"nested deeper than {revision.DEPTH_LIMIT} levels")
    return _RULES.get(type(value), _foreign)(value, depth)


def _object(value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    inner = depth + 1
    leaves = _PLAIN if inner <= revision.DEPTH_LIMIT else _NO_LEAVES
    return {
        key: item if type(item) in leaves else _normalise(item, inner)
        for key, item in value.items()
        if item is not None
    }


def _array(value: Iterable[Any], depth: int) -> list[Any]:
    inner = depth + 1
    leaves = _PLAIN if inner <= revision.DEPTH_LIMIT else _NO_LEAVES
    return [
        item if type(item) in leaves else _normalise(item, inner)
        for item in value
        if item is not None
    ]


def _number(value: float, _depth: int) -> float:
    return int(value) if value.is_integer() else value


def _same(value: Any, _depth: int) -> Any:
    return value


def _foreign(value: Any, depth: int) -> Any:
    """Turn what only a program can hold into JSON's own types (RXON-SER-05)."""
    if isinstance(value, enum.Enum):
        return value.value  # sheet 4.1: not normalised further
    if isinstance(value, uuid.UUID):
        return str(value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return _object({name: getattr(value, name) for name in names}, depth)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _object(value._asdict(), depth)
    return value


_RULES: dict[type, Callable[[Any, int], Any]] = {
    dict: _object,
    list: _array,
    tuple: _array,
    float: _number,
    str: _same,
    int: _same,
    bool: _same,
    type(None): _same,
}
