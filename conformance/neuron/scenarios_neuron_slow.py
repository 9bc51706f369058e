"""A conversation with a gateway that takes its time for every answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import OWN_STREAM, about, asks_for, late

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

SLOWLY = 2.0  # seconds
HEADERS_AFTER = 0.4  # seconds
BEHIND = "a lease behind a slow nack"
TELLING = "a lease whose progress is answered slowly"


@scenario(bound=30.0)
async def a_slow_gateway(stage: Stage) -> None:
    """Take long to open the stream, to answer a nack, and to answer a progress."""
    keeper = Gatekeeper(stage)
    keeper.answer(asks_for(OPEN), replace(OWN_STREAM, after=HEADERS_AFTER))
    await keeper.connected()
    keeper.needs("conf/ctl")
    unknown = keeper.lease("conf/none", about="a slow nack")
    behind = keeper.lease("conf/echo", about=BEHIND)
    keeper.answer(about(unknown, "nack"), late(SLOWLY))
    keeper.send(unknown)
    await keeper.ended(unknown)
    keeper.send(behind)
    telling = keeper.lease("conf/ctl", {"progress": [{"percent": 1}]}, about=TELLING)
    keeper.answer(about(telling, "progress"), late(SLOWLY))
    keeper.send(telling)
    await keeper.ended(behind, telling)
    await asyncio.sleep(A_MOMENT)
    await keeper.settled("nack", "progress")
