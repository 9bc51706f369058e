"""The normal form of a message, its bytes, and reading JSON (RXON-SER, sheet 4.1 to 4.3)."""

import dataclasses
import enum
import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

import orjson

from reference.rxon.revision import BASELINE, Revision

# Leaves that are already normal and need no call; bool is there because exact types are looked up.
_PLAIN = frozenset({str, int, bool})
_NO_LEAVES: frozenset[type] = frozenset()  # beyond the depth limit, where each must be counted

# A value, how many levels of containers may still come, and the rules for what they hold.
Rule: TypeAlias = Callable[[Any, int, "Rules"], Any]
Rules: TypeAlias = Mapping[type, Rule]


class JSONError(ValueError):
    """The bytes are not the JSON of any message."""


class CanonicalError(ValueError):
    """The value has no normal form or cannot be written as JSON."""


class _TooDeepError(Exception):
    """There is no more room, however much there was."""


def normalise(value: Any, *, revision: Revision = BASELINE) -> Any:
    """Drop nulls at every level and make integral floats integers (RXON-SER-01, -02, -03).

    Raises CanonicalError for a value inside more containers than the revision allows.
    """
    if revision.through_json:
        value = orjson.loads(_write(value, orjson.OPT_NON_STR_KEYS))
    rules = NULLS_KEPT if revision.keeps_null_items else RULES
    try:
        return _normalise(value, revision.depth_limit, rules)
    except _TooDeepError:
        raise CanonicalError(f"nested deeper than {revision.depth_limit} levels") from None


def encode(value: Any, *, revision: Revision = BASELINE) -> bytes:
    """Write the normal form as compact UTF-8 (RXON-SER-11, -12): in the order given, or sorted."""
    option = orjson.OPT_SORT_KEYS if revision.sorts_members else 0
    return _write(normalise(value, revision=revision), option)


def canonical_bytes(
    payload: Any, *, ignore: Collection[str] = (), revision: Revision = BASELINE
) -> bytes:
    """Write what a signature covers: sorted keys, without `security` and the ignored members."""
    normal = normalise(payload, revision=revision)
    if isinstance(normal, dict):
        for member in (*revision.unsigned, *ignore):  # RXON-SIG-02
            normal.pop(member, None)
    return _write(normal, orjson.OPT_SORT_KEYS)


def digest(value: Any, *, revision: Revision = BASELINE) -> str:
    """Return what changes when a value does: SHA-256 of its sorted normal form (sheet 4.3, 4.5)."""
    normal = normalise(value, revision=revision)
    return hashlib.sha256(_write(normal, orjson.OPT_SORT_KEYS)).hexdigest()


def read_json(body: bytes, *, revision: Revision = BASELINE) -> Any:
    """Parse one JSON text, nulls and number spelling kept.

    Raises JSONError for anything but JSON in UTF-8 and for nesting deeper than a message may be.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JSONError(f"body is not JSON: {error}") from error
    # Fewer brackets than levels: only a suspect pays for the walk.
    if body.count(b"[") + body.count(b"{") > revision.depth_limit:
        _refuse_depth(value, revision)
    return value


def _refuse_depth(value: Any, revision: Revision) -> None:
    try:
        normalise(value, revision=revision)
    except CanonicalError as error:
        raise JSONError(f"body is refused: {error}") from error


def _write(normal: Any, option: int) -> bytes:
    try:
        return orjson.dumps(normal, option=option)
    except TypeError as error:  # RXON-SER-10: outside 64 bits; also foreign types and keys
        raise CanonicalError(f"cannot be written as JSON: {error}") from error


def _normalise(value: Any, room: int, rules: Rules) -> Any:
    if room < 0:
        raise _TooDeepError
    return rules.get(type(value), _foreign)(value, room, rules)


def _object(value: Mapping[Any, Any], room: int, rules: Rules) -> dict[Any, Any]:
    inner = room - 1
    leaves = _PLAIN if inner >= 0 else _NO_LEAVES
    return {
        key: item if type(item) in leaves else _normalise(item, inner, rules)
        for key, item in value.items()
        if item is not None
    }


def _array(value: Iterable[Any], room: int, rules: Rules) -> list[Any]:
    inner = room - 1
    leaves = _PLAIN if inner >= 0 else _NO_LEAVES
    return [
        item if type(item) in leaves else _normalise(item, inner, rules)
        for item in value
        if item is not None
    ]


def _whole_array(value: Iterable[Any], room: int, rules: Rules) -> list[Any]:
    return [_normalise(item, room - 1, rules) for item in value]


def _number(value: float, _room: int, _rules: Rules) -> float:
    return int(value) if value.is_integer() else value


def _same(value: Any, _room: int, _rules: Rules) -> Any:
    return value


def _foreign(value: Any, room: int, rules: Rules) -> Any:
    """Turn what only a program can hold into JSON's own types (RXON-SER-05)."""
    if isinstance(value, enum.Enum):
        return value.value  # sheet 4.1: not normalised further
    if isinstance(value, uuid.UUID):
        return str(value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return _object({name: getattr(value, name) for name in names}, room, rules)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _object(value._asdict(), room, rules)
    return value


RULES: Rules = {
    dict: _object,
    list: _array,
    tuple: _array,
    float: _number,
    str: _same,
    int: _same,
    bool: _same,
    type(None): _same,
}
NULLS_KEPT: Rules = {**RULES, list: _whole_array, tuple: _whole_array}
