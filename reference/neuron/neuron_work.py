"""The leases that a neuron has taken: in line, running, and each reported once (sheet 5.3)."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reference.neuron import schemas
from reference.neuron.capabilities import EFFECTIVE, Capability
from reference.neuron.frames import InFlight, Lease
from reference.neuron.neuron_effects import Effect, Interrupt, Run
from reference.neuron.neuron_leases import (
    HOLDS_A_SLOT,
    TRANSITIONS,
    Event,
    Execution,
    Reaction,
    Stage,
)
from reference.neuron.neuron_outcomes import (
    Aborted,
    Outcome,
    Refusal,
    Verdict,
    misfit,
    refused,
    verdict,
)
from reference.neuron.neuron_slots import Slots
from reference.neuron.timestamps import at

CONCURRENCY = EFFECTIVE["concurrency"].kind
NOTHING = Aborted()
REMEMBERED = 10_000  # ids of ended leases that will not be executed again

# What a lease that ends without an outcome of its handler is told to the gateway as.
REFUSED_AS: Mapping[Reaction, Refusal] = {
    Reaction.REPORT_CANCELLED: Refusal.CANCELLED,
    Reaction.REPORT_REVOKED: Refusal.REVOKED,
    Reaction.REPORT_UNSTARTED: Refusal.UNSTARTED,
    Reaction.REPORT_ABORTED: Refusal.ABORTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A capability with the schemas that its handler was registered with."""

    capability: Capability
    input_schema: Any = None
    output_schema: Any = None


class Work:
    """Every lease of one neuron; what it wants said and done is collected by its owner."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers = {offer.capability.type: offer for offer in offers}
        self._slots = {
            kind: Slots(offer.capability.concurrency) for kind, offer in self._offers.items()
        }
        self._revoked: set[str] = set()
        self._draining = False
        self._executions: dict[str, Execution] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._freed: set[str] = set()  # capabilities whose line may move
        self._verdicts: list[Verdict] = []
        self._effects: list[Effect] = []

    # What is

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the neuron registers, as it is now."""
        return tuple(offer.capability for offer in self._offers.values())

    @property
    def in_flight(self) -> tuple[InFlight, ...]:
        """The leases whose handlers run (NEURON-NRN-HB-03, -04)."""
        return tuple(
            InFlight(
                lease_id=lease_id,
                task_id=execution.lease.task.task_id,
                started_at=at(execution.started_at),
            )
            for lease_id, execution in self._executions.items()
            if execution.stage in HOLDS_A_SLOT
        )

    @property
    def is_done(self) -> bool:
        """Whether every lease is reported."""
        return not self._executions

    def is_running(self, lease_id: str) -> bool:
        """Say whether the handler of a lease runs."""
        execution = self._executions.get(lease_id)
        return execution is not None and execution.stage in HOLDS_A_SLOT

    def verdicts(self) -> list[Verdict]:
        """Return the acks and nacks that are due, once."""
        wanted, self._verdicts = self._verdicts, []
        return wanted

    def effects(self) -> list[Effect]:
        """Return what is to be done now, once."""
        wanted, self._effects = self._effects, []
        return wanted

    # What comes

    def lease(self, lease: Lease, *, now: float) -> None:
        """Take a lease, or refuse it; one that was here before is nothing new."""
        lease_id, kind = lease.lease_id, lease.task.capability
        if lease_id in self._executions or lease_id in self._ended:  # NEURON-NRN-LEASE-11
            return
        refusal = self._refusal(kind)
        if refusal is not None:
            self._verdicts.append(refused(lease_id, refusal, now=now))
            return
        self._executions[lease_id] = Execution(lease)
        self._slots[kind].enter(lease_id)
        self._freed.add(kind)
        self._fill(now=now)

    def cancel(self, lease_id: str, *, now: float) -> None:
        """Stop a lease; one that is unknown or over is left alone (NEURON-NRN-CANCEL-04)."""
        self._happens(Event.CANCEL, lease_id, now=now)
        self._fill(now=now)  # NEURON-NRN-CANCEL-05

    def ended(self, lease_id: str, outcome: Outcome, *, now: float) -> None:
        """Take what a handler came to."""
        self._happens(Event.END, lease_id, now=now, outcome=outcome)
        self._fill(now=now)

    def revoke(self, kind: str, *, now: float) -> None:
        """Fail every lease of a capability, and refuse further ones (NEURON-NRN-RECON-13)."""
        self._revoked.add(kind)
        for execution in list(self._executions.values()):
            if execution.lease.task.capability == kind:
                execution.revoked |= execution.stage is Stage.RUNNING
                self._happens(Event.REVOKE, execution.lease.lease_id, now=now)

    def reinstate(self) -> None:
        """Offer everything again: a new registration was accepted."""
        self._revoked.clear()

    def drain(self, *, now: float) -> None:
        """Start no lease any more (NEURON-NRN-STOP-02, -03)."""
        self._draining = True
        self._happens_to_all(Event.DRAIN, now=now)

    def insist(self, *, now: float) -> None:
        """Ask every handler that still runs to end (NEURON-NRN-STOP-04)."""
        self._happens_to_all(Event.DEADLINE, now=now)

    def give_up(self, *, now: float) -> None:
        """Wait for no handler any more (NEURON-NRN-STOP-08)."""
        self._happens_to_all(Event.GIVE_UP, now=now)

    def resize(self, kind: str, concurrency: int, *, now: float) -> Capability:
        """Change how many leases of a capability run; raises ValueError.

        NEURON-NRN-UPD-05, NEURON-NRN-LIB-05: what is refused changes nothing.
        """
        if kind not in self._offers:
            raise ValueError(f"no handler for capability {kind!r}")
        offer = self._offers[kind]
        changed = replace(
            offer.capability, concurrency=CONCURRENCY.read("concurrency", concurrency)
        )
        self._offers[kind] = replace(offer, capability=changed)
        self._slots[kind].limit = changed.concurrency
        self._freed.add(kind)
        self._fill(now=now)
        return changed

    # How

    def _refusal(self, kind: str) -> Refusal | None:
        if kind not in self._offers:  # NEURON-NRN-LEASE-02
            return Refusal.UNKNOWN
        if self._draining:  # NEURON-NRN-STOP-02
            return Refusal.STOPPING
        return Refusal.REVOKED if kind in self._revoked else None

    def _fill(self, *, now: float) -> None:
        """Give free slots to those in line."""
        while self._freed:
            kind = self._freed.pop()
            while (lease_id := self._slots[kind].next()) is not None:
                problem = self._problem(self._executions[lease_id].lease)
                event = Event.SLOT if problem is None else Event.MISFIT
                self._happens(event, lease_id, now=now, problem=problem or "")

    def _problem(self, lease: Lease) -> str | None:
        registered = self._offers[lease.task.capability].input_schema
        return schemas.problem(lease.task.input, schemas.effective(lease.input_schema, registered))

    def _happens_to_all(self, event: Event, *, now: float) -> None:
        for lease_id in list(self._executions):
            self._happens(event, lease_id, now=now)

    def _happens(
        self,
        event: Event,
        lease_id: str,
        *,
        now: float,
        outcome: Outcome = NOTHING,
        problem: str = "",
    ) -> None:
        execution = self._executions.get(lease_id)
        step = TRANSITIONS[execution.stage].get(event) if execution is not None else None
        if execution is None or step is None:
            return
        before, execution.stage = execution.stage, step.to
        match step.reaction:
            case Reaction.RUN:
                execution.started_at = now
                self._effects.append(Run(execution.lease))
            case Reaction.INTERRUPT:
                self._effects.append(Interrupt(lease_id))
            case Reaction.REPORT:
                self._conclude(execution, self._judge(execution, outcome, before, now=now))
            case Reaction.REPORT_MISFIT:
                self._conclude(execution, misfit(lease_id, problem, of="input", now=now))
            case other:
                self._conclude(execution, refused(lease_id, REFUSED_AS[other], now=now))

    def _judge(
        self, execution: Execution, outcome: Outcome, stage: Stage, *, now: float
    ) -> Verdict:
        lease = execution.lease
        registered = self._offers[lease.task.capability].output_schema
        cause = Refusal.REVOKED if execution.revoked else Refusal.ABORTED
        return verdict(
            lease.lease_id,
            outcome,
            schema=schemas.effective(lease.output_schema, registered),
            aborting=cause if stage is Stage.ABORTING else None,
            now=now,
        )

    def _conclude(self, execution: Execution, frame: Verdict) -> None:
        lease_id, kind = execution.lease.lease_id, execution.lease.task.capability
        self._verdicts.append(frame)
        del self._executions[lease_id]
        self._slots[kind].leave(lease_id)
        self._freed.add(kind)
        self._ended[lease_id] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
