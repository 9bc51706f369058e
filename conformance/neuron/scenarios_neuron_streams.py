"""Conversations about streams as such: how they begin and end, and that nothing may happen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.wire.tap_stream import OpenStream
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import OWN_STREAM, asks_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.running.stage import Stage
    from conformance.neuron.leasing import Lease

LONG = 40.0  # seconds, beside the neuron's own intervals
QUIET = 3.0  # seconds at least without a byte; otherwise two heartbeat intervals
BOM = b"\xef\xbb\xbf"
BEGUN = "a lease behind a byte order mark"
CHUNKED, CLOSED = "a lease on a chunked stream", "a lease on a stream that ends by closing"
HALF = "a lease without its blank line"
SILENT = "a lease after a long silence"
QUIETLY = "nothing comes from now on"


@scenario(bound=LONG)
async def how_streams_end(stage: Stage) -> None:
    """Give a neuron streams that end in every way; one begins with a mark, one is quiet."""
    keeper = await Gatekeeper(stage).connected()
    keeper.greets = False
    await _serves(keeper, keeper.lease("conf/echo", 1, about=CHUNKED))
    stage.note(QUIETLY)
    await asyncio.sleep(max(QUIET, 2 * keeper.interval))
    await _serves(keeper, keeper.lease("conf/echo", 2, about=SILENT))
    await _ends(keeper, "the last chunk", OpenStream.end)
    begun = keeper.lease("conf/echo", 3, about=BEGUN)
    keeper.announce(begun)
    name, _, rest = begun.block.partition(b"\n")
    keeper.write(BOM + rest.rstrip(b"\n") + b"\n" + name + b"\n\n")  # the data comes first
    await keeper.ended(begun, within=PATIENCE / 2)
    await _ends(keeper, "a reset connection", OpenStream.cut)
    keeper.always(asks_for(OPEN), replace(OWN_STREAM, chunked=False))
    await _ends(keeper, "half a chunk", OpenStream.break_off)
    await _serves(keeper, keeper.lease("conf/echo", 4, about=CLOSED))
    await _ends(keeper, "a closed connection", OpenStream.end)


async def _serves(keeper: Gatekeeper, lease: Lease) -> None:
    keeper.send(lease)
    await keeper.ended(lease)


async def _ends(keeper: Gatekeeper, why: str, end: Callable[[OpenStream], None]) -> None:
    """Leave half a lease behind, end the stream, and wait for the next."""
    half = keeper.lease("conf/echo", "half", about=HALF)
    keeper.announce(half)
    keeper.write(half.block.rstrip(b"\n") + b"\n")
    await asyncio.sleep(A_MOMENT)
    if keeper.stage.tap.streams:  # otherwise nothing ends
        keeper.stage.note(why)
    await keeper.reconnected(end=end)
