"""A tap: it stands between a client and a server, passes every message on, and records it.

One of the two is the target. With the server as target it records what a served reference
role says (``assay serve --trace``); with the client as target it is how the kit hears a client
role that dials the opposite role, and where it can answer in that role's place.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from conformance.kit import transcript
from conformance.kit.wire import transports
from conformance.kit.wire.tap_passage import Passage
from conformance.kit.wire.tap_rules import Asked, Reply, Rule, Rules

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from conformance.kit.transcript import Recorder
    from conformance.kit.wire.tap_sockets import OpenSocket
    from conformance.kit.wire.tap_stream import OpenStream

__all__ = ["Asked", "Reply", "Rule", "Tap"]

BODY_LIMIT = 64 * 1024 * 1024  # bytes; the server behind decides what is too long
CLOSE_WITHIN = 1.0  # seconds


class Tap:
    """Listens on one port and dials ``upstream``; everything that passes is in the transcript.

    ``streams`` and ``sockets`` are the client's open event streams and WebSockets, oldest
    first; ``opened`` are the streams that the tap still looks after. ``client`` and ``server``
    are the directions in which the two sides are recorded. With ``tls`` clients dial it so.
    """

    def __init__(
        self, upstream: str, *, target_is_client: bool, tls: ssl.SSLContext | None = None
    ) -> None:
        self.url = ""
        self.upstream = upstream
        self.dialled = asyncio.Event()
        self.opened: list[OpenStream] = []
        self.sockets: list[OpenSocket] = []
        sides = (transcript.Direction.KIT, transcript.Direction.TARGET)
        self.client, self.server = reversed(sides) if target_is_client else sides
        self._listening = asyncio.Event()
        self._deaf = False
        self._recorder: Recorder | None = None
        self._rules = Rules()
        self._connections: dict[asyncio.Transport, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._tls = tls

    async def start(self, *, host: str, port: int) -> None:
        """Listen; raises OSError when the address is taken."""
        self._session = aiohttp.ClientSession(
            # A connection that is kept may be closed by the server just when it is needed again.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        application = web.Application(client_max_size=BODY_LIMIT)
        application.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,  # a client that hangs up hangs up on the server too
            shutdown_timeout=CLOSE_WITHIN,
        )
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, host, port, ssl_context=self._tls)
        await self._site.start()
        name, bound = self._runner.addresses[0][:2]
        self.url = f"{'https' if self._tls else 'http'}://{name}:{bound}"

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        self.cut_all()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        """What dials the server."""
        if self._session is None:
            raise RuntimeError("the tap has not been started")
        return self._session

    @property
    def recorder(self) -> Recorder:
        """The record of the present conversation, or of the last."""
        if self._recorder is None:
            raise RuntimeError("nobody listens to the tap")
        return self._recorder

    # What a conversation does with it

    @property
    def streams(self) -> tuple[OpenStream, ...]:
        """The streams that are not over."""
        return tuple(stream for stream in self.opened if not stream.over.is_set())

    def hear(self, recorder: Recorder) -> None:
        """Record for a conversation from now on; requests that waited for one go on."""
        self._recorder = recorder
        self._listening.set()

    def pause(self) -> None:
        """End the conversation: its rules are void, and new requests wait for the next."""
        self._listening.clear()
        self._rules.clear()
        for stream in self.streams:
            stream.end("the conversation is over")
        for socket in tuple(self.sockets):
            if socket.taken:
                socket.cut()

    def answer_next(self, fits: Callable[[Asked], bool], reply: Reply) -> Rule:
        """Do this with the next request that fits."""
        return self._rules.add(fits, reply, times=1)

    def answer(
        self, fits: Callable[[Asked], bool], reply: Reply, *, times: int | None = None
    ) -> Rule:
        """Do this with so many requests that fit, by default with all until it is withdrawn."""
        return self._rules.add(fits, reply, times=times)

    def cut_all(self) -> None:
        """Break every connection of the client, whether something is under way on it or not."""
        for stream in self.streams:
            stream.cut()
        for connection in tuple(self._connections):
            transports.cut(connection)

    @asynccontextmanager
    async def deaf(self) -> AsyncIterator[None]:
        """Break every connection and refuse new ones, as a server that is down does."""
        if self._runner is None or self._site is None:
            raise RuntimeError("the tap has not been started")
        host, port = self._runner.addresses[0][:2]
        await self._site.stop()
        self._deaf = True  # also to connections that were accepted, but have not asked yet
        self.cut_all()
        self.recorder.note("note", tag="connections are refused")
        try:
            yield
        finally:
            self._deaf = False
            self._site = web.TCPSite(
                self._runner, host, port, reuse_address=True, ssl_context=self._tls
            )
            await self._site.start()
            self.recorder.note("note", tag="connections are accepted again")

    # What passes

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self.dialled.set()
        await self._listening.wait()
        transport = request.transport
        if transport is None:  # the client went away while it waited
            return web.Response()
        if self._deaf:
            transports.cut(transport)
            return web.Response()
        asked = Asked(
            request.method,
            request.raw_path,
            tuple(
                (key.decode("latin-1"), value.decode("utf-8", "replace"))
                for key, value in request.raw_headers
            ),
            await request.read(),
        )
        event = self.recorder.transcript.add(
            self.client,
            "http.request",
            scenario=self.recorder.scenario,
            connection=self._name(transport),
            data={
                "method": asked.method,
                "target": asked.target,
                "headers": [list(line) for line in asked.headers],
            },
            body=asked.body,
        )
        passage = Passage(self, request, transport, asked, event)
        return await passage.outcome(self._rules.reply_to(asked))

    def _name(self, transport: asyncio.Transport) -> str:
        if transport not in self._connections:
            living = {t: name for t, name in self._connections.items() if not t.is_closing()}
            self._connections = {**living, transport: self.recorder.connection()}
        return self._connections[transport]
