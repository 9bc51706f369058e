"""Asking an address which protocol it speaks, and in which role."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.targets.instance import TargetError
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.wire.http import HttpClient
from conformance.kit.wire.tcp import Address, Tcp, Unreachable

if TYPE_CHECKING:
    from conformance.kit.protocols import Protocol
    from conformance.kit.targets.wish import Wish

    Found = tuple[Protocol, str]


async def recognise(url: str, able: list[Protocol], wish: Wish) -> tuple[Protocol, str]:
    """Ask the address which of the protocols it speaks."""
    aside = Recorder(Transcript(clock=asyncio.get_running_loop().time), "probe")
    web = [each for each in able if each.probe_tcp is None]
    said = ""
    if web:
        said, found = await _over_http(HttpClient(aside, url), web)
    if not web or found is None:
        found = await _over_tcp(aside, url, [each for each in able if each.probe_tcp is not None])
    if found is not None:
        return found[0], wish.role or found[1]
    if len(able) == 1 and wish.role:
        return able[0], wish.role
    spoken = ", ".join(each.title for each in able)
    raise TargetError(
        f"{url} is there, but does not answer as any role of {spoken} would{said};"
        " if it should be judged all the same, name --assay-protocol and --assay-role"
    )


async def _over_http(client: HttpClient, able: list[Protocol]) -> tuple[str, Found | None]:
    """Return what the address said to a plain GET, and the protocol that it speaks."""
    try:
        alive = await client.ask("GET", "/", tag="alive")
        if alive.failure and alive.request.connection == "":
            raise TargetError(
                f"nothing answers at {client.url}: {alive.failure}; is the target running?"
            )
        for protocol in able:
            role = await protocol.probe(client) if protocol.probe is not None else None
            if role is not None:
                return "", (protocol, role)
    finally:
        client.close()
    return f" (to GET / it said: {alive.shown()})", None


async def _over_tcp(aside: Recorder, url: str, able: list[Protocol]) -> Found | None:
    for protocol in able:
        try:
            tcp = await Tcp.open(aside, Address.of(url))
        except Unreachable as error:
            raise TargetError(
                f"nothing answers at {url}: {error}; is the target running?"
            ) from None
        try:
            role = await protocol.probe_tcp(tcp) if protocol.probe_tcp is not None else None
        finally:
            tcp.close()
        if role is not None:
            return protocol, role
    return None
