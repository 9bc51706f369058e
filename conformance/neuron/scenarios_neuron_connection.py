"""Conversations about how a neuron connects and registers, and an ordinary day of one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap import Reply
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.leasing import CUT, JSON, asks_for, refused

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 40.0  # seconds, beside the neuron's own intervals
BEATS = 3
ODD_NAME = "a b/c?d=é&x#y%41"
BASE = "/base/"
DAY = {
    "conf/echo": {"said": "héllo"},
    "conf/typed": {"a": 1},
    "conf/sync": {},
    "conf/ctl": {"progress": [{"percent": 50, "message": "half-way", "data": {"k": None}}]},
}
REFUSALS = (refused(400), refused(500), CUT, refused(409))
UNGREETED = "a lease without a registered frame before it"
AFTER_REFUSALS = "a lease after every refusal"
WELCOMES = {
    "200 and JSON": Reply(200, JSON, b'{"ok":true}'),
    "200 and text": Reply(200, {"Content-Type": "text/plain"}, b"welcome"),
    "202": Reply(202),
    "204": Reply(204),
    "200 and nothing that is called JSON": Reply(200, JSON),
}


@scenario(bound=LONG)
async def an_ordinary_day(stage: Stage) -> None:
    """Give a neuron a lease of each kind, wait for heartbeats, and let it go."""
    keeper = await Gatekeeper(stage).connected()
    leases = [keeper.lease(capability, given, about="a lease") for capability, given in DAY.items()]
    keeper.send(*leases)
    await keeper.ended(*leases)
    await keeper.times(BEATS, "heartbeat", within=BEATS * keeper.interval + PATIENCE)
    await keeper.settled("heartbeat")
    await keeper.gone()


@scenario()
async def behind_a_gateway(stage: Stage) -> None:
    """Give a neuron tasks through the reference gateway."""
    keeper = Gatekeeper(stage)
    keeper.step_aside()
    await keeper.come()
    if not await keeper.accepts("register", within=keeper.interval + 2 * PATIENCE):
        raise NotObserved("the gateway accepts no register of this neuron")
    await keeper.registered()
    for capability, given in DAY.items():
        keeper.needs(capability)
        await stage.call(
            "inject_task", capability=capability, input=given, on_behalf_of="user:conf"
        )
    await keeper.times(len(DAY), "ack", "nack")
    await keeper.settled("ack", "nack")


@scenario(settings={"neuron_id": ODD_NAME})
async def an_odd_name(stage: Stage) -> None:
    """Let a neuron come whose name needs escapes, to a gateway with a base path and no greeting."""
    keeper = await Gatekeeper(stage, greets=False).connected(BASE)
    await keeper.fence(UNGREETED)


@scenario(bound=LONG)
async def a_gateway_that_refuses_registers(stage: Stage) -> None:
    """Refuse every register for three intervals, then one in every way, then accept."""
    keeper = Gatekeeper(stage)
    strict = keeper.always(asks_for("register"), refused(403))
    await keeper.come()
    await keeper.times(1, "register")
    await keeper.times(1, "heartbeat", within=BEATS * keeper.interval)
    strict.withdraw()
    (failing,) = keeper.answer(asks_for("register"), refused(503))
    await keeper.renewed(partial(keeper.until_used, failing))
    await keeper.registered(within=max(10 * keeper.delay, 1.0))
    for refusal in REFUSALS:
        (rule,) = keeper.answer(asks_for("register"), refusal)
        await keeper.renewed(partial(keeper.until_used, rule))
    await keeper.reconnected()
    await keeper.fence(AFTER_REFUSALS)


@scenario(bound=LONG)
async def a_gateway_that_welcomes_in_many_ways(stage: Stage) -> None:
    """Accept each register with another kind of answer, and wait for a heartbeat."""
    keeper = Gatekeeper(stage)
    *most, last = [keeper.answer(asks_for("register"), reply)[0] for reply in WELCOMES.values()]
    await keeper.come()
    for rule in most:
        await keeper.until_used(rule)
        await keeper.more(1, "heartbeat", within=keeper.interval + PATIENCE / 2)
        await keeper.settled("heartbeat")
        await asyncio.sleep(A_MOMENT / 3)  # its answer has arrived when the stream ends
        keeper.end_stream()
    await keeper.until_used(last)
    await keeper.more(1, "heartbeat", within=keeper.interval + PATIENCE / 2)
