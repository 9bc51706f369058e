"""What breaks each requirement of NEURON-GW-RES."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import (
    OK,
    frames_read_as,
    handler_of,
    of_the_gateway,
    replies,
)
from reference.neuron.fields import ANYTHING, NAME, TEXT, between, optional, required
from reference.neuron.frames import NackKind
from reference.neuron.leases import Event, Stage
from reference.neuron.tasks import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.gateway_replies import Reply

SHAPES = "reference.neuron.messages:SHAPES"
RESULTS = "reference.neuron.results"
UNKNOWN, CLOSED = 404, 409


def with_fields(**fields: Any) -> Callable[[Any], Any]:
    """Read some members of a frame otherwise."""
    return lambda shape: replace(shape, fields={**shape.fields, **fields})


def as_kind(kind: NackKind, code: str, other: NackKind) -> Callable[[Any], Any]:
    """Read one kind of nack, if it has a code, as another."""

    def read(frame: Any) -> Any:
        return replace(frame, kind=other) if (frame.kind, frame.code) == (kind, code) else frame

    return frames_read_as(read)


def changes_its_mind(state: Any, frame: Any, reply: Reply) -> Reply | None:
    """Let a task that is done fail after all."""
    lease = state.leases.get(frame.lease_id)
    if reply.status != CLOSED or lease is None or frame.kind is not NackKind.TERMINAL:
        return None
    task = state.task_of(lease)
    task.stage = Stage.FAILED
    task.failure = Failure(kind=frame.kind, reason=frame.reason)
    return OK


def wakes_the_dead(state: Any, frame: Any, _reply: Reply) -> None:
    """Take a task for leased that is reported on."""
    lease = state.leases.get(frame.lease_id)
    if lease is not None:
        state.task_of(lease).stage = Stage.LEASED


def says_yes_to_strangers(_state: Any, _frame: Any, reply: Reply) -> Reply | None:
    """Thank for the result of a lease that nobody knows."""
    return OK if reply.status == UNKNOWN else None


def forgets_output(state: Any, frame: Any, reply: Reply) -> None:
    """Forget what came of a task."""
    if reply == OK:
        state.task_of(state.leases[frame.lease_id]).output = None


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-RES-01",
        "forgets the output of a task",
        handler_of("ack"),
        replies(forgets_output),
    ),
    of_the_gateway(
        "NEURON-GW-RES-02",
        "takes no ack without output",
        f"{SHAPES}[ack]",
        with_fields(output=replace(required("output", ANYTHING), nullable=True)),
    ),
    of_the_gateway(
        "NEURON-GW-RES-03",
        "gives a task up at its first retryable failure",
        f"{RESULTS}:NACKS[retryable]",
        lambda _: Event.FAIL,
        also=("NEURON-GW-LEASE-09",),  # which sees attempts only where there is a second one
    ),
    of_the_gateway(
        "NEURON-GW-RES-04",
        "tries again what a handler has given up",
        handler_of("nack"),
        as_kind(NackKind.TERMINAL, "HANDLER_TERMINAL", NackKind.RETRYABLE),
    ),
    of_the_gateway(
        "NEURON-GW-RES-05",
        "reports a schema mismatch as a failure of the handler",
        handler_of("nack"),
        as_kind(NackKind.SCHEMA_MISMATCH, "INPUT_SCHEMA_MISMATCH", NackKind.TERMINAL),
    ),
    of_the_gateway(
        "NEURON-GW-RES-06",
        "takes an aborted task for failed",
        handler_of("nack"),
        as_kind(NackKind.CANCELLED, "CANCELLED", NackKind.TERMINAL),
    ),
    of_the_gateway(
        "NEURON-GW-RES-07",
        "takes no nack without a code",
        f"{SHAPES}[nack]",
        with_fields(code=required("code", TEXT)),
    ),
    of_the_gateway(
        "NEURON-GW-RES-08",
        "thanks for the result of a lease that nobody knows",
        handler_of("ack"),
        replies(says_yes_to_strangers),
    ),
    of_the_gateway(
        "NEURON-GW-RES-09",
        "lets a task fail that is done",
        handler_of("nack"),
        replies(changes_its_mind),
    ),
    of_the_gateway(
        "NEURON-GW-RES-10",
        "takes any output",
        "reference.neuron.schemas:problem",
        lambda _: lambda _value, _schema: None,
    ),
    of_the_gateway(
        "NEURON-GW-RES-11",
        "takes no empty message",
        f"{SHAPES}[progress]",
        with_fields(message=optional("message", NAME)),
    ),
    of_the_gateway(
        "NEURON-GW-RES-12",
        "takes a task for leased that is reported on",
        handler_of("progress"),
        replies(wakes_the_dead),
    ),
    of_the_gateway(
        "NEURON-GW-RES-13",
        "takes any percent",
        f"{SHAPES}[progress]",
        with_fields(percent=optional("percent", between(-1e12, 1e12))),
    ),
    of_the_gateway(
        "NEURON-GW-RES-14",
        "takes no result while the stream is down",
        "reference.neuron.delivery:OPEN",
        lambda stages: stages - {Stage.ADRIFT},
    ),
)
