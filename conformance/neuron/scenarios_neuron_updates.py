"""A conversation about concurrency that changes at run time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, Gatekeeper
from conformance.neuron.leasing import asks_for, refused
from conformance.neuron.scenarios_neuron_leases import sleeping

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 40.0  # seconds
SHORT = 0.3
RAISED = 2


def changing(type: str, concurrency: int) -> dict[str, Any]:  # noqa: A002  (the script's own word)
    """Return a script of conf/ctl that changes the concurrency of a capability."""
    return {"update": {"type": type, "concurrency": concurrency}}


@scenario(bound=LONG)
async def changes(stage: Stage) -> None:
    """Raise a concurrency under a running lease, refuse a change, and ask for what cannot be."""
    keeper = await Gatekeeper(stage).connected()
    for capability in ("conf/ctl", "conf/serial", "conf/sync"):
        keeper.needs(capability)
    running = keeper.lease("conf/serial", sleeping(3 * SHORT), about="a lease before the change")
    keeper.send(running)
    await asyncio.sleep(A_MOMENT)
    await _change(keeper, "conf/serial", RAISED, about="a raised concurrency")
    second = keeper.lease("conf/serial", sleeping(SHORT), about="a lease in the new slot")
    third = keeper.lease("conf/serial", {}, about="a lease too many")
    keeper.send(second, third)
    await keeper.ended(running, second, third)
    beside = keeper.lease("conf/serial", sleeping(SHORT), about="a lease after the change")
    both = keeper.lease("conf/serial", {}, about="a lease beside it")
    keeper.send(beside, both)
    await keeper.ended(beside, both)
    keeper.answer(asks_for("update-capability"), refused(403))
    await _change(keeper, "conf/sync", 3, about="a change that is refused")
    await keeper.fence("a lease after a refused change")
    await _change(keeper, "conf/nowhere", 2, about="a change of nothing")
    await keeper.reconnected()
    for impossible in (0, -1):
        await _change(keeper, "conf/sync", impossible, about="an impossible change")
    await keeper.reconnected()
    for capability, usual in {"conf/sync": 2, "conf/serial": 1}.items():
        await _change(keeper, capability, usual, about="the way back")


async def _change(keeper: Gatekeeper, capability: str, concurrency: int, *, about: str) -> None:
    lease = keeper.lease("conf/ctl", changing(capability, concurrency), about=about)
    keeper.send(lease)
    await keeper.ended(lease)
