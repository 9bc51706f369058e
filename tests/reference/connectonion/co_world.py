"""A host, a client and a relay on real sockets, for tests that talk to them."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from reference.connectonion import ROLES, canonical
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from reference.role import Role

WITHIN = 20.0  # seconds; a test that gets here hangs
ME = Identity.of_seed(b"\x07" * 32)
SECONDS = itertools.count()


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(conversation, WITHIN))


@asynccontextmanager
async def running(name: str, *, store: str | None = None, **settings: Any) -> AsyncIterator[Role]:
    role = ROLES[name]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=store)
    try:
        yield role
    finally:
        await role.stop()


def envelope(who: Identity = ME, **payload: Any) -> dict[str, Any]:
    """Sign a payload; each has a time of its own, so that none is a repetition."""
    signed = {"timestamp": int(time.time()) - next(SECONDS) % 200, **payload}
    return {
        "payload": signed,
        "from": who.address,
        "signature": who.sign(canonical.escaped(signed)),
    }


@asynccontextmanager
async def visited(**settings: Any) -> AsyncIterator[tuple[Role, aiohttp.ClientSession]]:
    async with (
        running("host", **{"trust": "open", **settings}) as host,
        aiohttp.ClientSession(host.url) as client,
    ):
        yield host, client


def admin_of(host: Role) -> Identity:
    return Identity.of_seed(bytes.fromhex(host.facts["admin_key"]))


async def frame(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await socket.receive_str())
    return told
