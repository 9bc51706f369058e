"""The life of a lease in a neuron, as a table (sheet 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from reference.neuron.frames import Lease


class Stage(Enum):
    """How far a lease is."""

    QUEUED = auto()
    RUNNING = auto()  # its handler runs
    ABORTING = auto()  # its handler still runs, and was asked to end
    REPORTED = auto()  # its one ack or nack is written; nothing comes after it


class Event(Enum):
    """What may happen to a lease."""

    SLOT = auto()
    MISFIT = auto()  # a slot is free, but the input does not match its schema
    CANCEL = auto()
    REVOKE = auto()
    DRAIN = auto()  # the neuron stops
    DEADLINE = auto()  # the drain timeout is over
    GIVE_UP = auto()  # the handler does not end, whoever asks
    END = auto()  # of the handler


class Reaction(Enum):
    """What is done about it."""

    RUN = auto()
    INTERRUPT = auto()
    REPORT = auto()  # what the handler came to
    REPORT_MISFIT = auto()
    REPORT_CANCELLED = auto()
    REPORT_REVOKED = auto()
    REPORT_UNSTARTED = auto()
    REPORT_ABORTED = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """Where an event leads."""

    to: Stage
    reaction: Reaction


# What is not here has no effect: a second cancel for instance (NEURON-NRN-CANCEL-03, -09, -10).
TRANSITIONS: Mapping[Stage, Mapping[Event, Step]] = {
    Stage.QUEUED: {
        Event.SLOT: Step(Stage.RUNNING, Reaction.RUN),
        Event.MISFIT: Step(Stage.REPORTED, Reaction.REPORT_MISFIT),  # NEURON-NRN-SCHEMA-01
        Event.CANCEL: Step(Stage.REPORTED, Reaction.REPORT_CANCELLED),  # NEURON-NRN-CANCEL-07
        Event.REVOKE: Step(Stage.REPORTED, Reaction.REPORT_REVOKED),
        Event.DRAIN: Step(Stage.REPORTED, Reaction.REPORT_UNSTARTED),  # NEURON-NRN-STOP-03
    },
    Stage.RUNNING: {
        Event.CANCEL: Step(Stage.ABORTING, Reaction.INTERRUPT),  # NEURON-NRN-CANCEL-01
        Event.REVOKE: Step(Stage.ABORTING, Reaction.INTERRUPT),  # NEURON-NRN-RECON-13
        Event.DEADLINE: Step(Stage.ABORTING, Reaction.INTERRUPT),  # NEURON-NRN-STOP-04
        Event.END: Step(Stage.REPORTED, Reaction.REPORT),
    },
    Stage.ABORTING: {
        Event.DEADLINE: Step(Stage.ABORTING, Reaction.INTERRUPT),
        Event.GIVE_UP: Step(Stage.REPORTED, Reaction.REPORT_ABORTED),  # NEURON-NRN-STOP-08
        Event.END: Step(Stage.REPORTED, Reaction.REPORT),
    },
    Stage.REPORTED: {},
}
HOLDS_A_SLOT = frozenset({Stage.RUNNING, Stage.ABORTING})


@dataclass(slots=True)
class Execution:
    """One lease on its way through the table."""

    lease: Lease
    stage: Stage = Stage.QUEUED
    started_at: float = 0.0
    revoked: bool = False  # why it is asked to end, unless it was cancelled
