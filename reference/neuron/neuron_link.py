"""How a neuron stands with its event stream: dialling, open, waiting (sheet 5.2)."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeAlias
from urllib.parse import quote

from reference.neuron.backoff import Backoff
from reference.neuron.neuron_effects import Closed, Effect, HangUp, Open, Opened, Reconnecting, Tell
from reference.neuron.neuron_pace import Pace

OK, UNAUTHORIZED = 200, 401


class State(Enum):
    """Where the stream stands."""

    IDLE = auto()
    OPENING = auto()
    REFRESHING = auto()  # dialling once more because the first token was refused
    OPEN = auto()
    DISMISSED = auto()  # open, and not to be dialled again
    WAITING = auto()
    CLOSED = auto()  # for ever


class Event(Enum):
    """What may happen to it."""

    START = auto()
    ACCEPTED = auto()
    UNAUTHORISED = auto()
    REFUSED = auto()
    LOST = auto()
    DISTRUSTED = auto()  # no token is good enough for a POST
    DISMISS = auto()  # the gateway does not want this neuron back
    DUE = auto()
    STOP = auto()


class Action(Enum):
    """What is done about it."""

    DIAL = auto()
    HANG_UP = auto()
    GREET = auto()
    MOURN = auto()
    WAIT = auto()
    WAIT_DISTRUSTED = auto()


Steps: TypeAlias = tuple[State, tuple[Action, ...]]
_RETRY: Steps = (State.WAITING, (Action.WAIT,))
_GREET: Steps = (State.OPEN, (Action.GREET,))
_LEAVE: Steps = (State.CLOSED, (Action.HANG_UP, Action.MOURN))

# What is not here has no effect.
TRANSITIONS: Mapping[State, Mapping[Event, Steps]] = {
    State.IDLE: {
        Event.START: (State.OPENING, (Action.DIAL,)),
        Event.STOP: (State.CLOSED, ()),
    },
    State.OPENING: {
        Event.ACCEPTED: _GREET,
        Event.UNAUTHORISED: (State.REFRESHING, (Action.DIAL,)),  # NEURON-NRN-AUTH-02
        Event.REFUSED: _RETRY,  # NEURON-NRN-RECON-05
        Event.LOST: _RETRY,
        Event.STOP: (State.CLOSED, (Action.HANG_UP,)),
    },
    State.REFRESHING: {
        Event.ACCEPTED: _GREET,
        Event.UNAUTHORISED: _RETRY,  # NEURON-NRN-AUTH-03
        Event.REFUSED: _RETRY,
        Event.LOST: _RETRY,
        Event.STOP: (State.CLOSED, (Action.HANG_UP,)),
    },
    State.OPEN: {
        Event.LOST: (State.WAITING, (Action.MOURN, Action.WAIT)),  # NEURON-NRN-RECON-01
        Event.DISTRUSTED: (  # NEURON-NRN-AUTH-06
            State.WAITING,
            (Action.HANG_UP, Action.MOURN, Action.WAIT_DISTRUSTED),
        ),
        Event.DISMISS: (State.DISMISSED, ()),
        Event.STOP: _LEAVE,
    },
    State.DISMISSED: {  # NEURON-NRN-RECON-11
        Event.LOST: (State.CLOSED, (Action.MOURN,)),
        Event.DISTRUSTED: _LEAVE,
        Event.STOP: _LEAVE,
    },
    State.WAITING: {
        Event.DUE: (State.OPENING, (Action.DIAL,)),
        Event.STOP: (State.CLOSED, ()),
    },
    State.CLOSED: {},
}


class Link:
    """The event stream of one neuron."""

    def __init__(self, neuron_id: str, pace: Pace) -> None:
        self.state = State.IDLE
        self.due: float | None = None  # when it is dialled again
        # NEURON-NRN-CONN-01, -02: everything but unreserved characters is percent-encoded
        self._path = f"/neuron/events?neuronId={quote(neuron_id, safe='')}"
        self._within = pace.post_timeout
        self._backoff = Backoff(pace.reconnect_delay)
        # A stream that opens proves nothing about POSTs, so their refusals are counted apart.
        self._distrust = Backoff(pace.reconnect_delay)

    @property
    def is_open(self) -> bool:
        """Whether frames can come."""
        return self.state in {State.OPEN, State.DISMISSED}

    def answered(self, status: int, *, now: float) -> list[Effect]:
        """Take the head of the answer to the dialling; only 200 opens (NEURON-NRN-CONN-19)."""
        event = {OK: Event.ACCEPTED, UNAUTHORIZED: Event.UNAUTHORISED}.get(status, Event.REFUSED)
        return self.happens(event, now=now, reason=f"the gateway answered {status}")

    def happens(self, event: Event, *, now: float, reason: str = "") -> list[Effect]:
        """Go where the table says, and return what is to be done."""
        step = TRANSITIONS[self.state].get(event)
        if step is None:
            return []
        self.state, actions = step
        self.due = None
        return [effect for action in actions for effect in self._act(action, reason, now)]

    def trusted(self) -> None:
        """Take note that the gateway accepts this neuron's POSTs."""
        self._distrust.succeeded()

    def tick(self, *, now: float) -> list[Effect]:
        """Dial if it is time."""
        if self.due is None or self.due > now:
            return []
        return self.happens(Event.DUE, now=now)

    def _act(self, action: Action, reason: str, now: float) -> list[Effect]:
        match action:
            case Action.DIAL:
                return [Open(self._path, self._within)]
            case Action.HANG_UP:
                return [HangUp()]
            case Action.GREET:
                self._backoff.succeeded()  # NEURON-NRN-RECON-04
                return [Tell(Opened())]
            case Action.MOURN:
                return [Tell(Closed(reason))]
            case Action.WAIT:
                return self._wait(self._backoff, reason, now)
            case Action.WAIT_DISTRUSTED:
                return self._wait(self._distrust, reason, now)

    def _wait(self, backoff: Backoff, reason: str, now: float) -> list[Effect]:
        delay = backoff.failed()
        self.due = now + delay
        return [Tell(Reconnecting(backoff.attempts, delay, reason))]
