"""Members of frames: reading JSON values strictly, and writing them back (sheet 3).

A table of fields is both the list of members that a record may have and their order on the wire.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from reference.neuron import timestamps

T = TypeVar("T")


class FrameError(ValueError):
    """A member of a frame is not what it must be; `path` names it, "" is the whole frame."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of value: how JSON becomes it (path, value that is not null), and back."""

    read: Callable[[str, Any], T]
    write: Callable[[T], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One member: where its value lives, what it is, when it may be missing or null."""

    attribute: str
    kind: Kind[Any]
    required: bool = True
    nullable: bool = False  # null means None; otherwise it is refused
    always: bool = False  # written even when None


Fields = Mapping[str, Field]


def required(attribute: str, kind: Kind[Any]) -> Field:
    """Make a member that must be there and not null."""
    return Field(attribute, kind)


def optional(attribute: str, kind: Kind[Any]) -> Field:
    """Make a member that may be missing, which null means too; None is not written."""
    return Field(attribute, kind, required=False, nullable=True)


def shown(attribute: str, kind: Kind[Any]) -> Field:
    """Make a member that may be missing, but is always written: as null when None."""
    return Field(attribute, kind, required=False, nullable=True, always=True)


def members(path: str, value: Any, fields: Fields) -> dict[str, Any]:
    """Read an object that has these members and no others; returns values by attribute."""
    check_object(path, value)
    for name in value:
        if name not in fields:
            raise FrameError(joined(path, name), "unknown member")
    found = {}
    for name, field in fields.items():
        if name in value:
            found[field.attribute] = _member(joined(path, name), value[name], field)
        elif field.required:
            raise FrameError(joined(path, name), "required")
    return found


def _member(path: str, value: Any, field: Field) -> Any:
    if value is not None:
        return field.kind.read(path, value)
    if not field.nullable:
        raise FrameError(path, "must not be null")
    return None


def written(record: Any, fields: Fields) -> dict[str, Any]:
    """Write a record as an object, its members in the order of the table."""
    values = ((name, field, getattr(record, field.attribute)) for name, field in fields.items())
    return {
        name: None if value is None else field.kind.write(value)
        for name, field, value in values
        if value is not None or field.always
    }


def joined(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def check_object(path: str, value: Any) -> None:
    """Refuse what is no object."""
    if not isinstance(value, dict):
        raise wrong(path, "an object", value)


def wrong(path: str, expected: str, value: Any) -> FrameError:
    """Say what was expected and what came."""
    return FrameError(path, f"expected {expected}, got {JSON_NAMES[type(value)]}")


JSON_NAMES: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def _same(value: T) -> T:
    return value


def _text(path: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong(path, "a string", value)
    return value


def _name(path: str, value: Any) -> str:
    if not _text(path, value):
        raise FrameError(path, "must not be empty")
    return str(value)


def _flag(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(path, "a boolean", value)
    return value


def _number(path: str, value: Any) -> float:
    if type(value) not in {int, float}:  # exactly: true is no number
        raise wrong(path, "a number", value)
    found: float = value
    return found


def _object(path: str, value: Any) -> dict[str, Any]:
    check_object(path, value)
    found: dict[str, Any] = value
    return found


def _anything(_path: str, value: Any) -> Any:
    return value


def _instant(path: str, value: Any) -> datetime:
    try:
        return timestamps.read(value)
    except timestamps.TimestampError as error:
        raise FrameError(path, str(error)) from error


TEXT = Kind(_text, _same)
NAME = Kind(_name, _same)
FLAG = Kind(_flag, _same)
OBJECT = Kind(_object, _same)
ANYTHING: Kind[Any] = Kind(_anything, _same)
INSTANT = Kind(_instant, timestamps.write)


def _range(least: int, most: int | None) -> str:
    return f"must be {least} or more" if most is None else f"must be from {least} to {most}"


def whole(*, least: int, most: int | None = None) -> Kind[int]:
    """Make the kind of whole numbers in a range; 1.0 is 1, as JSON has one kind of number."""

    def read(path: str, value: Any) -> int:
        if type(value) not in {int, float} or value != value // 1:
            raise wrong(path, "a whole number", value)
        if value < least or (most is not None and value > most):
            raise FrameError(path, _range(least, most))
        return int(value)

    return Kind(read, _same)


def between(least: float, most: float) -> Kind[float]:
    """Make the kind of numbers in a range."""

    def read(path: str, value: Any) -> float:
        if not least <= _number(path, value) <= most:
            raise FrameError(path, f"must be from {least:g} to {most:g}")
        return float(value)

    return Kind(read, _same)


def word(*words: str) -> Kind[str]:
    """Make the kind of one of some words."""

    def read(path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise FrameError(path, f"expected one of {', '.join(words)}")
        return value

    return Kind(read, _same)


def many(kind: Kind[T]) -> Kind[tuple[T, ...]]:
    """Make the kind of arrays of a kind."""

    def read(path: str, value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise wrong(path, "an array", value)
        return tuple(kind.read(f"{path}[{index}]", item) for index, item in enumerate(value))

    return Kind(read, lambda values: [kind.write(value) for value in values])


def record(make: Callable[..., T], fields: Fields) -> Kind[T]:
    """Make the kind of objects with these members."""

    def read(path: str, value: Any) -> T:
        return make(**members(path, value, fields))

    return Kind(read, lambda value: written(value, fields))
