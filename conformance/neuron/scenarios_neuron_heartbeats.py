"""Conversations in which heartbeats, or the stream below them, come to harm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import PATIENCE, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import CUT, asks_for, late, refused

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 60.0  # seconds, beside the neuron's own intervals
WAITING = 2.0  # seconds, beside the reconnect delays, that a heartbeat waits for its answer
GONE, BACK = "streams are refused", "streams are accepted again"


@scenario(bound=LONG)
async def lost_heartbeats(stage: Stage) -> None:
    """Refuse a heartbeat, cut one, answer one 401 twice, and wait for those that follow."""
    keeper = await Gatekeeper(stage).connected()
    replies = (refused(500), CUT, refused(401), refused(401))
    rules = keeper.answer(asks_for("heartbeat"), *replies)
    await keeper.until_used(*rules, within=4 * keeper.interval + PATIENCE)
    await keeper.more(1, OPEN, within=6 * keeper.delay)
    await keeper.recovers("heartbeat", within=2 * keeper.interval + PATIENCE)


@scenario(bound=LONG)
async def lost_streams(stage: Stage) -> None:
    """Let the stream end while a heartbeat is unanswered; then keep streams away for long."""
    keeper = await Gatekeeper(stage).connected()
    keeper.answer(asks_for("heartbeat"), late(2 * keeper.delay + WAITING))
    await keeper.times(1, "heartbeat", within=keeper.interval + PATIENCE)
    stage.note("the stream ends under a heartbeat")
    await keeper.reconnected()
    await keeper.more(2, "heartbeat", within=2 * keeper.interval + WAITING + PATIENCE / 2)
    away = keeper.always(asks_for(OPEN), refused(503))
    keeper.end_stream()
    stage.note(GONE)
    await asyncio.sleep(1.5 * keeper.interval)
    away.withdraw()
    stage.note(BACK)
    await keeper.more(1, OPEN, within=3 * keeper.interval + PATIENCE)
    await keeper.registered()
    await keeper.more(1, "heartbeat", within=keeper.interval + PATIENCE)
