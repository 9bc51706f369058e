"""Tasks on their way: to a neuron, back, to another one, to their end (sheet 5.8, 6.3)."""

from collections.abc import Callable, Mapping
from typing import Any

from reference.neuron import frames, timestamps
from reference.neuron.capabilities import Capability
from reference.neuron.fleet import Neuron, user_of
from reference.neuron.gateway_state import (
    CANCEL,
    CANCEL_GAP,
    FORGET,
    LEASE,
    ORDER,
    PROGRESS,
    RETRY,
    RETRY_CAP,
    RETRY_STEP,
    TASK_KEPT,
    State,
)
from reference.neuron.leases import (
    DELIVERED_AGAIN,
    HELD,
    OPEN,
    Event,
    LeaseRecord,
    Stage,
    after,
)
from reference.neuron.tasks import Failure, Order, TaskRecord, is_for_delivery
from reference.neuron.waiting import ANYONE, Ticket

USER_CANCELLED = "cancelled by its planner"


def inject(state: State, order: Order, *, now: float) -> TaskRecord:
    """Take a task in, and deliver it if a neuron can have it."""
    state.numbered += 1
    task = TaskRecord(order, number=state.numbered)
    state.tasks[task.task_id] = task
    state.changed[ORDER, task.task_id] = None
    state.touched(task)
    offer(state, task, now=now)
    return task


def offer(state: State, task: TaskRecord, *, now: float) -> None:
    """Let a task wait, unless a neuron can have it at once."""
    if not is_for_delivery(task) or now < task.rests_until:
        return
    order = task.order
    state.waiting.put(Ticket(task.task_id, order.capability, order.on_behalf_of, task.number))
    neuron = state.fleet.choose(order.capability, order.on_behalf_of)
    if neuron is not None:
        feed(state, neuron, order.capability, now=now)


def feed(state: State, neuron: Neuron, capability: str, *, now: float) -> None:
    """Give a neuron the tasks whose turn it is, until it has enough."""
    while neuron.can_take(capability):
        task_id = state.waiting.first(capability, wanted(neuron.capabilities[capability]))
        if task_id is None:
            return
        grant(state, state.tasks[task_id], neuron, now=now)


def feed_all(state: State, neuron: Neuron, *, now: float) -> None:
    """Give a neuron what it can take of everything that it offers."""
    for capability in list(neuron.capabilities):
        state.fleet.refresh(neuron, capability)
        feed(state, neuron, capability, now=now)


def wanted(capability: Capability) -> Any:
    """Return whose tasks a capability is for (NEURON-GW-LEASE-02)."""
    user = user_of(capability.scope)
    return ANYONE if user is None else user


def grant(state: State, task: TaskRecord, neuron: Neuron, *, now: float) -> None:
    """Deliver a task: a new lease every time (NEURON-GW-LEASE-05)."""
    capability = neuron.capabilities[task.order.capability]
    ttl = ttl_of(state, capability)
    close_lease(state, task)
    lease = LeaseRecord(
        lease_id=state.new_id(),
        task_id=task.task_id,
        neuron_id=neuron.neuron_id,
        subject=neuron.subject,
        ttl=ttl,
        expires=now + ttl,
    )
    task.stage = after(task.stage, Event.GRANT)
    task.leases.append(lease.lease_id)
    state.leases[lease.lease_id] = lease
    state.waiting.remove(task.task_id)
    state.deadlines.set((LEASE, lease.lease_id), lease.expires)
    state.send(neuron, lease_frame(task, lease, now=now))
    hold(state, neuron, task, lease)
    state.touched(task)


def hold(state: State, neuron: Neuron, task: TaskRecord, lease: LeaseRecord) -> None:
    """Count a lease among a neuron's unfinished ones (NEURON-GW-LEASE-03)."""
    neuron.held.setdefault(task.order.capability, set()).add(lease.lease_id)
    state.fleet.refresh(neuron, task.order.capability)


def ttl_of(state: State, capability: Capability) -> float:
    """Return how long a lease lasts, in seconds (NEURON-GW-LEASE-07)."""
    asked = capability.lease_ttl_ms
    return state.policy.lease_ttl if asked is None else asked / 1000


def lease_frame(task: TaskRecord, lease: LeaseRecord, *, now: float) -> frames.LeaseFrame:
    """Return the frame that delivers a task."""
    order = task.order
    return frames.LeaseFrame(
        lease=frames.Lease(
            lease_id=lease.lease_id,
            expires_at=timestamps.at(lease.expires),
            task=frames.Task(
                task_id=order.task_id,
                workflow_id=order.workflow_id,
                capability=order.capability,
                on_behalf_of=order.on_behalf_of,
                input=order.input,
                attempt=task.attempt,
                metadata=order.metadata,
            ),
            input_schema=order.input_schema,
            output_schema=order.output_schema,
        ),
        sent_at=timestamps.at(now),
    )


def happen(
    state: State, task: TaskRecord, event: Event, *, now: float, failure: Failure | None = None
) -> None:
    """Let an event happen to a task, with all that follows from it."""
    if event in DELIVERED_AGAIN and task.exhausted:
        event = Event.EXHAUST
    task.stage = after(task.stage, event)
    if failure is not None:
        task.failure = failure
    ENTER[task.stage](state, task, event, now)
    state.touched(task)


def renew(state: State, lease: LeaseRecord, *, now: float) -> None:
    """Let a lease last its whole time again (NEURON-GW-LEASE-11)."""
    if state.task_of(lease).stage in HELD:
        lease.expires = now + lease.ttl
        state.deadlines.set((LEASE, lease.lease_id), lease.expires)


def close_lease(state: State, task: TaskRecord) -> None:
    """Take no result for the last lease any more, and free the slot that it takes."""
    if not task.leases:
        return
    lease = state.lease_of(task)
    state.deadlines.drop((LEASE, lease.lease_id))
    state.deadlines.drop((CANCEL, lease.lease_id))
    free_slot(state, task, lease)


def free_slot(state: State, task: TaskRecord, lease: LeaseRecord) -> None:
    """Let a neuron have another lease in the place of this one (NEURON-GW-LEASE-04)."""
    neuron = state.fleet.get(lease.neuron_id)
    if neuron is None:
        return
    held = neuron.held.get(task.order.capability, set())
    held.discard(lease.lease_id)
    if not held:
        neuron.held.pop(task.order.capability, None)
    state.fleet.refresh(neuron, task.order.capability)


def feed_holder(state: State, task: TaskRecord, *, now: float) -> None:
    """Give the neuron of the last lease the next task."""
    neuron = state.fleet.get(state.lease_of(task).neuron_id) if task.leases else None
    if neuron is not None:
        feed(state, neuron, task.order.capability, now=now)


def enter_waiting(state: State, task: TaskRecord, event: Event, now: float) -> None:
    """Deliver again, after a rest if a nack was the reason."""
    close_lease(state, task)
    if event is Event.WITHDRAW:
        task.withdrawn += 1
    task.rests_until = now + (rest(state, task) if event is Event.RETRY else 0.0)
    if task.rests_until > now:
        rest_until(state, task)
    offer(state, task, now=now)
    feed_holder(state, task, now=now)


def rest(state: State, task: TaskRecord) -> float:
    """Return how long a task waits after a nack: from the second one on, longer every time.

    A neuron that shuts down nacks whatever it still gets, within milliseconds.
    """
    steps = task.deliveries - 2
    grown = 0.0 if steps < 0 else min(RETRY_CAP, RETRY_STEP * 2.0**steps)
    return max(state.policy.retry_delay, grown)


def rest_until(state: State, task: TaskRecord) -> None:
    """Offer a task to nobody before its rest is over."""
    state.waiting.remove(task.task_id)
    state.deadlines.set((RETRY, task.task_id), task.rests_until)


def enter_adrift(state: State, task: TaskRecord, _event: Event, now: float) -> None:
    """Deliver to whoever can have it, and until then take the old lease's result."""
    free_slot(state, task, state.lease_of(task))
    offer(state, task, now=now)


def enter_cancelling(state: State, task: TaskRecord, _event: Event, now: float) -> None:
    """Tell the neuron, but not so soon that it reads lease and cancel as one."""
    lease = state.lease_of(task)
    soonest = now if lease.taken is None else lease.taken + CANCEL_GAP
    if soonest > now:
        state.deadlines.set((CANCEL, lease.lease_id), soonest)
    else:
        send_cancel(state, lease, now=now)


def send_cancel(state: State, lease: LeaseRecord, *, now: float) -> None:
    """Tell a neuron to stop (NEURON-GW-CTRL-01)."""
    neuron = state.fleet.get(lease.neuron_id)
    if neuron is not None:
        reason = state.task_of(lease).cancel_reason or USER_CANCELLED
        instant = timestamps.at(now)
        state.send(
            neuron,
            frames.Cancel(lease_id=lease.lease_id, reason=reason, cancelled_at=instant),
        )


def remind(state: State, neuron: Neuron, *, now: float) -> None:
    """Tell a neuron again what to stop: its gateway may have died before it could."""
    for lease_id in sorted(lease_id for held in neuron.held.values() for lease_id in held):
        cancel_now(state, lease_id, now=now)


def enter_end(state: State, task: TaskRecord, _event: Event, now: float) -> None:
    """Remember how it ended for a while, and let the neuron go on."""
    close_lease(state, task)
    state.waiting.remove(task.task_id)
    state.deadlines.drop((RETRY, task.task_id))
    task.ended = now
    state.deadlines.set((FORGET, task.task_id), now + TASK_KEPT)
    feed_holder(state, task, now=now)


Entry = Callable[[State, TaskRecord, Event, float], None]
ENTER: Mapping[Stage, Entry] = {
    Stage.WAITING: enter_waiting,
    Stage.ADRIFT: enter_adrift,
    Stage.CANCELLING: enter_cancelling,
    Stage.DONE: enter_end,
    Stage.FAILED: enter_end,
    Stage.CANCELLED: enter_end,
}


def cancel(state: State, task: TaskRecord, reason: str | None, *, now: float) -> None:
    """Call a task off; a lease that has not left yet never does (NEURON-GW-CTRL-04)."""
    if task.stage is Stage.CANCELLING:
        return  # a second cancel makes published neurons break off the nack of the first
    task.cancel_reason = reason or USER_CANCELLED
    if task.stage is Stage.LEASED and withdraw_frame(state, state.lease_of(task)):
        # Not through `happen`: the task must not be offered to anybody on its way out.
        task.withdrawn += 1
        close_lease(state, task)
        task.stage = after(task.stage, Event.WITHDRAW)
    happen(state, task, Event.CANCEL, now=now)


def withdraw_frame(state: State, lease: LeaseRecord) -> bool:
    """Take a lease back that is not on the wire yet; say whether it was not."""
    neuron = state.fleet.get(lease.neuron_id)
    if neuron is None or lease.taken is not None:
        return False
    for frame in neuron.outbox:
        if isinstance(frame, frames.LeaseFrame) and frame.lease.lease_id == lease.lease_id:
            neuron.outbox.remove(frame)
            return True
    return False


def expire(state: State, lease_id: str, *, now: float) -> None:
    """End a lease that was neither renewed nor answered (NEURON-GW-LEASE-12)."""
    lease = state.leases[lease_id]
    task = state.task_of(lease)
    if task.stage is Stage.LEASED and withdraw_frame(state, lease):
        happen(state, task, Event.WITHDRAW, now=now)
    else:
        happen(state, task, Event.EXPIRE, now=now, failure=EXPIRED)


EXPIRED = Failure(kind="expired", reason="no lease of it was answered or renewed in time")


def lose(state: State, neuron: Neuron, *, now: float) -> None:
    """Take back what a neuron had, once its stream has ended (NEURON-GW-LEASE-13)."""
    lost = sorted(lease_id for held in neuron.held.values() for lease_id in held)
    for task in sorted((state.tasks[state.leases[each].task_id] for each in lost), key=_number):
        lease = state.lease_of(task)
        if task.stage is Stage.LEASED and lease.taken is None:
            happen(state, task, Event.WITHDRAW, now=now)
        else:
            happen(state, task, Event.LOSE, now=now)


def _number(task: TaskRecord) -> int:
    return task.number


def rested(state: State, task_id: str, *, now: float) -> None:
    """Deliver a task whose rest is over."""
    offer(state, state.tasks[task_id], now=now)


def cancel_now(state: State, lease_id: str, *, now: float) -> None:
    """Send the cancel that had to wait."""
    lease = state.leases[lease_id]
    if state.task_of(lease).stage is Stage.CANCELLING:
        send_cancel(state, lease, now=now)


def forget(state: State, task_id: str, *, now: float) -> None:  # noqa: ARG001  the shape of what is due
    """Drop a task that ended long ago."""
    task = state.tasks.pop(task_id)
    for lease_id in task.leases:
        del state.leases[lease_id]
    state.changed[ORDER, task_id] = None
    for number in range(task.reports - len(task.progress), task.reports):
        state.changed[PROGRESS, progress_key(task_id, number)] = None
    state.touched(task)


def progress_key(task_id: str, number: int) -> str:
    """Return under which key a report of a task is stored."""
    return f"{task_id}/{number:09}"


def is_open(state: State, lease: LeaseRecord) -> bool:
    """Say whether a result is taken for a lease."""
    task = state.task_of(lease)
    return task.stage in OPEN and task.leases[-1] == lease.lease_id
