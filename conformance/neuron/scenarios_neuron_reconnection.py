"""Conversations in which gateways go away: for a moment, for a while, or for good."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import CUT, SENT_AT, about
from conformance.neuron.scenarios_neuron_leases import sleeping

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 60.0  # seconds, beside the neuron's own intervals
SHORT = 0.3
OUTAGE = 0.6
BACK = "connections are accepted again"  # the tap's own note


@scenario(bound=LONG)
async def a_restart(stage: Stage) -> None:
    """End the stream under a lease, cut an ack, and be away while another lease ends."""
    keeper = await Gatekeeper(stage).connected()
    keeper.needs("conf/ctl")
    keeper.tell("disconnect", reason="assay says so", reconnectable=True, sentAt=SENT_AT)
    await keeper.fence("a lease after a disconnect", moment=A_MOMENT)
    survivor = keeper.lease("conf/ctl", sleeping(SHORT), about="a lease that outlives its stream")
    keeper.send(survivor)
    await asyncio.sleep(A_MOMENT)
    await keeper.reconnected()
    await keeper.ended(survivor)
    cut = keeper.lease("conf/echo", 1, about="an ack that is cut")
    keeper.answer(about(cut, "ack"), CUT)
    keeper.send(cut)
    await keeper.ended(cut)
    lost = keeper.lease("conf/ctl", sleeping(SHORT), about="an ack that finds nobody")
    keeper.send(lost)
    await asyncio.sleep(A_MOMENT)
    async with stage.tap.deaf():
        await asyncio.sleep(OUTAGE)
    await keeper.more(1, OPEN, within=PATIENCE + 10 * keeper.delay)
    await keeper.registered()
    await keeper.more(1, "heartbeat", within=keeper.interval + PATIENCE)
    await keeper.fence("a lease after the restart")
    await keeper.ended(lost, within=PATIENCE / 2)


@scenario(restarts=True, bound=LONG)
async def a_farewell(stage: Stage) -> None:
    """Revoke a capability that is busy, then say farewell for good and end the stream."""
    keeper = await Gatekeeper(stage).connected()
    keeper.needs("conf/ctl")
    running = keeper.lease("conf/ctl", sleeping(3.0), about="a lease of a revoked capability")
    keeper.send(running)
    await asyncio.sleep(A_MOMENT)
    keeper.tell(
        "capability-revoked", capability="conf/ctl", reason="assay says so", revokedAt=SENT_AT
    )
    late = keeper.lease("conf/ctl", {}, about="a lease after the revocation")
    await asyncio.sleep(A_MOMENT)
    keeper.send(late)
    await keeper.ended(running, late)
    keeper.tell("disconnect", reason="assay says so", reconnectable=False, sentAt=SENT_AT)
    stage.note("farewell")
    await asyncio.sleep(A_MOMENT)
    keeper.end_stream()
    await keeper.more(1, OPEN, within=10 * keeper.delay + A_MOMENT)
