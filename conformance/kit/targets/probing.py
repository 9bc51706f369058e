"""Asking an address which protocol it speaks, and in which role."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.targets.instance import TargetError
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.wire.http import HttpClient

if TYPE_CHECKING:
    from conformance.kit.protocols import Protocol
    from conformance.kit.targets.wish import Wish


async def recognise(url: str, able: list[Protocol], wish: Wish) -> tuple[Protocol, str]:
    """Ask the address which of the protocols it speaks."""
    aside = Recorder(Transcript(clock=asyncio.get_running_loop().time), "probe")
    client = HttpClient(aside, url)
    try:
        alive = await client.ask("GET", "/", tag="alive")
        if alive.failure and alive.request.connection == "":
            raise TargetError(f"nothing answers at {url}: {alive.failure}; is the target running?")
        for protocol in able:
            role = await protocol.probe(client) if protocol.probe is not None else None
            if role is not None:
                return protocol, wish.role or role
    finally:
        client.close()
    if len(able) == 1 and wish.role:
        return able[0], wish.role
    spoken = ", ".join(each.title for each in able)
    raise TargetError(
        f"{url} is there, but does not answer as any role of {spoken} would"
        f" (to GET / it said: {alive.shown()});"
        " if it should be judged all the same, name --assay-protocol and --assay-role"
    )
