"""Conversations about how a stream is written: every spelling, every split, and nonsense."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.neuron import odd_frames
from conformance.neuron.framing import SPELLINGS, SPLITS, Piece
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.leasing import data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.running.stage import Stage
    from conformance.neuron.leasing import Lease

LONG = 40.0  # seconds
GAP = 0.002  # seconds between two writes that shall be read apart
MEGABYTE = 1024 * 1024
SIZES = (1, 8)  # MiB
SPOILT = "spoilt leases from now on"
TOGETHER = "two leases in one write"
BYTE_BY_BYTE = "a lease byte by byte"


@scenario(bound=LONG)
async def every_spelling(stage: Stage) -> None:
    """Write leases in every spelling, split at every place, in one write, and giant ones."""
    keeper = await Gatekeeper(stage).connected()
    spelled = []
    for name, spell in SPELLINGS.items():
        lease = keeper.lease("conf/echo", {"snow": "☃"}, about=name)
        keeper.announce(lease)
        keeper.write(spell(lease.frame), tag=name)
        spelled.append(lease)
    both = [keeper.lease("conf/echo", number, about=TOGETHER) for number in range(2)]
    keeper.send(*both)
    slow = keeper.lease("conf/echo", {"snow": "☃"}, about=BYTE_BY_BYTE)
    keeper.announce(slow)
    await _apart(keeper, [Piece(bytes([byte])) for byte in slow.block])
    split = await split_everywhere(keeper)
    large = [_large(keeper, size) for size in SIZES]
    keeper.send(*large)
    await keeper.ended(*spelled, *both, slow, *split, *large, within=4 * PATIENCE)


async def split_everywhere(keeper: Gatekeeper) -> list[Lease]:
    """Write a lease for each place of a split, each apart from the rest of its block."""
    leases, pieces = [], []
    for name, cut in SPLITS.items():
        lease = keeper.lease("conf/echo", {"snow": "☃"}, about=name)
        keeper.announce(lease)
        pieces += cut(lease.frame)
        leases.append(lease)
    await _apart(keeper, pieces)
    return leases


async def _apart(keeper: Gatekeeper, pieces: Iterable[Piece]) -> None:
    """Write pieces so that each is read alone; what need not be alone goes with the next."""
    waiting = b""
    for piece in pieces:
        waiting += piece.data
        if piece.apart:
            keeper.write(waiting)
            waiting = b""
            await asyncio.sleep(GAP)
    keeper.write(waiting)


def _large(keeper: Gatekeeper, size: int) -> Lease:
    given = {"output": size, "padding": "x" * size * MEGABYTE}
    return keeper.lease("conf/ctl", given, about=f"a lease of {size} MiB")


@scenario(bound=LONG)
async def odd_events(stage: Stage) -> None:
    """Write events that are no leases, and leases that are not valid, each before a good one."""
    keeper = await Gatekeeper(stage).connected()
    for name, written in odd_frames.EVENTS.items():
        stage.note(name)
        keeper.write(written, tag=name)
        await asyncio.sleep(5 * GAP)  # what comes with it might be read before it takes effect
        await _goes_on(keeper, odd_frames.after(name))
    stage.note(SPOILT)
    for name, spoil in odd_frames.LEASES.items():
        good = keeper.lease("conf/echo", {"odd": name}, about=name)
        keeper.announce(good)
        keeper.write(data(json.dumps(spoil(good.frame))), tag=name)
    await _goes_on(keeper, odd_frames.after(odd_frames.SPOILED), moment=A_MOMENT)
    for name, capability in odd_frames.CAPABILITIES.items():
        keeper.send(keeper.lease(capability, about=name))
    await _goes_on(keeper, odd_frames.after(odd_frames.NAMED), moment=A_MOMENT)


async def _goes_on(keeper: Gatekeeper, about: str, *, moment: float = 0.0) -> None:
    """Lease something; where the neuron gave its stream up, let it come back first."""
    served = await keeper.fence(about, moment=moment)
    if not (served and keeper.stage.tap.streams):
        await keeper.back()
