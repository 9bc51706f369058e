"""What neurons say about their leases: heartbeats, progress, acks, nacks (sheet 3.4 to 3.7)."""

from reference.neuron import delivery, frames, registration, schemas
from reference.neuron.gateway_replies import OK, Refusal, Reply
from reference.neuron.gateway_state import PROGRESS, State
from reference.neuron.leases import NACKS, Event, LeaseRecord
from reference.neuron.tasks import Failure, add_report

SCHEMA_MISMATCH = "schema-mismatch"


def heartbeat(state: State, frame: frames.Heartbeat, *, subject: str, now: float) -> Reply:
    """Hear from a neuron: the leases that it lists last longer, no others (NEURON-GW-HB-03)."""
    neuron = state.fleet.get(frame.neuron_id)
    if neuron is not None and neuron.subject != subject:
        return Refusal.FOREIGN.reply()
    if neuron is None or neuron.session_id is None:
        if neuron is not None:  # NEURON-GW-CTRL-08: no answer makes it register again
            registration.cut(state, neuron, now=now)
        return Refusal.NO_SESSION.reply()
    neuron.last_heartbeat = now
    registration.heard(state, neuron, now=now)
    for listed in frame.in_flight:
        lease = state.leases.get(listed.lease_id)  # unknown ones are normal (NEURON-GW-HB-02)
        if (
            lease is not None
            and lease.neuron_id == frame.neuron_id
            and delivery.is_open(state, lease)
        ):
            delivery.renew(state, lease, now=now)
    return OK


def progress(state: State, frame: frames.Progress, *, subject: str, now: float) -> Reply:
    """Keep a report; one that comes after the end does no harm (NEURON-GW-RES-12)."""
    lease = state.leases.get(frame.lease_id)
    refused = not_theirs(lease, subject=subject)
    if lease is None or refused is not None:
        return (refused or Refusal.UNKNOWN_LEASE).reply()
    if delivery.is_open(state, lease):
        task = state.task_of(lease)
        said = add_report(task, frame)
        number = task.reports - 1
        state.changed[PROGRESS, delivery.progress_key(task.task_id, number)] = said
        dropped = number - len(task.progress)
        if dropped >= 0:
            state.changed[PROGRESS, delivery.progress_key(task.task_id, dropped)] = None
        state.touched(task)
    hear_holder(state, lease, now=now)
    return OK


def ack(state: State, frame: frames.Ack, *, subject: str, now: float) -> Reply:
    """Take a result, once (NEURON-GW-RES-01, -08, -09)."""
    lease = state.leases.get(frame.lease_id)
    refused = not_answerable(state, lease, subject=subject)
    if lease is None or refused is not None:
        return (refused or Refusal.UNKNOWN_LEASE).reply()
    hear_holder(state, lease, now=now)
    task = state.task_of(lease)
    problem = schemas.problem(frame.output, task.order.output_schema)
    if problem is not None:  # NEURON-GW-RES-10
        delivery.happen(state, task, Event.FAIL, now=now, failure=mismatch(problem))
        return Refusal.OUTPUT_MISMATCH.reply(f"the output does not match outputSchema: {problem}")
    task.output = frame.output
    delivery.happen(state, task, Event.ACK, now=now)
    return OK


def nack(state: State, frame: frames.Nack, *, subject: str, now: float) -> Reply:
    """Take a failure, once."""
    lease = state.leases.get(frame.lease_id)
    refused = not_answerable(state, lease, subject=subject)
    if lease is None or refused is not None:
        return (refused or Refusal.UNKNOWN_LEASE).reply()
    hear_holder(state, lease, now=now)
    failure = Failure(
        kind=frame.kind.value, reason=frame.reason, code=frame.code, details=frame.details
    )
    event = NACKS[frame.kind]
    delivery.happen(state, state.task_of(lease), event, now=now, failure=failure)
    return OK


def not_theirs(lease: LeaseRecord | None, *, subject: str) -> Refusal | None:
    """Say why an identity may not speak about a lease (NEURON-GW-AUTH-08)."""
    if lease is None:
        return Refusal.UNKNOWN_LEASE
    return Refusal.FOREIGN if lease.subject != subject else None


def not_answerable(state: State, lease: LeaseRecord | None, *, subject: str) -> Refusal | None:
    """Say why an identity may not end a lease."""
    refused = not_theirs(lease, subject=subject)
    if lease is None or refused is not None:
        return refused
    return None if delivery.is_open(state, lease) else Refusal.LEASE_CLOSED


def hear_holder(state: State, lease: LeaseRecord, *, now: float) -> None:
    """Note that a neuron that answers lives, heartbeats or not (NEURON-GW-HB-05)."""
    neuron = state.fleet.get(lease.neuron_id)
    if neuron is not None:
        registration.heard(state, neuron, now=now)


def mismatch(problem: str) -> Failure:
    """Return the failure of a task whose output was not what its planner wants."""
    return Failure(
        kind=SCHEMA_MISMATCH,
        reason="the output does not match outputSchema",
        code="OUTPUT_SCHEMA_MISMATCH",
        details={"errors": [problem]},
    )
