"""What a worker goes to its orchestrator for, when it may, and what its shell is to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Any, TypeAlias

from reference.rxon import canonical, revision

REQUEST_SECONDS = 30.0  # how long an answer may take

Key: TypeAlias = tuple["Errand", str]  # the name tells results and events of one kind apart


class Errand(StrEnum):
    """What a worker goes to the orchestrator for."""

    REGISTER = auto()
    HEARTBEAT = auto()
    POLL = auto()
    RESULT = auto()
    EVENT = auto()
    SOCKET = auto()
    TOKEN = auto()
    FAREWELL = auto()  # the offline heartbeat


class Phase(Enum):
    """How a worker stands with its orchestrator."""

    APPLYING = auto()  # not registered, or no longer
    WORKING = auto()
    DRAINING = auto()  # told to stop, with something left to do
    LEAVING = auto()
    GONE = auto()


# Which errands a worker runs in each phase; RXON-REG-10: no poll before registration.
ERRANDS: Mapping[Phase, frozenset[Errand]] = {
    Phase.APPLYING: frozenset({Errand.REGISTER, Errand.RESULT, Errand.EVENT, Errand.TOKEN}),
    Phase.WORKING: frozenset(Errand) - {Errand.REGISTER, Errand.FAREWELL},
    Phase.DRAINING: frozenset({Errand.HEARTBEAT, Errand.RESULT, Errand.EVENT, Errand.TOKEN}),
    Phase.LEAVING: frozenset({Errand.FAREWELL, Errand.TOKEN}),  # RXON-HB-20: no more heartbeats
    Phase.GONE: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The intervals of a worker, in seconds, and how often it tries (sheet 8)."""

    heartbeat_interval: float = revision.HEARTBEAT_INTERVAL
    heartbeat_cooldown: float = revision.HEARTBEAT_COOLDOWN
    poll_timeout: float = revision.POLL_TIMEOUT
    idle_delay: float = revision.IDLE_DELAY
    shutdown_timeout: float = revision.SHUTDOWN_TIMEOUT
    registration_backoff: float = revision.REGISTRATION_BACKOFF
    poll_backoff: float = revision.POLL_BACKOFF
    result_backoff: float = revision.RESULT_BACKOFF
    result_tries: int = revision.RESULT_TRIES
    rate_limit_floor: float = revision.RATE_LIMIT_FLOOR
    first_rotation: float | None = None  # None: the token is changed only when it is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Make a request with a token; tell `answered` or `broken` with the key."""

    key: Key
    method: str
    path: str
    token: str
    body: bytes = b""
    within: float = REQUEST_SECONDS


@dataclass(frozen=True, slots=True)
class Run:
    """Start the skill of a task; tell `ended` with its outcome."""

    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the skill of a task; it still has to end."""

    task_id: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the WebSocket; tell `plugged`, and `unplugged` when it is closed or refused."""

    path: str
    token: str


@dataclass(frozen=True, slots=True)
class Say:
    """Write a text frame to the open WebSocket."""

    text: bytes


@dataclass(frozen=True, slots=True)
class HangUp:
    """Give up a request that is under way; nothing is to be told of it."""

    key: Key


Effect: TypeAlias = Send | Run | Cancel | Connect | Say | HangUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response that was read to its end."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is not."""
        try:
            return canonical.read_json(self.body)
        except canonical.JSONError:
            return None

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx and the body, if there is one, JSON.

        A page of a proxy is no answer, whatever its status (sheet 7.2).
        """
        good = 200 <= self.status < 300  # noqa: PLR2004
        return good and (self.body in {b"", b"null"} or self.json is not None)


REGISTER = (Errand.REGISTER, "")
HEARTBEAT = (Errand.HEARTBEAT, "")
POLL = (Errand.POLL, "")
SOCKET = (Errand.SOCKET, "")
TOKEN = (Errand.TOKEN, "")
FAREWELL = (Errand.FAREWELL, "")

# How often an errand is tried before it is given up; the others for ever.
TRIES: Mapping[Errand, Callable[[Pace], int]] = {
    Errand.RESULT: lambda pace: pace.result_tries,
    Errand.EVENT: lambda _: 1,
    Errand.FAREWELL: lambda _: 1,
}
# Seconds before the second try; each further wait is twice as long.
FIRST_WAIT: Mapping[Errand, Callable[[Pace], float]] = {
    Errand.REGISTER: lambda pace: pace.registration_backoff,  # RXON-REG-12
    Errand.POLL: lambda pace: pace.poll_backoff,  # RXON-POLL-15
    Errand.RESULT: lambda pace: pace.result_backoff,  # RXON-EXE-06
    Errand.SOCKET: lambda _: revision.SOCKET_BACKOFF,  # RXON-WS-08
    Errand.HEARTBEAT: lambda pace: pace.heartbeat_interval,
    Errand.TOKEN: lambda _: revision.SHORTEST_ROTATION,
    Errand.EVENT: lambda _: 0.0,
    Errand.FAREWELL: lambda _: 0.0,
}
