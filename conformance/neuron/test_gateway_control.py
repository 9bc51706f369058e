"""NEURON-GW-CTRL: what the gateway says on its own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.neuron import scenarios_gateway_control as control
from conformance.neuron.streams import any_frames, frames, leases
from conformance.neuron.tasks import deliveries, must_be

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("NEURON-GW-CTRL-01", control.cancelled)
def test_a_cancelled_task_sends_a_cancel_to_its_neuron(seen: Seen) -> None:
    found = any_frames(seen, control.CANCELLED, kind="cancel")
    for note in seen.notes("a cancelled lease"):
        frame = next((f for f in found if f.lease_id == note.data["lease_id"]), None)
        if frame is None:
            raise Broken("no cancel came for the lease", note)
        reason, at = frame.at("reason"), frame.at("cancelledAt")
        frame.must(isinstance(reason, str) and reason, f"the reason is {reason!r}")
        frame.must(isinstance(at, str) and at, f"cancelledAt is {at!r}")


@check("NEURON-GW-CTRL-02", control.cancelled, cases=control.ANSWERS)
def test_after_a_cancel_the_neuron_may_answer(seen: Seen, answer: str) -> None:
    given = seen.answer(f"{answer} after cancel")
    if answer == "cancelled":
        given.must_be_ok()
    fault = given.status is None or given.status >= 500
    given.must(not fault, f"an answer that raced the cancel is answered {given.shown()}")


@check("NEURON-GW-CTRL-03", control.ignored)
def test_a_cancel_without_answer_ends_with_the_lease(seen: Seen) -> None:
    note = seen.noted("a task whose cancel is ignored")
    for lease in deliveries(seen, note)[1:]:
        raise Broken("the cancelled task was delivered again", lease.proof)
    must_be(seen, "the task whose cancel was ignored", "cancelled")
    seen.answer("an ack of what came after").must_be_ok()


@check("NEURON-GW-CTRL-04", control.hurried, cases=("with its lease", "before its lease"))
def test_a_cancel_is_not_lost_though_it_comes(seen: Seen, when: str) -> None:
    if when == "with its lease":
        brought = {lease.lease_id: lease for lease in leases(seen)}
        for cancel in any_frames(seen, kind="cancel"):
            lease = brought.get(cancel.lease_id)
            together = lease is not None and lease.proof == cancel.proof
            cancel.must(not together, "lease and cancel came in one piece: neurons lose the cancel")
        return
    last = seen.answer("an ack of the task that came next")
    if not last.ok:
        raise Unmet(f"the next task's ack was refused: {last.shown()}", *last.evidence)
    note = seen.noted("a task that is cancelled while it waits")
    for lease in leases(seen, task=note.data["task_id"]):
        raise Broken("a task that was cancelled while it waited was leased", note, lease.proof)
    must_be(seen, "the task that was cancelled while it waited", "cancelled")


@check("NEURON-GW-CTRL-05", control.revoked)
def test_a_revoked_capability_is_said_and_no_longer_leased(seen: Seen) -> None:
    note = seen.noted("a revoked capability")
    said = any_frames(seen, control.REVOKED, kind="capability-revoked")
    if not any(frame.at("capability") == note.data["capability"] for frame in said):
        raise Broken("no capability-revoked came for the capability", note)
    found = leases(seen, control.REVOKED)
    types = {frame.at("lease", "task", "capability"): frame for frame in found}
    if not found:
        raise Unmet("no lease came for the capability that was kept", note)
    if note.data["capability"] in types:
        proof = types[note.data["capability"]].proof
        raise Broken("a task of the revoked capability was leased", said[0].proof, proof)


@check("NEURON-GW-CTRL-06", control.shut_down)
def test_a_planned_shutdown_says_disconnect(seen: Seen) -> None:
    said = {frame.stream for frame in any_frames(seen, control.STOPPED, kind="disconnect")}
    for opened in seen.answers(control.STOPPED):
        told = opened.request.number in said
        opened.must(told, "no disconnect came before the gateway was gone")


@check("NEURON-GW-CTRL-07", control.banned)
def test_who_is_told_not_to_return_is_refused(seen: Seen) -> None:
    frames(seen, control.BANNED, kind="disconnect")
    other = seen.answer("an open of who may return")
    if not other.ok:
        raise Unmet(f"who may return is refused as well: {other.shown()}", *other.evidence)
    answer = seen.answer("an open of who may not return")
    answer.must((answer.status or 0) >= 400, f"its stream is opened: {answer.shown()}")


@check("NEURON-GW-CTRL-08", control.sessionless)
def test_who_has_no_session_is_made_to_register(seen: Seen) -> None:
    beat = seen.answer("a heartbeat without a session")
    ended = list(seen.events_of("http.end", tag=control.SESSIONLESS))
    beat.must(ended, "the stream goes on, so the neuron will never register")
    seen.answer("a register after the lost session").must_be_ok()


@check("NEURON-GW-CTRL-09", control.restarted, cases=("open", "register", "heartbeat"))
def test_after_a_restart_a_neuron_can(seen: Seen, what: str) -> None:
    tags = {
        "open": control.AFTER,
        "register": "a register after the restart",
        "heartbeat": "a heartbeat with an old lease",
    }
    seen.answer(tags[what]).must_be_ok()
