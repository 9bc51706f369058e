"""What a neuron's shell is to do, and what the neuron has to tell whoever listens."""

from dataclasses import dataclass
from typing import TypeAlias

from reference.neuron.frames import Frame, Lease

Key: TypeAlias = int  # names one POST


@dataclass(frozen=True, slots=True)
class Open:
    """Dial the event stream with a new token; tell `opened`, `refused` or `lost`, then `lost`."""

    path: str
    within: float  # seconds until the head of the answer


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the event stream, or give up dialling it; nothing is to be told of it any more."""


@dataclass(frozen=True, slots=True)
class Post:
    """Send JSON with a new token; tell `written` once it is out, then `answered` or `broken`."""

    key: Key
    path: str
    body: bytes
    within: float  # seconds that every step of it may take


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Drop a POST that is under way; nothing is to be told of it any more."""

    key: Key


@dataclass(frozen=True, slots=True)
class Run:
    """Start the handler of a lease; tell `ended` with its outcome."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ask a handler to end; it still has to."""

    lease_id: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Pass news on to whoever listens."""

    news: "News"


Effect: TypeAlias = Open | HangUp | Post | GiveUp | Run | Interrupt | Tell


# News (NEURON-NRN-LIB-06)


@dataclass(frozen=True, slots=True)
class Opened:
    """The event stream is open; the registration follows."""


@dataclass(frozen=True, slots=True)
class RegisteredAs:
    """The gateway confirmed the registration."""

    session_id: str
    count: int  # of the capabilities that are in effect


@dataclass(frozen=True, slots=True)
class Closed:
    """The event stream ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The event stream will be dialled again."""

    attempt: int  # from 1
    delay: float  # seconds
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A valid frame came."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Dropped:
    """An event came that is no frame from a gateway."""

    problem: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The gateway did not take a POST."""

    path: str
    reason: str


News: TypeAlias = Opened | RegisteredAs | Closed | Reconnecting | Received | Dropped | Undelivered
