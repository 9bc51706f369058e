"""What breaks each requirement of NEURON-GW-HB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import handler_of, of_the_gateway, replies
from conformance.neuron.mutants_gateway_leases import renews
from reference.neuron.gateway_replies import Refusal, Reply
from reference.neuron.gateway_state import DEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

HEARD = "reference.neuron.registration:heard"
TWO = 2
LONG = 60_000  # milliseconds
IMPATIENCE = 2.7  # seconds, for the first heartbeat
PRECISION = 1.5  # seconds, between two heartbeats


def is_known(state: Any, frame: Any) -> list[bool]:
    """Say of every lease that a heartbeat lists whether there is one."""
    return [listed.lease_id in state.leases for listed in frame.in_flight]


def refuses_the_busy(state: Any, frame: Any, _reply: Reply) -> Reply | None:
    """Refuse a heartbeat that lists leases that there are."""
    return Refusal.LEASE_CLOSED.reply() if any(is_known(state, frame)) else None


def refuses_two_strangers(state: Any, frame: Any, _reply: Reply) -> Reply | None:
    """Refuse a heartbeat that lists several unknown leases."""
    return Refusal.UNKNOWN_LEASE.reply() if is_known(state, frame).count(False) >= TWO else None


def renews_all_when_one_is_listed(state: Any, frame: Any, _reply: Reply) -> None:
    """Take one listed lease for all."""
    if frame.in_flight:
        renews(state, frame)


def awaits_its_first(neuron: Any) -> bool:
    """Whether a neuron whose leases last long has sent no heartbeat yet."""
    lives = [each.lease_ttl_ms or 0 for each in neuron.capabilities.values()]
    return neuron.last_heartbeat is None and max(lives, default=0) >= LONG


def impatient(heard: Callable[..., None], *, first: bool, limit: float) -> Callable[..., None]:
    """Take a neuron for dead soon: before its first heartbeat, or after one with a lease."""

    def listened(state: Any, neuron: Any, *, now: float) -> None:
        heard(state, neuron, now=now)
        there = neuron.session_id is not None
        due = awaits_its_first(neuron) if first else neuron.last_heartbeat and neuron.held
        if there and due:
            state.deadlines.set((DEAD, neuron.neuron_id), now + limit)

    return listened


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-HB-01",
        "refuses a heartbeat that lists leases",
        handler_of("heartbeat"),
        replies(refuses_the_busy),
    ),
    of_the_gateway(
        "NEURON-GW-HB-02",
        "refuses a heartbeat that lists unknown leases",
        handler_of("heartbeat"),
        replies(refuses_two_strangers),
    ),
    of_the_gateway(
        "NEURON-GW-HB-03",
        "renews every lease when one is listed",
        handler_of("heartbeat"),
        replies(renews_all_when_one_is_listed),
    ),
    of_the_gateway(
        "NEURON-GW-HB-04",
        "does not wait for the first heartbeat",
        HEARD,
        lambda heard: impatient(heard, first=True, limit=IMPATIENCE),
    ),
    of_the_gateway(
        "NEURON-GW-HB-05",
        "ends the stream of a neuron that misses a heartbeat",
        HEARD,
        lambda heard: impatient(heard, first=False, limit=PRECISION),
    ),
)
