"""What the answer of a handler is on the wire (RXON-LSN-01, sheet 2.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from reference.rxon import canonical
from reference.rxon.revision import BASELINE, Revision

LIMIT_EXCEEDED = "LIMIT_EXCEEDED_ERROR"
OK = 200
NO_CONTENT = 204
FAILED = 500
UNREADY = 503
NO_HANDLER = "No handler configured"


class Route(StrEnum):
    """What a worker may ask."""

    REGISTER = "register"
    POLL = "poll"
    RESULT = "result"
    HEARTBEAT = "heartbeat"
    EVENT = "event"
    TOKEN = "token"  # noqa: S105  (the name of a route)


class Fault(StrEnum):
    """Why a handler gave up."""

    PERMISSION = "permission"
    VALUE = "value"
    LIMIT = "limit"
    HTTP = "http"  # it knows the status itself
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A handler that gave up."""

    fault: Fault
    message: str
    status: int = FAILED  # of Fault.HTTP
    code: str = LIMIT_EXCEEDED  # of Fault.LIMIT


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes on the wire; an empty body has no content type, and one that is no JSON is text."""

    status: int
    body: bytes = b""
    is_json: bool = False


# What a route says when its handler says nothing.
DEFAULTS: Mapping[Route, Any] = {
    Route.REGISTER: {"status": "registered"},
    Route.RESULT: {"status": "ok"},
    Route.EVENT: {"status": "event_accepted"},
}
Failure: TypeAlias = Callable[[Raised], tuple[int, dict[str, Any]]]
FAILURES: Mapping[Fault, Failure] = {
    Fault.PERMISSION: lambda raised: (403, {"error": raised.message}),
    Fault.VALUE: lambda raised: (400, {"error": raised.message}),
    Fault.LIMIT: lambda raised: (429, {"error": raised.message, "code": raised.code}),
    Fault.HTTP: lambda raised: (raised.status, {"error": raised.message}),
    Fault.OTHER: lambda raised: (FAILED, {"error": raised.message}),
}


def returned(route: Route, value: Any, *, revision: Revision = BASELINE) -> Answer:
    """Answer with what a handler returned."""
    if not value and route is Route.POLL:
        return Answer(NO_CONTENT)
    said = value or DEFAULTS.get(route, value)
    try:
        return _json(OK, said, revision)
    except canonical.CanonicalError as error:
        return failed(Raised(fault=Fault.OTHER, message=str(error)), revision=revision)


def failed(raised: Raised, *, revision: Revision = BASELINE) -> Answer:
    """Answer with what a handler gave up for."""
    status, body = FAILURES[raised.fault](raised)
    return _json(status, body, revision)


def unhandled(route: Route, *, revision: Revision = BASELINE) -> Answer:
    """Answer before there is a handler; only routes that always say something give a reason."""
    status, reason = (UNREADY, revision.unready) if revision.unready else (FAILED, NO_HANDLER)
    if route in DEFAULTS:
        return _json(status, {"error": reason}, revision)
    return Answer(status, revision.unready.encode())


def _json(status: int, said: Any, revision: Revision) -> Answer:
    return Answer(status, canonical.encode(said, revision=revision), is_json=True)
