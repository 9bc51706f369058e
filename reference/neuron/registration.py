"""Who may connect, and what of their capabilities counts (sheet 6.2, 6.3, 7.5)."""

import re
from collections.abc import Iterable

from reference.neuron import delivery, frames, timestamps
from reference.neuron.capabilities import Capability
from reference.neuron.fleet import Neuron, user_of
from reference.neuron.gateway_replies import OK, Refusal, Reply
from reference.neuron.gateway_state import DEAD, GONE, NEURON_KEPT, State, Wake

MAJOR = re.compile(r"([0-9]+)(?:\.[0-9]+)*")
SPOKEN_MAJOR = 1  # NEURON-GW-REG-06


def open_stream(state: State, neuron_id: str, *, subject: str, now: float) -> int | Reply:
    """Return the number of a neuron's new stream; the one before ends (NEURON-GW-SSE-12)."""
    refused = not_welcome(state, neuron_id, subject=subject)
    if refused is not None:
        return refused.reply()
    before = state.fleet.get(neuron_id)
    if before is not None and before.stream is not None:
        cut(state, before, now=now)
    state.streams += 1
    state.deadlines.drop((GONE, neuron_id))
    state.fleet.connect(neuron_id, subject=subject, stream=state.streams)
    return state.streams


def not_welcome(state: State, neuron_id: str, *, subject: str) -> Refusal | None:
    """Say why a neuron may not open a stream."""
    if neuron_id in state.barred:  # NEURON-GW-CTRL-07
        return Refusal.BARRED
    there = state.fleet.get(neuron_id)
    if there is not None and there.stream is not None and there.subject != subject:
        return Refusal.FOREIGN
    return None


def cut(state: State, neuron: Neuron, *, now: float) -> None:
    """End a neuron's stream at once; only so a neuron registers again (NEURON-GW-CTRL-08)."""
    if neuron.stream is not None:
        state.effects.append(Wake(neuron.stream))
        gone(state, neuron, now=now)


def gone(state: State, neuron: Neuron, *, now: float) -> None:
    """Note that a neuron's stream has ended."""
    state.fleet.disconnect(neuron)
    state.deadlines.drop((DEAD, neuron.neuron_id))
    state.deadlines.set((GONE, neuron.neuron_id), now + NEURON_KEPT)
    delivery.lose(state, neuron, now=now)


def die(state: State, neuron_id: str, *, now: float) -> None:
    """Take a neuron for dead that has not been heard of, and end its stream."""
    neuron = state.fleet.get(neuron_id)
    if neuron is not None:
        cut(state, neuron, now=now)


def forget(state: State, neuron_id: str, *, now: float) -> None:  # noqa: ARG001  the shape of what is due
    """Drop a neuron that has been gone for long."""
    state.fleet.forget(neuron_id)


def heard(state: State, neuron: Neuron, *, now: float) -> None:
    """Note that a neuron lives (NEURON-GW-LEASE-14)."""
    if neuron.session_id is not None:
        neuron.heard = now
        state.deadlines.set((DEAD, neuron.neuron_id), now + state.policy.dead_after)


def register(state: State, frame: frames.Register, *, subject: str, now: float) -> Reply:
    """Take a neuron in; its leases follow the `registered` frame (NEURON-GW-REG-01)."""
    neuron = state.fleet.get(frame.neuron_id)
    if neuron is None or neuron.stream is None:
        return Refusal.NO_STREAM.reply()
    refused = not_allowed(state, neuron, frame.capabilities, subject=subject)
    if refused is not None:
        return refused.reply()
    if not speaks(frame.protocol_version):
        return Refusal.UNSUPPORTED_VERSION.reply()
    effective = effective_set(state, frame.capabilities)
    returned = neuron.session_id is None
    neuron.session_id = state.new_id()
    state.send(
        neuron,
        frames.Registered(
            session_id=neuron.session_id,
            capabilities=effective,
            accepted_at=timestamps.at(now),
        ),
    )
    state.fleet.offer(neuron, {capability.type: capability for capability in effective})
    heard(state, neuron, now=now)
    if returned:
        delivery.remind(state, neuron, now=now)
    delivery.feed_all(state, neuron, now=now)
    return OK


def update(state: State, frame: frames.UpdateCapability, *, subject: str, now: float) -> Reply:
    """Change one capability of a neuron (NEURON-GW-REG-11)."""
    neuron = state.fleet.get(frame.neuron_id)
    if neuron is None or neuron.session_id is None:
        return Refusal.NO_SESSION.reply()
    changed = frame.capability
    refused = not_allowed(state, neuron, (changed,), subject=subject)
    if refused is not None:
        return refused.reply()
    if changed.type not in neuron.capabilities:  # NEURON-GW-REG-12
        return Refusal.UNKNOWN_CAPABILITY.reply()
    state.fleet.offer(neuron, {**neuron.capabilities, changed.type: changed})
    heard(state, neuron, now=now)
    delivery.feed(state, neuron, changed.type, now=now)
    return OK


def not_allowed(
    state: State, neuron: Neuron, capabilities: Iterable[Capability], *, subject: str
) -> Refusal | None:
    """Say why these capabilities are refused to this identity; 403, never 401."""
    if neuron.subject != subject:
        return Refusal.FOREIGN
    for capability in capabilities:
        refused = denial(state, capability, subject=subject)
        if refused is not None:
            return refused
    return None


def denial(state: State, capability: Capability, *, subject: str) -> Refusal | None:
    """Say why one capability is refused (NEURON-GW-AUTH-07, NEURON-GW-REG-13)."""
    if user_of(capability.scope) not in {None, subject}:
        return Refusal.FOREIGN_SCOPE
    if capability.type in state.policy.denied_types:
        return Refusal.DENIED
    if capability.type in state.policy.pending_types:
        return Refusal.PENDING_APPROVAL
    return None


def effective_set(state: State, sent: Iterable[Capability]) -> tuple[Capability, ...]:
    """Return what counts of what was sent: all but what was revoked (NEURON-GW-REG-02)."""
    return tuple(capability for capability in sent if capability.type not in state.revoked)


def speaks(version: str) -> bool:
    """Say whether a neuron's version is understood; one that is no number may be anything."""
    number = MAJOR.fullmatch(version)
    return number is None or int(number[1]) == SPOKEN_MAJOR
