"""What breaks what a neuron says: of its leases, after cancels, in heartbeats, of changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    LETTERS,
    OUTCOMES,
    RENDER,
    SHELL,
    WORK,
    asking,
    later,
    of_the_neuron,
    retold,
    told_with,
    under_way,
    with_header,
    wrapped,
)
from reference.neuron import messages
from reference.neuron.fields import Kind as FieldKind
from reference.neuron.frames import InFlight, Nack, NackKind, UpdateCapability
from reference.neuron.neuron_leases import HOLDS_A_SLOT, Stage
from reference.neuron.neuron_leases import Event as LeaseEvent
from reference.neuron.neuron_letters import Fate, Kind, Letter
from reference.neuron.neuron_outcomes import Aborted, Failed, Raised, Refusal, Returned, refused
from reference.neuron.timestamps import at

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Answered = Callable[..., None]
    Cancel = Callable[..., None]

CANCELS = f"{CORE}:REACTIONS[<class 'reference.neuron.frames.Cancel'>]"
VERDICT = f"{WORK}:verdict"


# --- results


def judging(change: Callable[[Any, Any], Any]) -> Any:
    """Return what makes another outcome of one, knowing whether the handler was asked to end."""

    def around(verdict: Callable[..., Any], lease_id: str, outcome: Any, **members: Any) -> Any:
        return verdict(lease_id, change(outcome, members["aborting"]), **members)

    return wrapped(around)


def fails_for_good(threw: Callable[..., Any], lease_id: str, text: str, *, now: float) -> Any:
    """Take an error whose text is not ASCII for one that stays."""
    nack = threw(lease_id, text, now=now)
    return nack if text.isascii() else replace(nack, kind=NackKind.TERMINAL)


def without_code(outcome: Any, _aborting: Any) -> Any:
    """Lose the code of a failure."""
    return Failed(outcome.reason) if isinstance(outcome, Failed) else outcome


def aborted_is_raised(outcome: Any, aborting: Any) -> Any:
    """Take a handler that ends as cancelled for one that failed."""
    return Raised("aborted") if isinstance(outcome, Aborted) and aborting is None else outcome


def returned_is_raised(outcome: Any, aborting: Any) -> Any:
    """Take what a handler returns in spite of a cancel for an error."""
    late = isinstance(outcome, Returned) and aborting is not None
    return Failed("too late") if late else outcome


def overtakes(conclude: Callable[..., None], letters: Any, *args: Any, **members: Any) -> None:
    """Send the result before the progress that waits."""
    lease_id, kind, body = args
    if letters._threads.get(lease_id):  # noqa: SLF001  (a bug)
        letters._post(Letter(kind, body, lease_id))  # noqa: SLF001
    else:
        conclude(letters, *args, **members)


def clips(progress: Callable[..., None], core: Any, lease_id: str, **told: Any) -> None:
    """Force a percent into its range."""
    if told.get("percent") is not None:
        told["percent"] = min(100.0, max(0.0, told["percent"]))
    progress(core, lease_id, **told)


def waits_for_ever(letters: Any, *, now: float) -> None:
    """Hold results back until every report before them is answered."""
    if letters._again_at is not None and letters._again_at <= now:  # noqa: SLF001  (a bug)
        letters._resend()  # noqa: SLF001


def letter_of(core: Any, key: Any) -> Any:
    """Return a POST that is answered now."""
    return core._letters._under_way.get(key)  # noqa: SLF001  (a bug)


def gives_up_over_progress(
    answered: Answered, core: Any, key: Any, status: int, **at_: Any
) -> None:
    """Cancel a lease whose progress the gateway cannot take."""
    letter = letter_of(core, key)
    answered(core, key, status, **at_)
    if letter is not None and letter.kind is Kind.PROGRESS and status >= 500:  # noqa: PLR2004
        core.work.cancel(letter.lease_id, **at_)


def nacks_after_all(answered: Answered, core: Any, key: Any, status: int, *, now: float) -> None:
    """Nack what was acked when the gateway does not take the ack."""
    letter = letter_of(core, key)
    answered(core, key, status, now=now)
    if letter is not None and letter.kind is Kind.ACK and status in {400, 409, 500}:
        nack = refused(letter.lease_id, Refusal.ABORTED, now=now)
        core._letters.send(Kind.NACK, messages.render(nack))  # noqa: SLF001  (a bug)


def tries_again(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Send an ack again after a 500."""
    again = letter.kind is Kind.ACK and status == 500 and not letter.repeated  # noqa: PLR2004
    return Fate.REPEATED if again else judge(letter, status)


def says_nothing(conclude: Callable[..., None], work: Any, execution: Any, frame: Any) -> None:
    """Lose a failure without a reason."""
    conclude(work, execution, frame)
    if isinstance(frame, Nack) and frame.reason == "the handler gave no reason":
        work._verdicts.remove(frame)  # noqa: SLF001  (a bug)


def cannot_block(_handler: Any) -> Any:
    """Run no handler that blocks."""

    def blocking(_given: Any, _context: Any) -> Any:
        raise TypeError("this is no coroutine")

    return blocking


RESULTS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-RESULT-01", "an ack has another member", RENDER, told_with("ack", kind="ok")
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-02",
        "an output of null is told",
        RENDER,
        retold("ack", lambda frame: {"output": None, **frame}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-03",
        "an error whose text is not ASCII is one for good",
        f"{OUTCOMES}:_threw",
        wrapped(fails_for_good),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-04", "errors have another code", f"{OUTCOMES}:THREW", lambda _: "ERROR"
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-05", "a failure's code is lost", VERDICT, judging(without_code)
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-06",
        "a failure without a code gets another",
        f"{OUTCOMES}:TERMINAL",
        lambda _: "FAILED",
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-07",
        "a handler that ends as cancelled has failed",
        VERDICT,
        judging(aborted_is_raised),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-08",
        "nacks have details of null",
        RENDER,
        retold("nack", lambda frame: {"details": None, **frame}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-09",
        "handlers that block are not run",
        "reference.neuron.profile:blocking",
        cannot_block,
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-10",
        "a result overtakes the progress before it",
        f"{LETTERS}:Letters.conclude",
        wrapped(overtakes),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-11",
        "a percent out of range is forced into it",
        f"{CORE}:NeuronCore.progress",
        wrapped(clips),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-12",
        "progress that is refused ends its lease",
        f"{CORE}:NeuronCore.answered",
        wrapped(gives_up_over_progress),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-13",
        "results wait for the answers to progress",
        f"{LETTERS}:Letters.tick",
        lambda _: waits_for_ever,
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-14",
        "a refused ack is followed by a nack",
        f"{CORE}:NeuronCore.answered",
        wrapped(nacks_after_all),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-15",
        "an ack is repeated after a 500",
        f"{LETTERS}:_fate",
        wrapped(tries_again),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-16",
        "heartbeats spell UTC as an offset",
        RENDER,
        retold("heartbeat", lambda it: {**it, "sentAt": it["sentAt"].replace("Z", "+00:00")}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-17",
        "heartbeats are text",
        f"{SHELL}.start",
        asking("post", with_header("Content-Type", lambda _: "text/plain", at="/heartbeat")),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-18",
        "a failure without a reason is lost",
        f"{WORK}:Work._conclude",
        wrapped(says_nothing),
    ),
)


# --- cancels


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


CANCELLED: tuple[Mutant, ...] = (
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

MUTANTS: tuple[Mutant, ...] = (*RESULTS, *CANCELLED, *HEARTBEATS, *CHANGES)
