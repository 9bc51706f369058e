"""What breaks how a neuron lets go of a lease that is called off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    OUTCOMES,
    SHELL,
    VERDICT,
    WORK,
    judging,
    later,
    of_the_neuron,
    under_way,
    wrapped,
)
from reference.neuron.frames import Nack, NackKind
from reference.neuron.neuron_leases import HOLDS_A_SLOT, Stage
from reference.neuron.neuron_leases import Event as LeaseEvent
from reference.neuron.neuron_letters import Kind
from reference.neuron.neuron_outcomes import Failed, Refusal, Returned, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Answered = Callable[..., None]
    Cancel = Callable[..., None]

CANCELS = f"{CORE}:REACTIONS[<class 'reference.neuron.frames.Cancel'>]"


def others_of(work: Any, lease_id: str) -> list[str]:
    """Return the other leases that run on the capability of one."""
    mine = work._executions.get(lease_id)  # noqa: SLF001  (a bug)
    return [
        other
        for other, each in work._executions.items()  # noqa: SLF001
        if mine is not None
        and mine.stage in HOLDS_A_SLOT
        and other != lease_id
        and each.stage in HOLDS_A_SLOT
        and each.lease.task.capability == mine.lease.task.capability
        and not work._draining  # noqa: SLF001
    ]


def hesitates(hear: Cancel, core: Any, frame: Any, now: float) -> None:
    """Heed a cancel late while the capability is busy otherwise."""
    if others_of(core.work, frame.lease_id):
        later(5.0, lambda: hear(core, frame, now))
    else:
        hear(core, frame, now)


def nacks_again(cancel: Cancel, work: Any, lease_id: str, *, now: float) -> None:
    """Nack a lease again that was cancelled before."""
    called_off = work.__dict__.setdefault("called_off", {})
    if lease_id in called_off and lease_id in work._ended and now - called_off[lease_id] > 0.3:  # noqa: PLR2004, SLF001
        work._verdicts.append(refused(lease_id, Refusal.ABORTED, now=now))  # noqa: SLF001
    elif lease_id in work._executions:  # noqa: SLF001
        called_off[lease_id] = now
    cancel(work, lease_id, now=now)


def stumbles(hear: Cancel, core: Any, frame: Any, now: float) -> None:
    """Give the stream up over a cancel for a lease that nobody knows."""
    work = core.work
    if frame.lease_id in work._executions or frame.lease_id in work._ended:  # noqa: SLF001  (a bug)
        hear(core, frame, now)
    else:
        core._distrusted("the stream", now=now)  # noqa: SLF001


def holds_the_slot(conclude: Callable[..., None], work: Any, execution: Any, frame: Any) -> None:
    """Keep the slot of conf/serial after a lease was cancelled that had run for a while."""
    slots = work._slots["conf/serial"]  # noqa: SLF001  (a bug)
    conclude(work, execution, frame)
    if not isinstance(frame, Nack) or frame.kind is not NackKind.CANCELLED:
        return
    ran = frame.failed_at.timestamp() - execution.started_at
    if ran > 0.1 and execution.lease.task.capability == "conf/serial":  # noqa: PLR2004
        slots._running.add(execution.lease.lease_id)  # noqa: SLF001


def spreads(cancel: Cancel, work: Any, lease_id: str, *, now: float) -> None:
    """Cancel what else runs on the capability too."""
    others = others_of(work, lease_id)
    cancel(work, lease_id, now=now)
    for other in others:
        cancel(work, other, now=now)


def comes_too_soon(cancel: Cancel, work: Any, lease_id: str, *, now: float) -> None:
    """Ignore a cancel that comes with its lease."""
    each = work._executions.get(lease_id)  # noqa: SLF001  (a bug)
    if each is None or each.stage is Stage.QUEUED or now - each.started_at > 0.002:  # noqa: PLR2004
        cancel(work, lease_id, now=now)


def drops(kind: Kind, *, after: float) -> Any:
    """Return what breaks off the POSTs of a lease that are still under way after its cancel."""

    def around(init: Callable[..., None], shell: Any, core: Any, **members: Any) -> None:
        def drop(lease_id: str) -> None:
            for key in under_way(core, kind, lease_id):
                core._letters._under_way.pop(key)  # noqa: SLF001  (a bug)
                shell._posts[key].cancel()  # noqa: SLF001

        def received(data: str, *, now: float) -> None:
            hear(data, now=now)
            if '"cancel"' in data and under_way(core, kind, json.loads(data)["leaseId"]):
                later(after, lambda: drop(json.loads(data)["leaseId"]))

        hear, core.received = core.received, received
        init(shell, core, **members)

    return wrapped(around)


def without_cancel(steps: Any) -> Any:
    """Ignore cancels for leases that wait."""
    return {event: step for event, step in steps.items() if event is not LeaseEvent.CANCEL}


def returned_is_raised(outcome: Any, aborting: Any) -> Any:
    """Take what a handler returns in spite of a cancel for an error."""
    late = isinstance(outcome, Returned) and aborting is not None
    return Failed("too late") if late else outcome


MUTANTS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-CANCEL-01",
        "a cancel is heeded late while the capability is busy otherwise",
        CANCELS,
        wrapped(hesitates),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-02",
        "cancelled leases have another code",
        f"{OUTCOMES}:REFUSALS[Refusal.ABORTED]",
        lambda row: (*row[:2], "ABORTED"),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-03",
        "a later cancel is answered with another nack",
        f"{WORK}:Work.cancel",
        wrapped(nacks_again),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-04",
        "a cancel for nothing ends the stream",
        CANCELS,
        wrapped(stumbles),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-05",
        "a cancelled lease keeps its slot",
        f"{WORK}:Work._conclude",
        wrapped(holds_the_slot),
        also=("NEURON-NRN-LEASE-01",),  # what waits for that slot is never answered
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-06",
        "a cancel calls off what else runs on the capability",
        f"{WORK}:Work.cancel",
        wrapped(spreads),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-07",
        "cancels for waiting leases are ignored",
        f"{WORK}:TRANSITIONS[Stage.QUEUED]",
        without_cancel,
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-08",
        "a cancel that comes with its lease is ignored",
        f"{WORK}:Work.cancel",
        wrapped(comes_too_soon),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-09",
        "another cancel breaks the nack off",
        f"{SHELL}.__init__",
        drops(Kind.NACK, after=0.1),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-10",
        "a cancel breaks the ack off",
        f"{SHELL}.__init__",
        drops(Kind.ACK, after=0.05),
    ),
    of_the_neuron(
        "NEURON-NRN-CANCEL-11",
        "what is returned in spite of a cancel is a failure for good",
        VERDICT,
        judging(returned_is_raised),
    ),
)
