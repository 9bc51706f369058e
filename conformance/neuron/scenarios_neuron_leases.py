"""Conversations about leases: how many run at once, in which order, and what their handlers get."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.leasing import LEFT_OUT, LONG_AGO

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 40.0  # seconds, beside the neuron's own intervals
MANY = 300
SHORT = 0.3  # seconds that a handler sleeps
INPUTS: tuple[Any, ...] = (
    None,
    False,
    0,
    "",
    [],
    {},
    '☃\u2028😀 \x00\x1f\x7f "\\/',
    10**20,
    -1.5e-9,
    1.0,
    {"a": [None, {"b": [True, {"c": None}]}], "": {"é": 0}},
)
BARE: dict[str, Any] = {"inputSchema": LEFT_OUT, "outputSchema": LEFT_OUT}
OPTIONAL: dict[str, dict[str, dict[str, Any]]] = {
    "no optional member": {"lease": BARE, "task": {}},
    "onBehalfOf null": {"lease": {}, "task": {"onBehalfOf": None}},
    "onBehalfOf": {"lease": {}, "task": {"onBehalfOf": "user:somebody"}},
    "metadata null": {"lease": {}, "task": {"metadata": None}},
    "inputSchema null": {"lease": {"inputSchema": None}, "task": {}},
    "outputSchema null": {"lease": {"outputSchema": None}, "task": {}},
}
REDELIVERED = {"attempt": 3, "metadata": {"queue": "conf", "depth": [1, {}]}}


def sleeping(seconds: float, **script: Any) -> dict[str, Any]:
    """Return a script of conf/ctl and conf/serial that sleeps."""
    return {"sleepMs": round(seconds * 1000), **script}


@scenario(bound=LONG)
async def a_full_house(stage: Stage) -> None:
    """Fill conf/serial for more than an interval, then conf/ctl, then conf/echo with hundreds."""
    keeper = await Gatekeeper(stage).connected()
    keeper.needs("conf/serial")
    long = 1.6 * keeper.interval + SHORT
    busy = keeper.lease("conf/serial", sleeping(long), about="a lease that fills conf/serial")
    queue = [
        keeper.lease("conf/serial", sleeping(A_MOMENT / 5), about="leases that wait")
        for _ in range(4)
    ]
    beside = keeper.lease("conf/ctl", sleeping(long), about="a lease beside them")
    keeper.send(busy, *queue, beside)
    other = keeper.lease("conf/echo", 1, about="a lease of another capability meanwhile")
    second = keeper.lease("conf/ctl", {}, about="a lease of the same capability meanwhile")
    keeper.send(other)
    await keeper.ended(other)
    keeper.send(second)
    await keeper.ended(second, within=min(PATIENCE, long))
    await keeper.ended(busy, *queue, beside, within=long + PATIENCE)
    many = [keeper.lease("conf/echo", [number], about="many leases") for number in range(MANY)]
    keeper.send(*many)
    await keeper.ended(*many, within=4 * PATIENCE)
    three = [
        keeper.lease("conf/ctl", sleeping(SHORT), about="one lease more than conf/ctl has slots")
        for _ in range(3)
    ]
    keeper.send(*three)
    await keeper.ended(*three)


@scenario()
async def all_kinds_of_leases(stage: Stage) -> None:
    """Lease with every kind of input, with and without optional members, and odd ones."""
    keeper = await Gatekeeper(stage).connected()
    inputs = [
        keeper.lease("conf/echo", given, about=f"input {number}")
        for number, given in enumerate(INPUTS)
    ]
    plain = [
        keeper.lease("conf/echo", 1, about=name, **members["lease"]).with_task(**members["task"])
        for name, members in OPTIONAL.items()
    ]
    redelivered = keeper.lease("conf/echo", 1, about="a lease that was delivered before")
    redelivered = redelivered.with_task(**REDELIVERED)
    unknown = keeper.lease("conf/none", 1, about="a lease for a capability that is not there")
    past = keeper.lease("conf/echo", 1, about="a lease that expired long ago")
    past = past.with_members(expiresAt=LONG_AGO)
    twin = keeper.lease("conf/ctl", sleeping(SHORT), about="a lease that is sent twice")
    keeper.send(*inputs, *plain, redelivered, unknown, twin)
    keeper.write(twin.block)
    await keeper.ended(*inputs, *plain, redelivered, unknown, twin)
    keeper.send(past)
    await asyncio.sleep(A_MOMENT)
    await keeper.fence("a lease after an expired one", moment=A_MOMENT)
