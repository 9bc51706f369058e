"""The state of a gateway as documents, for a store that outlives the process.

A task is two documents, so that a large input is not written again with every lease: what was
asked for, and its life. Values of strangers are kept as JSON text, since the store cannot hold
every number and every half of a surrogate pair.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reference.neuron import delivery
from reference.neuron.gateway_state import (
    FORGET,
    GONE,
    LEASE,
    LIFE,
    NEURON_KEPT,
    ORDER,
    PROGRESS,
    TASK_KEPT,
    State,
)
from reference.neuron.json_text import write_ascii
from reference.neuron.leases import HELD, OPEN, LeaseRecord, Stage
from reference.neuron.tasks import Failure, Order, TaskRecord, is_over

LIFE_MEMBERS = ("number", "withdrawn", "rests_until", "cancel_reason", "output", "ended")


def of_order(order: Order) -> str:
    """Write what was asked for."""
    return write_ascii(asdict(order))


def of_life(state: State, task: TaskRecord) -> str:
    """Write what has become of it so far."""
    life: dict[str, Any] = {name: getattr(task, name) for name in LIFE_MEMBERS}
    life["stage"] = task.stage
    life["failure"] = None if task.failure is None else asdict(task.failure)
    life["leases"] = [asdict(state.leases[lease_id]) for lease_id in task.leases]
    return write_ascii(life)


def of_report(report: Mapping[str, Any]) -> str:
    """Write a report."""
    return write_ascii(report)


def restore_tasks(state: State, stored: Mapping[str, Mapping[str, Any]], *, now: float) -> None:
    """Take back all tasks; a lease that was open has its whole time again.

    Neurons need a while to notice that their gateway died, and only heartbeats renew.
    """
    for task_id, text in stored.get(ORDER, {}).items():
        life = stored.get(LIFE, {}).get(task_id)
        if life is not None:
            restore_task(state, Order(**json.loads(text)), json.loads(life), now=now)
    for key, text in sorted(stored.get(PROGRESS, {}).items()):
        task_id, _, number = key.rpartition("/")
        task = state.tasks.get(task_id)
        if task is not None:
            task.progress.append(json.loads(text))
            task.reports = int(number) + 1
    for task in sorted(state.tasks.values(), key=lambda task: task.number):
        resume(state, task, now=now)


def restore_task(state: State, order: Order, life: dict[str, Any], *, now: float) -> None:
    """Take one task back with its leases."""
    leases = [LeaseRecord(**lease) for lease in life.pop("leases")]
    failure = life.pop("failure")
    stage = Stage(life.pop("stage"))
    task = TaskRecord(order, **life)
    task.stage = stage
    task.failure = None if failure is None else Failure(**failure)
    task.leases = [lease.lease_id for lease in leases]
    state.tasks[task.task_id] = task
    state.leases.update((lease.lease_id, lease) for lease in leases)
    state.numbered = max(state.numbered, task.number)
    if stage in OPEN:
        last = leases[-1]
        last.expires, last.taken = now + last.ttl, now


def resume(state: State, task: TaskRecord, *, now: float) -> None:
    """Go on where the task stood."""
    if is_over(task):
        state.deadlines.set((FORGET, task.task_id), (task.ended or now) + TASK_KEPT)
        return
    if task.stage in OPEN:
        lease = state.lease_of(task)
        state.deadlines.set((LEASE, lease.lease_id), lease.expires)
        if task.stage in HELD:  # it still takes a slot of its neuron (NEURON-GW-LEASE-03)
            neuron = state.fleet.remember(lease.neuron_id, subject=lease.subject)
            state.deadlines.set((GONE, lease.neuron_id), now + NEURON_KEPT)
            delivery.hold(state, neuron, task, lease)
    if task.rests_until > now:
        delivery.rest_until(state, task)
    delivery.offer(state, task, now=now)
