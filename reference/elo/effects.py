"""What a core wants done; its shell does it and asks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Send:
    """Write bytes to a connection."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End a connection, after what was written to it."""

    link: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Open the connection ``link`` to ``host:port``; tell the core what came of it."""

    link: int
    address: str


@dataclass(frozen=True, slots=True)
class Execute:
    """Run the handler for a task; tell the core how ``job`` ended."""

    job: int
    capability: Any
    payload: Any
    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task that was sent, as its caller learns it (sheet 6.2)."""

    status: str
    payload: Any = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Tell whoever sent a task, or asked who is there, what came of it."""

    ticket: int
    outcome: Any


@dataclass(frozen=True, slots=True)
class Wake:
    """Look again when something is due: it may be sooner than it was."""


Effect: TypeAlias = Send | Close | Dial | Execute | Settle | Wake
