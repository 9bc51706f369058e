"""NEURON-GW-HB: heartbeats, and what their absence may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.neuron import scenarios_gateway_heartbeats as heartbeats
from conformance.neuron.streams import leases
from conformance.neuron.tasks import deliveries

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("NEURON-GW-HB-01", heartbeats.beating, cases=("an idle heartbeat", "a busy heartbeat"))
def test_a_registered_neuron_may_send(seen: Seen, heartbeat: str) -> None:
    seen.answer(heartbeat).must_be_ok()


@check("NEURON-GW-HB-02", heartbeats.beating)
def test_unknown_leases_in_a_heartbeat_are_ignored(seen: Seen) -> None:
    idle = seen.answer("an idle heartbeat")
    if not idle.ok:
        raise Unmet(f"not even an idle heartbeat was accepted: {idle.shown()}", *idle.evidence)
    seen.answer("a heartbeat with unknown leases").must_be_ok()
    seen.answer("a heartbeat after unknown leases").must_be_ok()
    for end in seen.events_of("http.end", tag="the stream of a beating neuron"):
        raise Broken("the stream ended after a heartbeat with unknown leases", end)


@check("NEURON-GW-HB-03", heartbeats.half_listed)
def test_a_lease_that_a_heartbeat_does_not_list_is_not_renewed(seen: Seen) -> None:
    note = seen.noted("two leases")
    listed, unlisted = (leases(seen, task=note.data[name]) for name in ("listed", "unlisted"))
    if len(listed) > 1:
        raise NotObserved("heartbeats renew nothing at all (NEURON-GW-LEASE-11)", listed[-1].proof)
    if len(unlisted) < 2:
        raise Broken("the lease that no heartbeat listed was renewed with the other", note)


@check("NEURON-GW-HB-04", heartbeats.mute)
def test_the_first_heartbeat_may_take_15_seconds(seen: Seen) -> None:
    for end in seen.events_of("http.end", tag=heartbeats.MUTE):
        raise Broken("the stream was ended before the first heartbeat was due", end)
    seen.answer("the first heartbeat").must_be_ok()
    note = seen.noted("a task for the mute")
    if not leases(seen, heartbeats.MUTE, task=note.data["task_id"]):
        raise Broken("no lease came to a neuron whose first heartbeat was not due", note)


@check("NEURON-GW-HB-05", heartbeats.draining)
def test_a_draining_neuron_may_miss_heartbeats(seen: Seen) -> None:
    for end in seen.events_of("http.end", tag=heartbeats.DRAINING):
        raise Broken("the stream was ended though the lease had long to live", end)
    seen.answer("an ack at the end of draining").must_be_ok()
    found = deliveries(seen, seen.noted("a task of the draining"))
    for lease in found[1:]:
        raise Broken("the task was delivered again though its lease had long to live", lease.proof)
