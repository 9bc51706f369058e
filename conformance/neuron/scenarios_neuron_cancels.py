"""A conversation about cancels: of what runs, waits, has ended, was never there, or is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.leasing import about, cancelling, late
from conformance.neuron.scenarios_neuron_leases import sleeping

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.neuron.leasing import Lease

LONG = 40.0  # seconds
ENDLESS = 6.0  # seconds that nobody means to wait
SHORT = 0.5
UNDER_WAY = 0.4  # seconds that the gateway takes to answer
TIMES = 3


@scenario(bound=LONG)
async def calling_off(stage: Stage) -> None:
    """Cancel leases at every point of their lives, and once more."""
    keeper = await Gatekeeper(stage).connected()
    for capability in ("conf/ctl", "conf/serial"):
        keeper.needs(capability)
    await _while_they_run(keeper)
    await _before_they_begin(keeper)
    await _while_they_are_told(keeper)


async def _while_they_run(keeper: Gatekeeper) -> None:
    running = keeper.lease("conf/ctl", sleeping(ENDLESS), about="a running lease")
    beside = keeper.lease("conf/ctl", sleeping(SHORT), about="a lease beside it")
    full = keeper.lease("conf/serial", sleeping(ENDLESS), about="a lease that holds the slot")
    next_one = keeper.lease("conf/serial", about="a lease that waits for the slot", input={})
    keeper.send(running, beside, full, next_one)
    await asyncio.sleep(A_MOMENT)
    keeper.cancel(running)
    keeper.cancel(full)
    await keeper.ended(running, beside, full, next_one)
    for ended in (running, beside, _nobodys(keeper)):
        for _ in range(TIMES):
            keeper.cancel(ended)
    await keeper.fence("a lease after useless cancels", moment=A_MOMENT)


async def _before_they_begin(keeper: Gatekeeper) -> None:
    first = keeper.lease("conf/serial", sleeping(ENDLESS), about="a lease that runs first")
    queued = keeper.lease("conf/serial", about="a lease that waits", input={})
    keeper.send(first, queued)
    await asyncio.sleep(A_MOMENT)
    keeper.cancel(queued)
    await keeper.ended(queued, within=PATIENCE / 4)
    keeper.cancel(first)
    await keeper.ended(first, within=PATIENCE / 4)
    await keeper.settled("ack", "nack")
    await asyncio.sleep(A_MOMENT)
    at_once = keeper.lease("conf/ctl", sleeping(SHORT), about="a lease with its cancel")
    keeper.send(at_once, then=cancelling(at_once.id))
    stubborn = sleeping(SHORT, ignoreCancel=True)
    heedless = keeper.lease("conf/ctl", stubborn, about="a handler that takes no notice")
    keeper.send(heedless)
    await asyncio.sleep(A_MOMENT)
    keeper.cancel(heedless)
    await keeper.ended(first, queued, at_once, heedless)


async def _while_they_are_told(keeper: Gatekeeper) -> None:
    nacked = keeper.lease("conf/ctl", sleeping(ENDLESS), about="a nack under way")
    acked = keeper.lease("conf/ctl", {}, about="an ack under way")
    keeper.answer(about(nacked, "nack"), late(UNDER_WAY))
    keeper.answer(about(acked, "ack"), late(UNDER_WAY))
    keeper.send(nacked, acked)
    await asyncio.sleep(A_MOMENT)
    keeper.cancel(nacked)
    keeper.cancel(acked)
    await keeper.ended(nacked, acked)
    keeper.cancel(nacked)
    await asyncio.sleep(UNDER_WAY + A_MOMENT)
    await keeper.fence("a lease at the end", moment=0.0)


def _nobodys(keeper: Gatekeeper) -> Lease:
    return keeper.lease("conf/ctl", {}, about="a lease that was never sent")
