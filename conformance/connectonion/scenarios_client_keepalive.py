"""Conversations with a client about nothing: PINGs, silence, and a run that takes too long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.connectonion.hosting import A_MOMENT, DEAD_AFTER, PING, TIMEOUT, Hosting
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.connectonion.hosting import Call
    from conformance.kit.running.stage import Stage

PINGED, SILENT, ENDLESS = "a call with PINGs", "a silent call", "an endless call"
PINGS = 3
WAITED_FOR = 8.0  # seconds: who is patient for longer is not waited for
PINGS_IN = 5  # PINGs while a client with this patience would give up
ANSWERED = 2.0  # seconds within which a PONG has come, also on a busy machine
LATE = 2.0  # seconds that a busy machine may add
LONG = 40.0  # seconds, beside the client's own intervals


@scenario(bound=LONG)
async def silence(stage: Stage) -> None:
    """Send PINGs, then nothing at all."""
    host = await Hosting(stage).comes()
    call = await host.asked(stage.unique("hello"), about=PINGED)
    for _ in range(PINGS):
        await host.say(PING, tag="a PING")
        await host.hears(call, "PONG", within=ANSWERED)
    await asyncio.sleep(A_MOMENT)
    await host.done(call)
    call = await host.asked(host.stage.unique("hello"), about=SILENT)
    await host.say(PING, tag="the last PING")
    await _given_up(host, call, host.seconds("dead_after", DEAD_AFTER))
    await host.leave(call)


@scenario(bound=LONG)
async def no_end(stage: Stage) -> None:
    """Send PINGs without end."""
    host = await Hosting(stage).comes()
    call = await host.asked(host.stage.unique("hello"), about=ENDLESS)
    pinging = host.stage.beside(_ping(host, host.seconds("dead_after", DEAD_AFTER) / PINGS_IN))
    await _given_up(host, call, host.seconds("timeout", TIMEOUT))
    pinging.cancel()
    await host.leave(call)


async def _given_up(host: Hosting, call: Call, after: float) -> None:
    await host.gives_up(call, within=min(after, WAITED_FOR) + LATE)


async def _ping(host: Hosting, gap: float) -> None:
    while True:
        await host.say(PING, tag="one of many PINGs")
        await asyncio.sleep(min(gap, 1.0))
