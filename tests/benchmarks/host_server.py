"""One server of the host benchmark, in a process of its own: ``reference``, ``bare``, ``signed``.

The bare one is aiohttp with the least code that speaks the same wire: it parses the same JSON and
echoes its prompt, but checks no signature, knows no policy and keeps no record. ``signed`` is the
same with one Ed25519 check a prompt: what no host can do without.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import web

from reference.connectonion.canonical import escaped
from reference.connectonion.host import HostRole
from reference.connectonion.identity import is_signed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.Response]]

NUMBERS = count()


async def answer(request: web.Request) -> web.Response:
    """Read JSON, answer JSON."""
    return told(await request.json())


async def health(_request: web.Request) -> web.Response:
    """Say that all is well."""
    return web.json_response({"status": "healthy", "agent": "bare", "uptime": 0})


async def answer_signed(request: web.Request) -> web.Response:
    """Do so for who signed it."""
    envelope = await request.json()
    payload, sender, signature = (envelope[name] for name in ("payload", "from", "signature"))
    if not is_signed(escaped(payload), signature, sender):
        return web.json_response({"error": "unauthorized"}, status=401)
    return told(envelope)


def told(envelope: dict[str, Any]) -> web.Response:
    """Echo a prompt."""
    prompt, session_id = envelope["payload"]["prompt"], f"s-{next(NUMBERS)}"
    return web.json_response(
        {
            "session_id": session_id,
            "status": "done",
            "result": f"echo:{prompt}",
            "duration_ms": 0,
            "session": {"session_id": session_id, "messages": [], "turn": 1},
        }
    )


async def bare(handler: Handler = answer) -> str:
    """Serve with next to no code."""
    app = web.Application()
    app.router.add_post("/input", handler)
    app.router.add_get("/health", health)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def host() -> str:
    """Serve the reference host."""
    role = HostRole()
    store = sys.argv[2] if len(sys.argv) > 2 else None
    await role.start(host="127.0.0.1", port=0, settings={"trust": "open"}, store=store)
    return role.url


async def main() -> None:
    """Serve until the process is killed."""
    servers: dict[str, Callable[[], Awaitable[str]]] = {
        "bare": bare,
        "signed": partial(bare, answer_signed),
        "reference": host,
    }
    print(await servers[sys.argv[1]](), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
