"""The conversations of properties: a few leases each, under whatever hypothesis thought of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.kit.wire.tap_stream import OpenStream
from conformance.neuron.framing import LINE_ENDS, joined, lines
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import CUT, asks_for, refused
from conformance.neuron.scenarios_neuron_leases import sleeping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.tap import Reply

    Example = Mapping[str, Any]

SPELLED, LIVED = "a lease in some spelling", "a life"
AFTERWARDS = "a lease after all trouble"
CALLED_OFF = 0.2  # seconds that a lease would last if it were not cancelled
GAP = 0.002  # seconds between two writes that shall be read apart
CUTS = {"end": OpenStream.end, "cut": OpenStream.cut}


async def read_in_pieces(stage: Stage, example: Example) -> None:
    """Write leases in spellings, all in one piece of text that is cut somewhere."""
    keeper = await Gatekeeper(stage).connected()
    written, leases = b"", []
    for spelling in example["frames"]:
        lease = keeper.lease("conf/echo", spelling["input"], about=SPELLED)
        leases.append(lease)
        own = lines(lease.frame)
        extra = spelling["extra"]
        written += joined([*extra, *own, *extra], LINE_ENDS[spelling["end"]])
    keeper.announce(*leases)
    places = sorted({place % len(written) for place in example["cuts"]} - {0})
    for start, end in zip([0, *places], [*places, len(written)], strict=True):
        keeper.write(written[start:end])
        await asyncio.sleep(GAP)
    await keeper.ended(*leases, within=PATIENCE / 2)


def contract(number: int) -> str:
    """Return what the lease under a contract is about."""
    return f"contract {number}"


async def under_contracts(stage: Stage, example: Sequence[Example]) -> None:
    """Lease with inputs that fit or do not fit the schemas of the leases."""
    keeper = await Gatekeeper(stage).connected()
    leases = [
        keeper.lease("conf/echo", each["input"], about=contract(number), inputSchema=each["schema"])
        for number, each in enumerate(example)
    ]
    keeper.send(*leases)
    await keeper.ended(*leases, within=PATIENCE / 2)


async def live_through(stage: Stage, example: Sequence[Example]) -> None:
    """Lease, cancel and end streams in any order, then wait for every lease to end."""
    keeper = await Gatekeeper(stage).connected()
    leases = []
    for step in example:
        if step["do"] == "lease":
            lease = keeper.lease(step["capability"], step["script"], about=LIVED)
            leases.append(lease)
            keeper.send(lease)
        elif step["do"] == "lease and cancel":
            lease = keeper.lease(step["capability"], sleeping(CALLED_OFF), about=LIVED)
            leases.append(lease)
            keeper.send(lease)
            await asyncio.sleep(GAP)
            keeper.cancel(lease)
        elif step["do"] == "lose":
            await keeper.reconnected(end=CUTS[step["how"]])
        await asyncio.sleep(step["pause"])
    await keeper.ended(*leases, within=2 * PATIENCE)
    await asyncio.sleep(A_MOMENT / 3)


async def in_trouble(stage: Stage, example: Sequence[Example]) -> None:
    """Break what a neuron needs, in turn, and see whether it serves afterwards."""
    keeper = await Gatekeeper(stage).connected()
    keeper.send(keeper.lease("conf/ctl", sleeping(A_MOMENT), about="a lease under trouble"))
    for trouble in example:
        (rule,) = keeper.answer(asks_for(trouble["at"]), _reply(trouble["answer"]))
        await asyncio.sleep(trouble["pause"])
        keeper.end_stream()
        await keeper.until_used(rule, within=PATIENCE / 2)
        rule.withdraw()
        await _served(keeper)
    after = keeper.lease("conf/echo", 1, about=AFTERWARDS)
    keeper.send(after)
    await keeper.ended(after, within=PATIENCE / 2)


async def _served(keeper: Gatekeeper) -> None:
    """Wait until the neuron has a stream; where its register failed, give it another."""
    await keeper.times(1, OPEN)
    if not await keeper.registered(within=6 * keeper.delay + A_MOMENT):
        await keeper.reconnected()


def _reply(answer: str) -> Reply:
    return CUT if answer == "cut" else refused(int(answer))
