"""What breaks the heartbeats of a neuron, and what it says when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    RENDER,
    WORK,
    letter_of,
    of_the_neuron,
    retold,
    told_with,
    wrapped,
)
from reference.neuron import messages
from reference.neuron.fields import Kind as FieldKind
from reference.neuron.frames import InFlight, UpdateCapability
from reference.neuron.neuron_letters import Fate, Kind
from reference.neuron.timestamps import at

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Answered = Callable[..., None]
    Cancel = Callable[..., None]


# --- heartbeats


def hurries(tick: Callable[..., None], core: Any, *, now: float) -> None:
    """Beat twice as often."""
    before = core._heartbeat_at  # noqa: SLF001  (a bug)
    tick(core, now=now)
    if before is not None and core._heartbeat_at not in {None, before}:  # noqa: SLF001
        core._heartbeat_at -= core._pace.heartbeat_interval / 2  # noqa: SLF001


def lists_what_waits(work: Any) -> Any:
    """List every lease as in flight."""
    return tuple(
        InFlight(lease_id=id_, task_id=each.lease.task.task_id, started_at=at(each.started_at))
        for id_, each in work._executions.items()  # noqa: SLF001  (a bug)
    )


def beats_first(
    hear: Callable[..., None], core: Any, fate: Fate, status: int, *, now: float
) -> None:
    """Beat as soon as the register is accepted."""
    hear(core, fate, status, now=now)
    if fate is Fate.DELIVERED:
        core._heartbeat_at = now  # noqa: SLF001  (a bug)


def loses_heart(answered: Answered, core: Any, key: Any, status: int, *, now: float) -> None:
    """Beat no more after a 500."""
    letter = letter_of(core, key)
    answered(core, key, status, now=now)
    if letter is not None and letter.kind is Kind.HEARTBEAT and status >= 500:  # noqa: PLR2004
        core._heartbeat_at = None  # noqa: SLF001  (a bug)


def beats_alone(lost: Callable[..., None], core: Any, reason: str, *, now: float) -> None:
    """Go on beating without a stream."""
    lost(core, reason, now=now)
    core._heartbeat_at = now + core._pace.heartbeat_interval  # noqa: SLF001  (a bug)


def is_stunned(unregister: Callable[..., None], core: Any) -> None:
    """Beat no more on the next stream if a heartbeat was under way."""
    usual = core.__dict__.setdefault("usual", core._pace)  # noqa: SLF001  (a bug)
    waits = core._letters.under_way(Kind.HEARTBEAT)  # noqa: SLF001
    core._pace = replace(usual, heartbeat_interval=1e9) if waits else usual  # noqa: SLF001
    unregister(core)


def stops_beating(stop: Callable[..., None], core: Any, **members: Any) -> None:
    """Beat no more when told to stop."""
    stop(core, **members)
    core._heartbeat_at = None  # noqa: SLF001  (a bug)


HEARTBEATS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-HB-01",
        "heartbeats come twice as often",
        f"{CORE}:NeuronCore.tick",
        wrapped(hurries),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-02",
        "a heartbeat has another member",
        RENDER,
        told_with("heartbeat", status="fine"),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-03",
        "a heartbeat lists one lease at most",
        RENDER,
        retold("heartbeat", lambda frame: {**frame, "inFlight": frame["inFlight"][:1]}),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-04",
        "a heartbeat lists what waits",
        f"{WORK}:Work.in_flight",
        lambda _: property(lists_what_waits),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-05",
        "a heartbeat follows the register at once",
        f"{CORE}:NeuronCore._hear_registration",
        wrapped(beats_first),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-06",
        "a heartbeat that is answered 500 is the last",
        f"{CORE}:NeuronCore.answered",
        wrapped(loses_heart),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-07",
        "heartbeats go on without a stream",
        f"{CORE}:NeuronCore.lost",
        wrapped(beats_alone),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-08",
        "a stream that is lost under a heartbeat is followed by one without",
        f"{CORE}:NeuronCore._unregister",
        wrapped(is_stunned),
    ),
    of_the_neuron(
        "NEURON-NRN-HB-09",
        "a neuron that stops beats no more",
        f"{CORE}:NeuronCore.stop",
        wrapped(stops_beating),
    ),
)


# --- changes


def keeps_its_slots(
    resize: Callable[..., Any], work: Any, kind: str, *args: Any, **at_: Any
) -> Any:
    """Tell a new concurrency and keep to the old one."""
    slots = work._slots.get(kind)  # noqa: SLF001  (a bug)
    limit = slots.limit if slots is not None else 0
    changed = resize(work, kind, *args, **at_)
    slots.limit = limit
    return changed


def forgets_who_runs(
    resize: Callable[..., Any], work: Any, kind: str, *args: Any, **at_: Any
) -> Any:
    """Count anew after a change."""
    if kind in work._slots:  # noqa: SLF001  (a bug)
        work._slots[kind]._running.clear()  # noqa: SLF001
    return resize(work, kind, *args, **at_)


def sulks(answered: Answered, core: Any, key: Any, status: int, *, now: float) -> None:
    """Take no lease after a change was refused, until the next register."""
    letter = letter_of(core, key)
    answered(core, key, status, now=now)
    if letter is not None and letter.kind is Kind.UPDATE and status == 403:  # noqa: PLR2004
        core.work._revoked.add("conf/echo")  # noqa: SLF001  (a bug)


def tells_anyway(
    update: Callable[..., None], core: Any, kind: str, concurrency: int, *, now: float
) -> None:
    """Tell a change of what was never registered."""
    if kind not in {each.type for each in core.work.capabilities}:
        changed = replace(core.work.capabilities[0], type=kind, concurrency=concurrency)
        frame = UpdateCapability(neuron_id=core.neuron_id, capability=changed)
        core._letters.send(Kind.UPDATE, messages.render(frame))  # noqa: SLF001  (a bug)
    update(core, kind, concurrency, now=now)


def without_scope(frame: dict[str, Any]) -> dict[str, Any]:
    """Leave the scope out of a change."""
    told = {name: value for name, value in frame["capability"].items() if name != "scope"}
    return {**frame, "capability": told}


def as_it_was(frame: dict[str, Any]) -> dict[str, Any]:
    """Register conf/serial as on the first day."""
    listed = [
        {**each, "concurrency": 1} if each["type"] == "conf/serial" else each
        for each in frame["capabilities"]
    ]
    return {**frame, "capabilities": listed}


CHANGES: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-UPD-01",
        "a change is told without the scope",
        RENDER,
        retold("update-capability", without_scope),
    ),
    of_the_neuron(
        "NEURON-NRN-UPD-02",
        "registers tell what was before the change",
        RENDER,
        retold("register", as_it_was),
    ),
    of_the_neuron(
        "NEURON-NRN-UPD-03",
        "a change is told and not kept",
        f"{WORK}:Work.resize",
        wrapped(keeps_its_slots),
    ),
    of_the_neuron(
        "NEURON-NRN-UPD-04",
        "what runs already is not counted after a change",
        f"{WORK}:Work.resize",
        wrapped(forgets_who_runs),
    ),
    of_the_neuron(
        "NEURON-NRN-UPD-05",
        "any concurrency is told",
        f"{WORK}:CONCURRENCY",
        lambda kind: FieldKind(lambda _path, value: int(value), kind.write),
    ),
    of_the_neuron(
        "NEURON-NRN-UPD-06",
        "after a refused change echoes are refused",
        f"{CORE}:NeuronCore.answered",
        wrapped(sulks),
    ),
    of_the_neuron(
        "NEURON-NRN-LIB-05",
        "a change of nothing is told",
        f"{CORE}:NeuronCore.update",
        wrapped(tells_anyway),
    ),
)


MUTANTS: tuple[Mutant, ...] = (*HEARTBEATS, *CHANGES)
