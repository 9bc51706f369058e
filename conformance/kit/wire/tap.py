"""A tap: it stands between a client and a server, passes every message on, and records it.

One of the two is the target. With the server as target it records what a served reference
role says (``assay serve --trace``); with the client as target it is how the kit hears a client
role that dials the opposite role, and where it can answer in that role's place.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from conformance.kit import transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.transcript import Direction, Event, Recorder

HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "host"})
BODY_LIMIT = 64 * 1024 * 1024  # bytes; the server behind decides what is too long
CLOSE_WITHIN = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the tap got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in place of the server's; ``cut`` breaks the connection instead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False


class Tap:
    """Listens on one port and dials another; everything that passes is in the transcript."""

    def __init__(
        self,
        upstream: str,
        *,
        target_is_client: bool,
    ) -> None:
        self.url = ""
        self.dialled = asyncio.Event()
        self._listening = asyncio.Event()
        self._recorder: Recorder | None = None
        self._instead: list[tuple[Callable[[Asked], bool], Reply]] = []
        self._upstream = upstream
        sides = (transcript.Direction.KIT, transcript.Direction.TARGET)
        self._client, self._server = reversed(sides) if target_is_client else sides
        self._connections: dict[Any, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

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
        await web.TCPSite(self._runner, host, port).start()
        name, bound = self._runner.addresses[0][:2]
        self.url = f"http://{name}:{bound}"

    def hear(self, recorder: Recorder) -> None:
        """Record for a conversation from now on; requests that waited for one go on."""
        self._recorder = recorder
        self._listening.set()

    def pause(self) -> None:
        """Let new requests wait for the next conversation."""
        self._listening.clear()
        self._instead.clear()

    def answer_next(self, fits: Callable[[Asked], bool], reply: Reply) -> None:
        """Answer the next request that fits in the server's place."""
        self._instead.append((fits, reply))

    @property
    def recorder(self) -> Recorder:
        """The record of the present conversation, or of the last."""
        if self._recorder is None:
            raise RuntimeError("nobody listens to the tap")
        return self._recorder

    def _add(self, direction: Direction, kind: str, connection: str, **columns: Any) -> Event:
        return self.recorder.transcript.add(
            direction, kind, scenario=self.recorder.scenario, connection=connection, **columns
        )

    def _name(self, request: web.Request) -> str:
        if request.transport not in self._connections:
            self._connections[request.transport] = self.recorder.connection()
        return self._connections[request.transport]

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self.dialled.set()
        await self._listening.wait()
        name = self._name(request)
        asked = Asked(
            request.method,
            request.raw_path,
            tuple((key.decode("latin-1"), value.decode()) for key, value in request.raw_headers),
            await request.read(),
        )
        event = self._add(
            self._client,
            "http.request",
            name,
            data={
                "method": asked.method,
                "target": asked.target,
                "headers": [list(line) for line in asked.headers],
            },
            body=asked.body,
        )
        scripted = self._scripted(asked)
        if scripted is not None and scripted.cut:
            self._add(self._server, "http.failure", name, data={"to": event.number, "why": "cut"})
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if scripted is None and request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._pass_socket(request, asked, event)
        try:
            reply = scripted or await self._forward(asked)
        except asyncio.CancelledError:
            why = {"to": event.number, "why": "the client hung up"}
            self._add(self._client, "http.failure", name, data=why)
            raise
        self._answered(event, name, reply)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body or None)

    def _scripted(self, asked: Asked) -> Reply | None:
        for each in self._instead:
            fits, reply = each
            if fits(asked):
                self._instead.remove(each)
                return reply
        return None

    def _answered(self, event: Event, name: str, reply: Reply) -> None:
        self._add(
            self._server,
            "http.response",
            name,
            data={
                "to": event.number,
                "status": reply.status,
                "headers": [[key, value] for key, value in reply.headers.items()],
            },
            body=reply.body,
        )

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the tap has not been started")
        return self._session

    async def _forward(self, asked: Asked) -> Reply:
        try:
            async with self._http.request(
                asked.method,
                self._upstream + asked.target,
                headers=_passed_on(asked.headers),
                data=asked.body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as response:
                headers = {k: v for k, v in response.headers.items() if k.lower() not in HOP}
                return Reply(response.status, headers, await response.read())
        except aiohttp.ClientError as error:
            return Reply(502, {"Content-Type": "text/plain"}, f"behind the tap: {error}".encode())

    async def _pass_socket(
        self, request: web.Request, asked: Asked, event: Event
    ) -> web.StreamResponse:
        lines = {k: v for k, v in _passed_on(asked.headers).items() if not _handshake(k)}
        name = self._name(request)
        try:
            upstream = await self._http.ws_connect(
                self._upstream + asked.target, headers=lines, autoping=False, max_msg_size=0
            )
        except aiohttp.WSServerHandshakeError as refusal:
            reply = Reply(refusal.status, {"Content-Type": "text/plain"}, refusal.message.encode())
            self._answered(event, name, reply)
            return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
        socket = web.WebSocketResponse(autoping=False, max_msg_size=0)
        await socket.prepare(request)
        self._answered(event, name, Reply(101))
        async with upstream:
            up = asyncio.create_task(self._relay(socket, upstream, name, self._client))
            down = asyncio.create_task(self._relay(upstream, socket, name, self._server))
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        return socket

    async def _relay(self, source: Any, sink: Any, name: str, direction: Direction) -> None:
        async for message in source:
            text = message.type is aiohttp.WSMsgType.TEXT
            if text or message.type is aiohttp.WSMsgType.BINARY:
                body = message.data.encode() if text else bytes(message.data)
                self._add(direction, "ws.message", name, data={"text": text}, body=body)
                await (sink.send_str(message.data) if text else sink.send_bytes(message.data))
            elif message.type is aiohttp.WSMsgType.PING:
                await sink.ping(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                await sink.pong(message.data)
        code = source.close_code
        self._add(direction, "ws.close", name, data={"code": code, "reason": ""})
        await sink.close(code=code if code is not None and code not in {1005, 1006} else 1000)

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()


def _passed_on(lines: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {key: value for key, value in lines if key.lower() not in HOP}


def _handshake(name: str) -> bool:
    return name.lower() == "upgrade" or name.lower().startswith("sec-websocket-")
