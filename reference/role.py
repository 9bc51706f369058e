"""What a reference role is: something that can be started, judged, driven and stopped."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Protocol

TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"false", "0", "no", "off"})


class SettingError(ValueError):
    """A setting that no role of this kind can be started with."""


class ParameterError(ValueError):
    """A driver parameter that is missing or cannot be used; the text names it."""


class CannotError(RuntimeError):
    """The request is well formed, but this role cannot do it now."""


class Role(Protocol):
    """One role of one protocol, with the I/O that it needs; `call` is its back door for tests."""

    protocol: ClassVar[str]
    role: ClassVar[str]
    revision: ClassVar[str]
    methods: ClassVar[Collection[str]]

    @property
    def url(self) -> str:
        """Where a peer reaches the started role."""

    @property
    def facts(self) -> dict[str, Any]:
        """Credentials and effective settings: the `set` of the ready line."""

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen (port 0: any free one); raises SettingError or OSError."""

    async def stop(self) -> None:
        """Finish what is under way, tell the peers, release the port."""

    async def reset(self) -> None:
        """Forget every peer, job and record; go on listening."""

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run one of `methods`; raises ParameterError or CannotError."""


class Roles(Mapping[str, type[Role]]):
    """Role classes by name, imported when asked for: most users need only the rules."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Take the place of each role's class, ``module:Class``."""
        self._places = places

    def __getitem__(self, name: str) -> type[Role]:
        module, _, attribute = self._places[name].partition(":")
        role: type[Role] = getattr(import_module(module), attribute)
        return role

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a role's settings: what it is unless given, and how text becomes its value."""

    default: Any
    read: Callable[[Any], Any]


def resolve(table: Mapping[str, Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every key of the table; raises SettingError that names the key."""
    unknown = sorted(set(given) - set(table))
    if unknown:
        raise SettingError(f"unknown setting {unknown[0]!r}; known: {', '.join(sorted(table))}")
    values = {key: setting.default for key, setting in table.items()}
    for key, value in given.items():
        try:
            values[key] = table[key].read(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise SettingError(f"setting {key!r} cannot be {value!r}: {error}") from error
    return values


def text(value: Any) -> str:
    """Read a text setting."""
    if not isinstance(value, str):
        raise TypeError("text is needed")
    return value


def optional_text(value: Any) -> str | None:
    """Read a text setting that may be absent (null or empty)."""
    return None if value is None or value == "" else text(value)


def http_url(value: Any) -> str:
    """Read the URL of a server; a query would end up inside every path."""
    if not text(value).startswith(("http://", "https://")) or "?" in value or "#" in value:
        raise ValueError("an http:// or https:// URL without a query is needed")
    return text(value)


def seconds(value: Any) -> float:
    """Read a duration in seconds."""
    number = math.nan if isinstance(value, bool) else float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("a finite number of seconds, 0 or more, is needed")
    return number


def count(value: Any) -> int:
    """Read a number of things."""
    number = int(value)
    if isinstance(value, bool) or number < 0 or number != float(value):
        raise ValueError("a whole number, 0 or more, is needed")
    return number


def flag(value: Any) -> bool:
    """Read a switch."""
    word = str(value).lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("true or false is needed")
    return word in TRUE_WORDS


def one_of(*names: str) -> Callable[[Any], str]:
    """Make a reader for a setting with named choices."""

    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)} is needed")
        return str(value)

    return read


def only(expected: Any, reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a reader for a fact that is shown as a setting but cannot be another."""

    def read(value: Any) -> Any:
        if reader(value) != expected:
            raise ValueError(f"this is fixed to {expected!r}")
        return expected

    return read
