"""What a neuron does next: frames, answers, outcomes and the time in, effects out (sheet 5).

It never waits and never reads a clock. Its shell performs the effects and tells what came of
them; `tick` does what is due at a moment, and `next_deadline` says when to call it again.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import Any

from reference.neuron import messages
from reference.neuron.backoff import Backoff
from reference.neuron.frames import (
    Ack,
    Cancel,
    CapabilityRevoked,
    Disconnect,
    Frame,
    Heartbeat,
    LeaseFrame,
    Progress,
    Register,
    Registered,
    UpdateCapability,
)
from reference.neuron.neuron_effects import (
    Dropped,
    Effect,
    Key,
    Received,
    RegisteredAs,
    Tell,
    Undelivered,
)
from reference.neuron.neuron_letters import PATHS, Fate, Kind, Letters
from reference.neuron.neuron_link import Event, Link
from reference.neuron.neuron_outcomes import Outcome, plain
from reference.neuron.neuron_pace import FAREWELL, INSISTENCE, Pace
from reference.neuron.neuron_work import Offer, Work
from reference.neuron.timestamps import at

PROTOCOL_VERSION = "1.0.0"  # NEURON-NRN-CONN-09
UNANSWERED_HEARTBEATS = 4  # so many may be under way before one is left out
SERVER_ERROR = 500
TRY_AGAIN = frozenset({408, 425, 429})  # refusals of the moment; others stand


class Phase(Enum):
    """How far a neuron is on its way out."""

    SERVING = auto()
    DRAINING = auto()  # nothing new; what runs may end
    INSISTING = auto()  # what still runs was asked to end
    PARTING = auto()  # only answers to the last results are waited for
    GONE = auto()


class NeuronCore:
    """One neuron of one gateway."""

    def __init__(self, neuron_id: str, offers: Iterable[Offer], pace: Pace) -> None:
        self.neuron_id = neuron_id
        self.phase = Phase.SERVING
        self.work = Work(offers)
        self._pace = pace
        self._link = Link(neuron_id, pace)
        self._letters = Letters(pace)
        self._registered = False
        self._told: dict[str, int] = {}  # the concurrencies that the gateway was told last
        self._register_again = Backoff(pace.reconnect_delay)
        self._register_at: float | None = None
        self._heartbeat_at: float | None = None
        self._phase_until: float | None = None
        self._effects: list[Effect] = []
        self._last_effects: list[Effect] = []
        # What no gateway would accept must not be started (NEURON-NRN-CONN-10, NEURON-NRN-LIB-03).
        messages.read(messages.write(self._registration()))

    # Time

    def start(self, *, now: float) -> None:
        """Dial."""
        self._effects += self._link.happens(Event.START, now=now)

    def tick(self, *, now: float) -> None:
        """Do whatever is due."""
        if self._register_at is not None and self._register_at <= now:
            self._register()
        if self._heartbeat_at is not None and self._heartbeat_at <= now:
            self._heartbeat_at = now + self._pace.heartbeat_interval
            self._beat(now=now)
        if self._phase_until is not None and self._phase_until <= now:
            OUT_OF_PATIENCE[self.phase](self, now)
        self._effects += self._link.tick(now=now)
        self._letters.tick(now=now)
        self._go_on(now=now)

    def next_deadline(self) -> float | None:
        """Return when something is due next."""
        moments = (
            self._register_at,
            self._heartbeat_at,
            self._phase_until,
            self._link.due,
            self._letters.deadline(),
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def effects(self) -> list[Effect]:
        """Return what is to be done now, once."""
        wanted = [
            *self._effects,
            *self.work.effects(),
            *self._letters.effects(),
            *self._last_effects,
        ]
        self._effects, self._last_effects = [], []
        return wanted

    # The event stream

    def opened(self, status: int, *, now: float) -> bool:
        """Take the status of the answer to the dialling; says whether a stream begins."""
        self._effects += self._link.answered(status, now=now)
        if self._link.is_open:  # NEURON-NRN-CONN-06, -07
            self._register()
        self._go_on(now=now)
        return self._link.is_open

    def lost(self, reason: str, *, now: float) -> None:
        """Take note that the stream ended, or that the dialling came to nothing."""
        event = Event.LOST if self.phase is Phase.SERVING else Event.STOP
        self._effects += self._link.happens(event, now=now, reason=reason)
        self._unregister()
        self._go_on(now=now)

    def received(self, data: str, *, now: float) -> None:
        """Take the data of one event; what is no frame of a gateway has no effect.

        The name of the event is not looked at (NEURON-NRN-SSE-10).
        """
        try:
            frame = messages.parse(data, among=messages.FROM_GATEWAY.keys())
        except messages.FrameError as error:  # NEURON-NRN-SSE-11 .. -16
            self._effects.append(Tell(Dropped(str(error))))
            return
        self._effects.append(Tell(Received(frame)))
        REACTIONS[type(frame)](self, frame, now)
        self._go_on(now=now)

    def _hear_registered(self, frame: Registered, _now: float) -> None:
        # NEURON-NRN-CONN-13: nothing depends on it
        self._effects.append(Tell(RegisteredAs(frame.session_id, len(frame.capabilities))))

    def _hear_lease(self, frame: LeaseFrame, now: float) -> None:
        self.work.lease(frame.lease, now=now)

    def _hear_cancel(self, frame: Cancel, now: float) -> None:
        self.work.cancel(frame.lease_id, now=now)

    def _hear_revoked(self, frame: CapabilityRevoked, now: float) -> None:
        self.work.revoke(frame.capability, now=now)

    def _hear_disconnect(self, frame: Disconnect, now: float) -> None:
        if not frame.reconnectable:
            self._effects += self._link.happens(Event.DISMISS, now=now)

    # Answers to POSTs

    def written(self, key: Key, *, now: float) -> None:
        """Take note that the last byte of a POST is out."""
        self._letters.written(key, now=now)

    def answered(self, key: Key, status: int, *, now: float) -> None:
        """Take the status of an answer."""
        ended = self._letters.answered(key, status)
        if ended is not None:
            letter, fate = ended
            if fate is Fate.DELIVERED:
                self._link.trusted()
            if fate is Fate.DISTRUSTED:  # NEURON-NRN-AUTH-06
                self._distrusted(PATHS[letter.kind], now=now)
            elif letter.kind is Kind.REGISTER:
                self._hear_registration(fate, status, now=now)
        self._go_on(now=now)

    def broken(self, key: Key, reason: str, *, now: float) -> None:
        """Take note that a POST got no answer."""
        ended = self._letters.broken(key, reason, now=now)
        if ended is not None and ended[0].kind is Kind.REGISTER:
            self._register_at = now + self._register_again.failed()
        self._go_on(now=now)

    def _hear_registration(self, fate: Fate, status: int, *, now: float) -> None:
        if fate is Fate.DELIVERED:
            self._registered = True
            self._register_again.succeeded()
            self._heartbeat_at = now + self._pace.heartbeat_interval  # NEURON-NRN-HB-05
            self.work.reinstate()
            self._letters.recovered()  # NEURON-NRN-RECON-14
            self._tell_changes()
        elif fate is Fate.REFUSED and (status >= SERVER_ERROR or status in TRY_AGAIN):
            self._register_at = now + self._register_again.failed()  # NEURON-NRN-CONN-16

    def _distrusted(self, path: str, *, now: float) -> None:
        reason = f"two tokens were refused at {path}"
        self._effects += self._link.happens(Event.DISTRUSTED, now=now, reason=reason)
        if not self._link.is_open:
            self._unregister()

    # What the neuron says of itself

    def _registration(self) -> Register:
        return Register(
            neuron_id=self.neuron_id,
            protocol_version=PROTOCOL_VERSION,
            capabilities=self.work.capabilities,
        )

    def _register(self) -> None:
        self._register_at = None
        frame = self._registration()
        self._told = {each.type: each.concurrency for each in frame.capabilities}
        self._letters.send(Kind.REGISTER, messages.render(frame))

    def _unregister(self) -> None:
        """Say nothing more of itself until the next stream (NEURON-NRN-HB-07, -08)."""
        self._registered = False
        self._register_at = self._heartbeat_at = None
        self._letters.drop(Kind.REGISTER, Kind.UPDATE, Kind.HEARTBEAT)

    def _beat(self, *, now: float) -> None:
        if self._letters.under_way(Kind.HEARTBEAT) < UNANSWERED_HEARTBEATS:
            frame = Heartbeat(
                neuron_id=self.neuron_id, in_flight=self.work.in_flight, sent_at=at(now)
            )
            self._letters.send(Kind.HEARTBEAT, messages.render(frame))

    def update(self, kind: str, concurrency: int, *, now: float) -> None:
        """Change how many leases of a capability run at a time; raises ValueError."""
        self.work.resize(kind, concurrency, now=now)
        if self._registered:  # otherwise the registration says it (NEURON-NRN-UPD-02)
            self._tell_changes()
        self._go_on(now=now)

    def _tell_changes(self) -> None:
        """Post what the gateway has not been told yet (NEURON-NRN-UPD-01)."""
        for capability in self.work.capabilities:
            if self._told.get(capability.type) != capability.concurrency:
                self._told[capability.type] = capability.concurrency
                frame = UpdateCapability(neuron_id=self.neuron_id, capability=capability)
                self._letters.send(Kind.UPDATE, messages.render(frame))

    # What comes from the handlers

    def progress(
        self,
        lease_id: str,
        *,
        percent: float | None = None,
        message: str | None = None,
        data: Any = None,
        now: float,
    ) -> None:
        """Report how far a handler is; what cannot be sent is left out (NEURON-NRN-RESULT-11)."""
        if not self.work.is_running(lease_id):
            return
        try:
            frame = Progress(
                lease_id=lease_id,
                percent=percent,
                message=message,
                data=plain(data),
                sent_at=at(now),
            )
            body = messages.render(messages.read(messages.write(frame)))
        except (TypeError, ValueError, RecursionError) as error:
            self._effects.append(Tell(Undelivered(PATHS[Kind.PROGRESS], str(error))))
        else:
            self._letters.report(lease_id, body)

    def ended(self, lease_id: str, outcome: Outcome, *, now: float) -> None:
        """Take what a handler came to."""
        self.work.ended(lease_id, outcome, now=now)
        self._go_on(now=now)

    # The end

    def stop(self, *, within: float | None = None, now: float) -> None:
        """Take no lease any more, let what runs end for a while, then go (sheet 5.6)."""
        if self.phase is not Phase.SERVING:
            return
        limit = self._pace.drain_timeout if within is None else within
        self.phase, self._phase_until = Phase.DRAINING, now + limit
        self.work.drain(now=now)
        self.tick(now=now)

    def _insist(self, now: float) -> None:
        self.work.insist(now=now)
        self.phase, self._phase_until = Phase.INSISTING, now + INSISTENCE

    def _give_up(self, now: float) -> None:
        self._letters.hurry()
        self.work.give_up(now=now)
        self.phase, self._phase_until = Phase.PARTING, now + FAREWELL

    def _leave(self, now: float) -> None:
        self._unregister()
        self._letters.close()
        # The stream ends after everything else (NEURON-NRN-STOP-05).
        self._last_effects += self._link.happens(Event.STOP, now=now, reason="the neuron stopped")
        self.phase, self._phase_until = Phase.GONE, None

    def _go_on(self, *, now: float) -> None:
        """Post what the work came to, and go if nothing is left to do."""
        for frame in self.work.verdicts():
            kind = Kind.ACK if isinstance(frame, Ack) else Kind.NACK
            self._letters.conclude(frame.lease_id, kind, messages.render(frame), now=now)
        if self.phase in {Phase.SERVING, Phase.GONE}:
            return
        if not self._link.is_open:  # a neuron that stops does not dial
            self._effects += self._link.happens(Event.STOP, now=now)
        if self.work.is_done and not self._letters.owes_a_result:
            self._leave(now)


# What a neuron does when the time of a phase is over.
OUT_OF_PATIENCE: Mapping[Phase, Callable[[NeuronCore, float], None]] = {
    Phase.DRAINING: NeuronCore._insist,  # noqa: SLF001  the tables belong to the class
    Phase.INSISTING: NeuronCore._give_up,  # noqa: SLF001
    Phase.PARTING: NeuronCore._leave,  # noqa: SLF001
}
REACTIONS: Mapping[type[Frame], Callable[[NeuronCore, Any, float], None]] = {
    Registered: NeuronCore._hear_registered,  # noqa: SLF001
    LeaseFrame: NeuronCore._hear_lease,  # noqa: SLF001
    Cancel: NeuronCore._hear_cancel,  # noqa: SLF001
    CapabilityRevoked: NeuronCore._hear_revoked,  # noqa: SLF001
    Disconnect: NeuronCore._hear_disconnect,  # noqa: SLF001
}
