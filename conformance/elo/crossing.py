"""Two targets that dial each other at the same moment, whatever the machine is busy with.

Each dials a port of the kit's and is led to the other. Both hellos have been sent before either
arrives, and both answers before either is heard: so neither knows of the other's dialling when it
dials, and both learn of it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.elo.peer import COMES, QUIET

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener
    from conformance.kit.wire.tcp import Tcp


@dataclass
class Crossing:
    """Where both hellos, and then both answers, wait for each other."""

    hellos: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))
    answers: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))


async def crossing(stage: Stage, one: str, other: str) -> tuple[str, str]:
    """Return the addresses that one and the other of two URLs must dial to cross each other."""
    meeting = Crossing()
    led = [(await stage.listen(), url) for url in (other, one)]
    for listener, url in led:
        stage.beside(_carry(stage, listener, url, meeting))
    return led[0][0].address, led[1][0].address


async def _carry(stage: Stage, listener: Listener, url: str, meeting: Crossing) -> None:
    """Lead who dials a listener to a URL, and hold back the first words of both sides."""
    near = await listener.accept(within=COMES)
    if near is None:
        return
    far = await stage.tcp(url)
    await _handed_on(near, far, meeting.hellos)
    await _handed_on(far, near, meeting.answers)
    await asyncio.gather(_pump(near, far), _pump(far, near))


async def _handed_on(source: Tcp, sink: Tcp, when: asyncio.Barrier) -> None:
    """Hand on the first words when the other side's are there too, or never come."""
    data = await _read(source)
    with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
        async with asyncio.timeout(2 * QUIET):
            await (when.wait() if data else when.abort())
    with contextlib.suppress(OSError):
        await sink.write(data)


async def _pump(source: Tcp, sink: Tcp) -> None:
    """Hand on everything, and the end."""
    while data := await _read(source):
        with contextlib.suppress(OSError):
            await sink.write(data)
    sink.close()


async def _read(source: Tcp) -> bytes:
    with contextlib.suppress(OSError):
        return await source.read()
    return b""
