"""One server of the gateway benchmark, in a process of its own: ``reference`` or ``bare``.

The bare one is aiohttp with the least code that speaks the same wire: it knows no bearers, checks
nothing, and gives each task to the next stream.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count

from aiohttp import web

from reference.neuron.gateway import GatewayRole


class Bare:
    """Streams in the order of their opening, and the number of the next task."""

    def __init__(self) -> None:
        self._streams: list[asyncio.Queue[str]] = []
        self._tasks = count()

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Write what is put into a queue."""
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._streams.append(queue)
        while True:
            data = await queue.get()
            await answer.write(f"event: lease\ndata: {data}\n\n".encode())

    async def post(self, request: web.Request) -> web.Response:
        """Read JSON, answer JSON."""
        await request.json()
        return web.json_response({"ok": True})

    async def submit(self, request: web.Request) -> web.Response:
        """Give a task to the next stream."""
        order = await request.json()
        task_id = f"t-{next(self._tasks)}"
        stream = self._streams[int(task_id[2:]) % len(self._streams)]
        lease = {"leaseId": task_id, "task": {"taskId": task_id, "input": order["input"]}}
        stream.put_nowait(json.dumps({"type": "lease", "lease": lease}))
        return web.json_response({"task_id": task_id}, status=202)


async def bare() -> str:
    """Serve with next to no code."""
    server = Bare()
    app = web.Application()
    app.router.add_get("/neuron/events", server.events)
    app.router.add_post("/neuron/{kind}", server.post)
    app.router.add_post("/tasks", server.submit)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def gateway() -> str:
    """Serve the reference gateway."""
    role = GatewayRole()
    store = sys.argv[2] if len(sys.argv) > 2 else None
    await role.start(host="127.0.0.1", port=0, settings={}, store=store)
    return role.url


async def main() -> None:
    """Serve until the process is killed."""
    print(await {"bare": bare, "reference": gateway}[sys.argv[1]](), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
