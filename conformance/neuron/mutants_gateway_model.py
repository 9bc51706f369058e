"""Seeded bugs that only an unlikely conversation brings to light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import OK, handler_of, of_the_gateway, replies
from reference.neuron import delivery
from reference.neuron.frames import NackKind
from reference.neuron.leases import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.gateway_replies import Reply

DELIVERY = "reference.neuron.delivery"
CLOSED = 409


def forgets_what_was_done(lose: Callable[..., None]) -> Callable[..., None]:
    """Deliver what a neuron has done once more when its stream has ended."""

    def lost(state: Any, neuron: Any, *, now: float) -> None:
        lose(state, neuron, now=now)
        for task in state.tasks.values():
            done = task.stage is Stage.DONE
            if done and state.lease_of(task).neuron_id == neuron.neuron_id:
                task.stage = Stage.WAITING
                delivery.offer(state, task, now=now)

    return lost


def frees_the_slot(enter: Callable[..., None]) -> Callable[..., None]:
    """Give the slot of a lease that is being cancelled to another."""

    def entered(state: Any, task: Any, event: Any, now: float) -> None:
        enter(state, task, event, now)
        delivery.free_slot(state, task, state.lease_of(task))
        delivery.feed_holder(state, task, now=now)

    return entered


def gives_up_what_is_over(state: Any, frame: Any, reply: Reply) -> Reply | None:
    """Take a task that is over for cancelled when its neuron says so afterwards."""
    lease = state.leases.get(frame.lease_id)
    if reply.status != CLOSED or lease is None or frame.kind is not NackKind.CANCELLED:
        return None
    state.task_of(lease).stage = Stage.CANCELLED
    return OK


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-RES-01",
        "delivers what is done once more when its neuron is gone",
        f"{DELIVERY}:lose",
        forgets_what_was_done,
        suffix="-gone",
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-03",
        "gives the slot of a lease that is being cancelled away",
        f"{DELIVERY}:ENTER[cancelling]",
        frees_the_slot,
        suffix="-cancelling",
    ),
    of_the_gateway(
        "NEURON-GW-RES-09",
        "takes a task that is over for cancelled when its neuron changes its mind",
        handler_of("nack"),
        replies(gives_up_what_is_over),
        suffix="-given-up",
    ),
)
