"""A gateway that a test plays: it records every request and answers as it is told."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reference.neuron import sse

EVENTS = "/neuron/events"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def bearer(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Say:
    """An answer: late by so many seconds, or cut instead of given."""

    status: int = 200
    after: float = 0.0
    cut: bool = False
    body: bytes = b'{"ok":true}'
    content_type: str = "application/json"


class ScriptedGateway:
    """Answers 200 unless an answer stands in line for the path."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: defaultdict[str, deque[Say]] = defaultdict(deque)
        self.stream: web.StreamResponse | None = None
        self.url = ""
        self._request: web.Request | None = None
        self._ended = asyncio.Event()
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        self._ended.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(
            Asked(
                request.method,
                request.path,
                request.raw_path.partition("?")[2],
                dict(request.headers),
                body,
                time.monotonic(),
            )
        )
        await self._tell()
        waiting = self.answers[request.path.rpartition("/")[2]]
        say = waiting.popleft() if waiting else Say()
        await asyncio.sleep(say.after)
        if say.cut:
            assert request.transport is not None
            request.transport.abort()
        if request.path.endswith(EVENTS) and say.status == 200:
            return await self._stream(request)
        return web.Response(status=say.status, body=say.body, content_type=say.content_type)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        self.stream, self._request, self._ended = stream, request, asyncio.Event()
        await self._tell()
        await self._ended.wait()
        return stream

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # What the test does

    async def write(self, raw: bytes) -> None:
        """Write bytes into the newest stream."""
        assert self.stream is not None
        await self.stream.write(raw)

    async def send(self, *frames: dict[str, Any]) -> None:
        """Write frames in one segment."""
        await self.write(
            b"".join(sse.encode(json.dumps(frame), name=frame["type"]) for frame in frames)
        )

    def end_stream(self) -> None:
        self._ended.set()

    def abort_stream(self) -> None:
        assert self._request is not None
        assert self._request.transport is not None
        self._request.transport.abort()
        self._ended.set()

    def of(self, name: str) -> list[Asked]:
        """Return the requests whose path ends so."""
        return [each for each in self.asked if each.path.endswith(f"/{name}")]

    def results(self) -> dict[str, list[str]]:
        """Return what each lease came to."""
        found = defaultdict(list)
        for each in self.asked:
            if each.path.endswith(("/ack", "/nack")):
                found[each.json["leaseId"]].append(each.json.get("kind", "ack"))
        return dict(found)

    async def until(self, fits: Callable[[], Any]) -> None:
        """Wait until something holds; the scene's bound ends what never does."""
        async with self._changed:
            await self._changed.wait_for(fits)

    async def asked_for(self, name: str, count: int = 1) -> Asked:
        """Wait for the n-th request of a path and return it."""
        await self.until(lambda: len(self.of(name)) >= count)
        return self.of(name)[count - 1]

    async def serving(self) -> None:
        """Wait until a neuron has its stream and is registered."""
        await self.until(lambda: self.stream is not None and self.of("register"))
