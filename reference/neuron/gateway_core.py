"""The gateway without I/O: requests and the time go in; replies, frames, changes come out.

Nothing here waits. A shell calls a method, writes what `changes` returns, performs what `effects`
returns and answers with the reply, in this order: then all that was answered is stored.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reference.change import Change
from reference.neuron import (
    delivery,
    frames,
    gateway_documents,
    messages,
    planning,
    registration,
    results,
)
from reference.neuron.bearers import Bearers
from reference.neuron.fields import FrameError
from reference.neuron.fleet import OUTBOX_ROOM, Last
from reference.neuron.frames import Frame
from reference.neuron.gateway_replies import Refusal, Reply
from reference.neuron.gateway_state import (
    BARRED,
    BEARER,
    CANCEL,
    DEAD,
    FORGET,
    GONE,
    LEASE,
    LIFE,
    ORDER,
    PROGRESS,
    RETRY,
    REVOKED,
    Effect,
    Policy,
    State,
)


class Gateway:
    """One gateway; `new_id` is where its randomness comes from."""

    def __init__(self, *, policy: Policy, bearers: Bearers, new_id: Callable[[], str]) -> None:
        self.state = State(policy=policy, bearers=bearers, new_id=new_id)

    # --- neurons

    def identify(self, authorization: str | None, *, now: float) -> str | None:
        """Return for whom a request speaks; None: nobody, which is a 401."""
        return self.state.bearers.identify(authorization, now=now)

    def open_stream(self, neuron_id: str, *, subject: str, now: float) -> int | Reply:
        """Return the number of a new stream, or why there is none."""
        self.tick(now=now)
        return registration.open_stream(self.state, neuron_id, subject=subject, now=now)

    def stream_ended(self, stream: int, *, now: float) -> None:
        """Note that a stream has ended, unless another has taken its place."""
        neuron = self.state.fleet.on_stream(stream)
        if neuron is not None:
            registration.gone(self.state, neuron, now=now)

    def next_frame(self, stream: int, *, now: float) -> Frame | Last | None:
        """Return what is to be written next on a stream; None: nothing now."""
        neuron = self.state.fleet.on_stream(stream)
        if neuron is None:
            return Last.END
        if not neuron.outbox:
            return None
        frame = neuron.outbox.popleft()
        if isinstance(frame, frames.LeaseFrame):
            self.state.leases[frame.lease.lease_id].taken = now
        if len(neuron.outbox) == OUTBOX_ROOM // 2:  # on its way down from where it may be full
            delivery.feed_all(self.state, neuron, now=now)
        return frame

    def receive(self, kind: str, body: bytes, *, subject: str, now: float) -> Reply:
        """Answer one POST of a neuron."""
        self.tick(now=now)
        try:
            frame = messages.parse(body, among=(kind,))
        except FrameError as error:  # NEURON-GW-POST-07
            return Refusal.INVALID_FRAME.reply(str(error))
        return HANDLERS[kind](self.state, frame, subject=subject, now=now)

    # --- planners and operators

    def inject(self, members: Mapping[str, Any], *, now: float) -> str:
        """Take a task and return its id; raises OrderError."""
        self.tick(now=now)
        return planning.inject(self.state, members, now=now)

    def cancel(self, task_id: str, *, reason: str | None, now: float) -> None:
        """Call a task off; raises UnknownError, or TooLateError when it is over."""
        self.tick(now=now)
        planning.cancel(self.state, task_id, reason=reason, now=now)

    def task(self, task_id: str, *, now: float) -> dict[str, Any]:
        """Show a task; raises UnknownError."""
        self.tick(now=now)
        return planning.look(self.state, task_id, now=now)

    def tasks(self, *, now: float) -> list[dict[str, Any]]:
        """Show all tasks in short, the newest last."""
        self.tick(now=now)
        return planning.summaries(self.state)

    def neurons(self, *, now: float) -> list[dict[str, Any]]:
        """Show the neurons that are or were connected."""
        self.tick(now=now)
        return planning.neurons(self.state, now=now)

    def revoke(self, capability: str, *, reason: str | None, now: float) -> None:
        """Take a capability away from every neuron, and from those that register later."""
        planning.revoke(self.state, capability, reason=reason, now=now)

    def disconnect(self, wish: planning.Parting, *, now: float) -> None:
        """Say goodbye to one neuron or all, and end their streams; raises UnknownError."""
        planning.disconnect(self.state, wish, now=now)

    def end_stream(self, neuron_id: str, *, now: float) -> None:
        """End a neuron's stream without a word; raises UnknownError."""
        registration.cut(self.state, planning.connected(self.state, neuron_id), now=now)

    def rotate(self, subject: str, token: str, *, grace: float, now: float) -> None:
        """Give a subject a new bearer."""
        self.state.bearers.rotate(subject, token, now=now, grace=grace)
        self.state.changed[BEARER, subject] = token

    # --- time, store, effects

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        return self.state.deadlines.next()

    def tick(self, *, now: float) -> None:
        """Let happen what is due."""
        while (key := self.state.deadlines.due(now=now)) is not None:
            kind, name = key
            DUE[kind](self.state, name, now=now)

    def effects(self) -> list[Effect]:
        """Return what the shell has to do, once."""
        effects, self.state.effects = self.state.effects, []
        return effects

    def changes(self) -> Iterator[Change]:
        """Return the documents that are not what they were, once."""
        changed, self.state.changed = self.state.changed, {}
        for (kind, key), value in changed.items():
            yield Change(kind, key, WRITTEN[kind](self.state, key, value))

    def forget_changes(self) -> None:
        """Drop the list of changes where there is no store."""
        self.state.changed.clear()

    def restore(self, stored: Mapping[str, Mapping[str, Any]], *, now: float) -> None:
        """Take back the documents of a store: key and document by kind."""
        for subject, token in stored.get(BEARER, {}).items():
            self.state.bearers.rotate(subject, token, now=now)
        self.state.barred.update(dict.fromkeys(stored.get(BARRED, {})))
        self.state.revoked.update(stored.get(REVOKED, {}))
        gateway_documents.restore_tasks(self.state, stored, now=now)


HANDLERS: Mapping[str, Callable[..., Reply]] = {
    "register": registration.register,
    "update-capability": registration.update,
    "heartbeat": results.heartbeat,
    "ack": results.ack,
    "nack": results.nack,
    "progress": results.progress,
}

DUE: Mapping[str, Callable[..., None]] = {
    LEASE: delivery.expire,
    CANCEL: delivery.cancel_now,
    RETRY: delivery.rested,
    FORGET: delivery.forget,
    DEAD: registration.die,
    GONE: registration.forget,
}


def order_document(state: State, task_id: str, _value: Any) -> str | None:
    """Write what was asked for."""
    task = state.tasks.get(task_id)
    return None if task is None else gateway_documents.of_order(task.order)


def life_document(state: State, task_id: str, _value: Any) -> str | None:
    """Write where a task stands."""
    task = state.tasks.get(task_id)
    return None if task is None else gateway_documents.of_life(state, task)


def report_document(_state: State, _key: str, value: Any) -> str | None:
    """Write a report."""
    return None if value is None else gateway_documents.of_report(value)


def plain_document(_state: State, _key: str, value: Any) -> Any:
    """Write a value as it is."""
    return value


WRITTEN: Mapping[str, Callable[[State, str, Any], Any]] = {
    ORDER: order_document,
    LIFE: life_document,
    PROGRESS: report_document,
    BARRED: plain_document,
    REVOKED: plain_document,
    BEARER: plain_document,
}
