"""Conversations about stopping: with leases of all kinds, at the deadline, against a handler."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, Gatekeeper
from conformance.neuron.scenarios_neuron_leases import sleeping

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 60.0  # seconds, beside the neuron's own intervals
ENDLESS = 30.0
STUBBORN = 8.0
DEADLINE = 0.5
PATIENT = 6.0  # seconds: a busy machine must not take a neuron to its deadline
GOES = "the client may go"  # the stage's own note
BEATS = 3.0  # intervals that the longest lease lasts beyond the request to stop


@scenario(restarts=True, settings={"drain_timeout": PATIENT}, bound=LONG)
async def draining(stage: Stage) -> None:
    """Stop a neuron with leases that run, wait, come late and are called off."""
    keeper = await Gatekeeper(stage).connected()
    for capability in ("conf/ctl", "conf/serial"):
        keeper.needs(capability)
    long = min(BEATS * keeper.interval, 0.5 * keeper.drain_timeout)
    running = keeper.lease("conf/ctl", sleeping(long), about="a running lease")
    doomed = keeper.lease("conf/ctl", sleeping(ENDLESS), about="a lease to be called off")
    holding = keeper.lease("conf/serial", sleeping(0.5 * long), about="a lease that holds the slot")
    queued = keeper.lease("conf/serial", {}, about="a lease that waits")
    keeper.send(running, doomed, holding, queued)
    await asyncio.sleep(A_MOMENT)
    async with asyncio.TaskGroup() as group:
        stopping = group.create_task(keeper.gone())
        await keeper.ended(queued)  # so the neuron has been told
        late = keeper.lease("conf/echo", 1, about="a lease that comes late")
        keeper.send(late)
        keeper.cancel(doomed)
        await stopping


@scenario(restarts=True, settings={"drain_timeout": DEADLINE}, bound=LONG)
async def a_deadline(stage: Stage) -> None:
    """Stop a neuron with leases that last longer than it waits."""
    keeper = await Gatekeeper(stage).connected()
    keeper.needs("conf/ctl")
    running = keeper.lease("conf/ctl", sleeping(ENDLESS), about="a lease that lasts too long")
    keeper.send(running)
    await asyncio.sleep(A_MOMENT)
    await stage.end()


@scenario(restarts=True, settings={"drain_timeout": DEADLINE}, bound=LONG)
async def a_stubborn_handler(stage: Stage) -> None:
    """Stop a neuron whose handler takes no notice of anything."""
    keeper = await Gatekeeper(stage).connected()
    keeper.needs("conf/ctl")
    stubborn = sleeping(STUBBORN, ignoreCancel=True)
    running = keeper.lease("conf/ctl", stubborn, about="a handler that takes no notice")
    keeper.send(running)
    await asyncio.sleep(A_MOMENT)
    await stage.end()
