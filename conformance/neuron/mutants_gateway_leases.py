"""What breaks each requirement of NEURON-GW-LEASE."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import CORE, handler_of, nothing, of_the_gateway, replies
from conformance.neuron.mutants_gateway_streams import MESSAGES, of_leases
from reference.neuron import delivery
from reference.neuron.leases import Event
from reference.neuron.waiting import ANYONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.gateway_replies import Reply

DELIVERY = "reference.neuron.delivery"
TWO = 2
LONG = 5000  # milliseconds


def takes_a_variant_for_the_type(state: Any, frame: Any, reply: Reply) -> None:
    """Offer `a/b` where `a/b.c` was announced."""
    neuron = state.fleet.get(frame.neuron_id)
    if not 200 <= reply.status < 300 or neuron is None:  # noqa: PLR2004
        return
    offered = dict(neuron.capabilities)
    for name, capability in neuron.capabilities.items():
        base, dot, _ = name.rpartition(".")
        if dot and "/" in base:
            offered.setdefault(base, replace(capability, type=base))
    state.fleet.offer(neuron, offered)


def gives_one_more_than_two(can_take: Callable[..., bool]) -> Callable[..., bool]:
    """Give three leases where two are allowed."""

    def taken(neuron: Any, capability: str) -> bool:
        offered = neuron.capabilities.get(capability)
        held = len(neuron.held.get(capability, ()))
        if offered is None or offered.concurrency != TWO or held != TWO:
            return can_take(neuron, capability)
        return neuron.session_id is not None and not neuron.leaving

    return taken


def leaves_the_slot_empty(enter: Callable[..., None]) -> Callable[..., None]:
    """Lease nothing to a neuron because a task of it has failed."""

    def entered(state: Any, task: Any, event: Any, now: float) -> None:
        before = delivery.feed_holder
        if event is Event.FAIL:
            delivery.feed_holder = lambda *_args, **_rest: None
        try:
            enter(state, task, event, now)
        finally:
            delivery.feed_holder = before

    return entered


def keeps_the_lease_id(grant: Callable[..., None]) -> Callable[..., None]:
    """Deliver a task again under its old lease id."""

    def granted(state: Any, task: Any, neuron: Any, *, now: float) -> None:
        new_id = state.new_id
        if task.leases:
            state.new_id = lambda: task.leases[-1]
        try:
            grant(state, task, neuron, now=now)
        finally:
            state.new_id = new_id

    return granted


def loses_the_zone(value: dict[str, Any]) -> None:
    """Write when a second delivery expires without a zone."""
    lease = value["lease"]
    if lease["task"]["attempt"]:
        lease["expiresAt"] = lease["expiresAt"].rstrip("Z")


def loses_null(value: dict[str, Any]) -> None:
    """Leave an input out that is null."""
    task = value["lease"]["task"]
    if task["input"] is None:
        del task["input"]


def writes_false(value: dict[str, Any]) -> None:
    """Write a missing schema as false."""
    value["lease"]["inputSchema"] = value["lease"]["inputSchema"] or False


def doubles_long_lives(ttl_of: Callable[..., float]) -> Callable[..., float]:
    """Let a lease last twice as long as was asked for, unless it is short."""

    def lasting(state: Any, capability: Any) -> float:
        factor = 2.0 if (capability.lease_ttl_ms or 0) >= LONG else 1.0
        return factor * ttl_of(state, capability)

    return lasting


def renews(state: Any, frame: Any) -> None:
    """Renew every lease of a neuron."""
    neuron = state.fleet.get(frame.neuron_id)
    for held in neuron.held.values() if neuron is not None else ():
        for lease_id in held:
            delivery.renew(state, state.leases[lease_id], now=frame.sent_at.timestamp())


def renews_when_nothing_is_listed(state: Any, frame: Any, _reply: Reply) -> None:
    """Take an empty list for all leases."""
    if not frame.in_flight:
        renews(state, frame)


def keeps_what_a_lost_neuron_had(_ended: Any) -> Callable[..., None]:
    """Note that a stream has ended, and leave its leases where they are."""

    def ended(core: Any, stream: int, *, now: float) -> None:
        del now
        neuron = core.state.fleet.on_stream(stream)
        if neuron is not None:
            core.state.fleet.disconnect(neuron)

    return ended


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-LEASE-01",
        "leases a task to who registered a variant of its type",
        handler_of("register"),
        replies(takes_a_variant_for_the_type),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-02",
        "leases any user's task to a neuron of one user",
        f"{DELIVERY}:wanted",
        lambda _: lambda _capability: ANYONE,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-03",
        "gives three leases where two are allowed",
        "reference.neuron.fleet:Neuron.can_take",
        gives_one_more_than_two,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-04",
        "leaves a slot empty that a failure has freed",
        f"{DELIVERY}:ENTER[failed]",
        leaves_the_slot_empty,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-05",
        "delivers a task again under its old lease id",
        f"{DELIVERY}:grant",
        keeps_the_lease_id,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-06",
        "writes expiresAt of a second delivery without a zone",
        f"{MESSAGES}:write",
        of_leases(loses_the_zone),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-07",
        "lets a long lease last twice as long as was asked for",
        f"{DELIVERY}:ttl_of",
        doubles_long_lives,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-08",
        "leaves an input out that is null",
        f"{MESSAGES}:write",
        of_leases(loses_null),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-09",
        "calls every delivery the first",
        "reference.neuron.tasks:TaskRecord.attempt",
        lambda _: property(lambda _self: 0),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-10",
        "writes a missing schema as false",
        f"{MESSAGES}:write",
        of_leases(writes_false),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-11",
        "renews nothing",
        f"{DELIVERY}:renew",
        lambda _: nothing,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-12",
        "renews everything when a heartbeat lists nothing",
        handler_of("heartbeat"),
        replies(renews_when_nothing_is_listed),
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-13",
        "leaves leases with a neuron that is gone",
        f"{CORE}:Gateway.stream_ended",
        keeps_what_a_lost_neuron_had,
    ),
    of_the_gateway(
        "NEURON-GW-LEASE-14",
        "takes no neuron for dead",
        f"{CORE}:DUE[dead]",
        lambda _: nothing,
    ),
)
