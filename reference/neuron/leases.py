"""The life of a task and of its leases, as a table (sheet 5.8).

A lease is one delivery of a task to a neuron. The table knows no neurons, clocks or frames: it says
where a task stands after something happened to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from reference.neuron.frames import NackKind


class Stage(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"  # for a neuron that may have it
    LEASED = "leased"
    CANCELLING = "cancelling"  # leased, and its neuron has been asked to stop
    ADRIFT = "adrift"  # its neuron's stream is lost: waiting, but the result may still come
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Event(Enum):
    """What can happen to a task."""

    GRANT = auto()  # a neuron is given a lease
    WITHDRAW = auto()  # the lease never left the gateway
    ACK = auto()
    FAIL = auto()  # a nack that repeating would not help
    RETRY = auto()  # a nack that repeating may help
    ABORT = auto()  # the neuron gave up because it was told to
    EXPIRE = auto()  # neither renewed nor answered in time
    LOSE = auto()  # the neuron's stream ended, or the neuron is dead
    EXHAUST = auto()  # as RETRY and EXPIRE, but no delivery is left
    CANCEL = auto()  # nobody wants the result any more


TRANSITIONS: Mapping[Stage, Mapping[Event, Stage]] = {
    Stage.WAITING: {
        Event.GRANT: Stage.LEASED,
        Event.CANCEL: Stage.CANCELLED,  # NEURON-GW-CTRL-04
    },
    Stage.LEASED: {
        Event.WITHDRAW: Stage.WAITING,
        Event.ACK: Stage.DONE,  # NEURON-GW-RES-01
        Event.FAIL: Stage.FAILED,  # NEURON-GW-RES-04, -05
        Event.RETRY: Stage.WAITING,  # NEURON-GW-RES-03
        Event.ABORT: Stage.CANCELLED,  # NEURON-GW-RES-06
        Event.EXPIRE: Stage.WAITING,  # NEURON-GW-LEASE-12
        Event.LOSE: Stage.ADRIFT,  # NEURON-GW-LEASE-13, -14
        Event.EXHAUST: Stage.FAILED,
        Event.CANCEL: Stage.CANCELLING,  # NEURON-GW-CTRL-01
    },
    # Whatever a neuron answers after a cancel is believed, but nothing is delivered again.
    Stage.CANCELLING: {
        Event.ACK: Stage.DONE,  # NEURON-GW-CTRL-02
        Event.FAIL: Stage.FAILED,
        Event.RETRY: Stage.CANCELLED,
        Event.ABORT: Stage.CANCELLED,
        Event.EXPIRE: Stage.CANCELLED,  # NEURON-GW-CTRL-03
        Event.LOSE: Stage.CANCELLED,
        Event.EXHAUST: Stage.CANCELLED,
    },
    Stage.ADRIFT: {
        Event.GRANT: Stage.LEASED,
        Event.ACK: Stage.DONE,  # NEURON-GW-RES-14
        Event.FAIL: Stage.FAILED,
        Event.RETRY: Stage.WAITING,
        Event.ABORT: Stage.CANCELLED,
        Event.EXPIRE: Stage.WAITING,
        Event.EXHAUST: Stage.FAILED,
        Event.CANCEL: Stage.CANCELLED,
    },
    Stage.DONE: {},
    Stage.FAILED: {},
    Stage.CANCELLED: {},
}
OVER = frozenset(stage for stage, ways in TRANSITIONS.items() if not ways)
OPEN = frozenset({Stage.LEASED, Stage.CANCELLING, Stage.ADRIFT})  # a result is taken
HELD = frozenset({Stage.LEASED, Stage.CANCELLING})  # occupies a neuron, and heartbeats renew it
FOR_DELIVERY = frozenset({Stage.WAITING, Stage.ADRIFT})

# What the kinds of nack are to the task (sheet 5.8).
NACKS: Mapping[NackKind, Event] = {
    NackKind.RETRYABLE: Event.RETRY,
    NackKind.TERMINAL: Event.FAIL,
    NackKind.SCHEMA_MISMATCH: Event.FAIL,
    NackKind.CANCELLED: Event.ABORT,
}
# What would be delivered again fails instead when it has been delivered often enough.
DELIVERED_AGAIN = frozenset({Event.RETRY, Event.EXPIRE})


def after(stage: Stage, event: Event) -> Stage:
    """Return where the task stands then; raises KeyError for what cannot happen to it."""
    return TRANSITIONS[stage][event]


def can(stage: Stage, event: Event) -> bool:
    """Say whether this can happen to a task there."""
    return event in TRANSITIONS[stage]


@dataclass(slots=True, kw_only=True)
class LeaseRecord:
    """One delivery; mutable, since heartbeats move its end."""

    lease_id: str
    task_id: str
    neuron_id: str
    subject: str  # for whom the neuron's bearer speaks (NEURON-GW-AUTH-08)
    ttl: float
    expires: float
    taken: float | None = None  # when the frame left for the wire
