"""What planners and operators ask of a gateway; none of it is in the protocol (sheet 1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference.neuron import delivery, frames, tasks, timestamps
from reference.neuron.capabilities import EFFECTIVE_CAPABILITY, serves
from reference.neuron.fleet import Last, Neuron
from reference.neuron.gateway_state import BARRED, REVOKED, State, Wake
from reference.neuron.leases import Event, Stage, can
from reference.neuron.tasks import Order, TaskRecord

REVOKED_BY_OPERATOR = "revoked by an operator"


class UnknownError(LookupError):
    """There is no such task or neuron."""


class TooLateError(RuntimeError):
    """The task is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Who is to go, and what they are told; no name: all."""

    neuron_id: str | None
    reason: str
    reconnectable: bool
    code: str | None = None


def inject(state: State, members: Mapping[str, Any], *, now: float) -> str:
    """Take a task and return its id; raises OrderError."""
    tasks.check_order(members)
    given = {name: value for name, value in members.items() if value is not None}
    order = Order(
        **{
            "max_attempts": state.policy.max_attempts,
            "workflow_id": state.new_id(),
            **given,
            "task_id": state.new_id(),
            "created": now,
        }
    )
    return delivery.inject(state, order, now=now).task_id


def known(state: State, task_id: str) -> TaskRecord:
    """Return a task; raises UnknownError."""
    if task_id not in state.tasks:
        raise UnknownError(f"no task {task_id!r}")
    return state.tasks[task_id]


def cancel(state: State, task_id: str, *, reason: str | None, now: float) -> None:
    """Call a task off."""
    task = known(state, task_id)
    if task.stage is Stage.CANCELLING:
        return
    if not can(task.stage, Event.CANCEL):
        raise TooLateError(f"task {task_id!r} is over: {tasks.STATES[task.stage]}")
    delivery.cancel(state, task, reason, now=now)


def look(state: State, task_id: str, *, now: float) -> dict[str, Any]:
    """Show a task, where it is, and why it waits."""
    task = known(state, task_id)
    view = tasks.shown(task)
    if task.leases and task.deliveries:
        lease = state.lease_of(task)
        view |= {"lease_id": lease.lease_id, "neuron_id": lease.neuron_id}
    if tasks.STATES[task.stage] == "pending":
        view["waiting_for"] = why_waiting(state, task, now=now)
    return view


def summaries(state: State) -> list[dict[str, Any]]:
    """Show all tasks without what is in them."""
    return [
        {
            "task_id": task.task_id,
            "capability": task.order.capability,
            "state": tasks.STATES[task.stage],
            "attempt": task.attempt,
            "created": task.order.created,
        }
        for task in state.tasks.values()
    ]


def why_waiting(state: State, task: TaskRecord, *, now: float) -> str:
    """Say what would have to happen before a task is delivered."""
    order = task.order
    if task.exhausted:
        return "the result of its last delivery, whose neuron is gone"
    if now < task.rests_until:
        return f"its next attempt, in {task.rests_until - now:.1f} s"
    offering = state.fleet.offering(order.capability)
    if not offering:
        return f"a neuron that offers {order.capability}; none is connected"
    if not any(
        serves(neuron.capabilities[order.capability].scope, order.on_behalf_of)
        for neuron in offering
    ):
        whom = f"user {order.on_behalf_of}" if order.on_behalf_of else "all users"
        return f"a neuron that offers {order.capability} for {whom}"
    return f"a free slot; all neurons that offer {order.capability} are busy"


def neurons(state: State, *, now: float) -> list[dict[str, Any]]:
    """Show the neurons that are or were connected."""
    return [neuron_view(neuron, now=now) for neuron in state.fleet]


def neuron_view(neuron: Neuron, *, now: float) -> dict[str, Any]:
    """Show a neuron."""
    beat = neuron.last_heartbeat
    return {
        "neuron_id": neuron.neuron_id,
        "subject": neuron.subject,
        "connected": neuron.stream is not None,
        "registered": neuron.session_id is not None,
        "session_id": neuron.session_id,
        "capabilities": [EFFECTIVE_CAPABILITY.write(each) for each in neuron.capabilities.values()],
        "in_flight": sum(len(held) for held in neuron.held.values()),
        "last_heartbeat_age": None if beat is None else max(0.0, now - beat),
    }


def revoke(state: State, capability: str, *, reason: str | None, now: float) -> None:
    """Tell every neuron that offers a capability, and lease it to none (NEURON-GW-CTRL-05)."""
    why = reason or REVOKED_BY_OPERATOR
    state.revoked[capability] = why
    state.changed[REVOKED, capability] = why
    for neuron in state.fleet.offering(capability):
        rest = {name: each for name, each in neuron.capabilities.items() if name != capability}
        state.fleet.offer(neuron, rest)
        state.send(
            neuron,
            frames.CapabilityRevoked(
                capability=capability, reason=why, revoked_at=timestamps.at(now)
            ),
        )


def disconnect(state: State, wish: Parting, *, now: float) -> None:
    """Say goodbye, then end the stream (NEURON-GW-CTRL-06, -07)."""
    if wish.neuron_id in state.barred and wish.reconnectable:
        bar(state, wish.neuron_id, barred=False)
    elif wish.neuron_id is not None:
        bar(state, wish.neuron_id, barred=not wish.reconnectable)
        part(state, connected(state, wish.neuron_id), wish, now=now)
    else:
        for neuron in [each for each in state.fleet if each.stream is not None]:
            bar(state, neuron.neuron_id, barred=not wish.reconnectable)
            part(state, neuron, wish, now=now)


def bar(state: State, neuron_id: str, *, barred: bool) -> None:
    """Note whether a neuron may come back; a later, kinder goodbye lifts the bar."""
    if barred:
        state.barred[neuron_id] = None
        state.changed[BARRED, neuron_id] = True
    elif neuron_id in state.barred:
        del state.barred[neuron_id]
        state.changed[BARRED, neuron_id] = None


def connected(state: State, neuron_id: str) -> Neuron:
    """Return a neuron that has a stream; raises UnknownError."""
    neuron = state.fleet.get(neuron_id)
    if neuron is None or neuron.stream is None:
        raise UnknownError(f"no neuron {neuron_id!r} is connected")
    return neuron


def part(state: State, neuron: Neuron, wish: Parting, *, now: float) -> None:
    """Write the goodbye as the last frame of a stream."""
    if neuron.leaving or neuron.stream is None:
        return
    goodbye = frames.Disconnect(
        reason=wish.reason,
        code=wish.code,
        reconnectable=wish.reconnectable,
        sent_at=timestamps.at(now),
    )
    state.send(neuron, goodbye)
    neuron.outbox.append(Last.END)
    state.effects.append(Wake(neuron.stream))
    for capability in neuron.capabilities:
        state.fleet.refresh(neuron, capability)
