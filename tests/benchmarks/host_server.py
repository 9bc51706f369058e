"""One server of the host benchmark, in a process of its own: ``reference`` or ``bare``.

The bare one is aiohttp with the least code that speaks the same wire: it parses the same JSON and
echoes its prompt, but checks no signature, knows no policy and keeps no record.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from aiohttp import web

from reference.connectonion.host import HostRole

NUMBERS = count()


async def answer(request: web.Request) -> web.Response:
    """Read JSON, answer JSON."""
    envelope = await request.json()
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


async def bare() -> str:
    """Serve with next to no code."""
    app = web.Application()
    app.router.add_post("/input", answer)
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
    print(await {"bare": bare, "reference": host}[sys.argv[1]](), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
