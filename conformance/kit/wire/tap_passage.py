"""One request on its way through a tap: passed on, answered in the server's place, or lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from aiohttp import web

from conformance.kit.wire import transports
from conformance.kit.wire.tap_rules import Asked, Reply
from conformance.kit.wire.tap_sockets import OpenSocket
from conformance.kit.wire.tap_stream import OpenStream

if TYPE_CHECKING:
    from conformance.kit.transcript import Direction, Event, Recorder

HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "host"})
EVENT_STREAM = "text/event-stream"
SWITCHING = 101
CUT = "cut"
HUNG_UP = "the client hung up"


class Between(Protocol):
    """The tap, as far as a request on its way needs it."""

    upstream: str
    client: Direction
    server: Direction
    opened: list[OpenStream]
    sockets: list[OpenSocket]

    @property
    def http(self) -> aiohttp.ClientSession:
        """What dials the server."""

    @property
    def recorder(self) -> Recorder:
        """The record of the present conversation."""


@dataclass(slots=True, eq=False)
class Passage:
    """A request, the connection that it came on, and what is recorded of it."""

    tap: Between
    request: web.Request
    transport: asyncio.Transport
    asked: Asked
    event: Event
    stream: OpenStream | None = None
    taken: bool = False  # as a WebSocket, in the server's place

    async def outcome(self, reply: Reply) -> web.StreamResponse:
        """Do what the reply says; when the client hangs up first, that is what is recorded."""
        try:
            return await self._outcome(reply)
        except asyncio.CancelledError:
            begun = self.stream is not None
            if self.taken:
                pass  # the socket has recorded its end
            elif self.stream is None or not self.stream.over.is_set():
                kind = "http.end" if begun else "http.failure"
                self._record(self.tap.client, kind, data=self._about(HUNG_UP))
            raise
        finally:
            if self.stream is not None:
                self.stream.over.set()
                self.tap.opened.remove(self.stream)

    async def _outcome(self, reply: Reply) -> web.StreamResponse:
        await asyncio.sleep(reply.after)
        if reply.silent:
            await asyncio.Event().wait()  # until the client hangs up
        if reply.cut:
            return self._cut(CUT)
        if reply.status == SWITCHING:
            return await self._taken()
        if reply.status is not None:
            return await (self._streamed(reply) if reply.streaming else self._answered(reply))
        if self.request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket()
        return await self._passed_on(reply)

    # In the server's place

    async def _answered(self, reply: Reply) -> web.Response:
        status = 200 if reply.status is None else reply.status
        headers = [[key, value] for key, value in reply.headers.items()]
        if reply.stop_after is not None:
            head = f"HTTP/1.1 {status} Broken\r\nContent-Length: {len(reply.body)}\r\n\r\n"
            self.transport.write(head.encode() + reply.body[: reply.stop_after])
            return self._cut(f"cut after {reply.stop_after} bytes of the body", gently=True)
        data = {"to": self.event.number, "status": status, "headers": headers}
        self._record(self.tap.server, "http.response", data=data, body=reply.body)
        return web.Response(status=status, headers=reply.headers, body=reply.body or None)

    def _cut(self, why: str, *, gently: bool = False) -> web.Response:
        self._record(self.tap.server, "http.failure", data=self._about(why))
        if gently:
            self.transport.close()  # after what was written has left
        else:
            transports.cut(self.transport)
        return web.Response()

    async def _streamed(self, reply: Reply) -> web.Response:
        stream = self._open(chunked=reply.chunked)
        stream.begin(reply.status or 200, reply.headers)
        stream.write(reply.body)
        await stream.over.wait()
        return web.Response()

    def _open(self, *, chunked: bool = True) -> OpenStream:
        def record(kind: str, **columns: Any) -> Event:
            return self._record(self.tap.server, kind, **columns)

        self.stream = OpenStream(self.transport, record, to=self.event.number, chunked=chunked)
        self.tap.opened.append(self.stream)
        return self.stream

    async def _taken(self) -> web.WebSocketResponse:
        client = web.WebSocketResponse(autoping=False, max_msg_size=0, compress=False)
        await client.prepare(self.request)
        data = {"to": self.event.number, "status": SWITCHING, "headers": []}
        self._record(self.tap.server, "http.response", data=data)
        self.taken = True
        socket = OpenSocket(
            client, self.transport, self._record, up=self.tap.client, down=self.tap.server
        )
        self.tap.sockets.append(socket)
        try:
            await socket.listen()
        finally:
            self.tap.sockets.remove(socket)
        return client

    # By the server itself

    async def _passed_on(self, reply: Reply) -> web.StreamResponse:
        try:
            async with self.tap.http.request(
                self.asked.method,
                self.tap.upstream + self.asked.target,
                headers=passed_on(self.asked.headers),
                data=self.asked.body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as response:
                headers = {k: v for k, v in response.headers.items() if k.lower() not in HOP}
                if response.content_type == EVENT_STREAM:
                    return await self._relayed(response, headers)
                answer = replace(
                    reply, status=response.status, headers=headers, body=await response.read()
                )
        except aiohttp.ClientError as error:
            why = f"behind the tap: {error}".encode()
            answer = Reply(502, {"Content-Type": "text/plain"}, why)
        return self._cut("the answer was lost") if reply.unheard else await self._answered(answer)

    async def _relayed(
        self, response: aiohttp.ClientResponse, headers: dict[str, str]
    ) -> web.Response:
        stream = self._open()
        stream.begin(response.status, headers)

        async def relay() -> None:
            try:
                async for data in response.content.iter_any():
                    stream.write(data)
            except aiohttp.ClientError:
                stream.cut("the server broke off")
            stream.end()

        relaying = asyncio.create_task(relay())
        try:
            await stream.over.wait()
        finally:
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)
        return web.Response()

    async def _socket(self) -> web.StreamResponse:
        lines = {k: v for k, v in passed_on(self.asked.headers).items() if not _handshake(k)}
        try:
            server = await self.tap.http.ws_connect(
                self.tap.upstream + self.asked.target,
                headers=lines,
                autoping=False,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as refusal:
            told = {"Content-Type": "text/plain"}
            return await self._answered(Reply(refusal.status, told, refusal.message.encode()))
        client = web.WebSocketResponse(autoping=False, max_msg_size=0)
        await client.prepare(self.request)
        data = {"to": self.event.number, "status": 101, "headers": []}
        self._record(self.tap.server, "http.response", data=data)
        socket = OpenSocket(
            client, self.transport, self._record, up=self.tap.client, down=self.tap.server
        )
        self.tap.sockets.append(socket)
        try:
            async with server:
                await socket.relay(server)
        finally:
            self.tap.sockets.remove(socket)
        return client

    # What is written down

    def _record(self, direction: Direction, kind: str, **columns: Any) -> Event:
        recorder = self.tap.recorder
        return recorder.transcript.add(
            direction,
            kind,
            scenario=recorder.scenario,
            connection=self.event.connection,
            **columns,
        )

    def _about(self, why: str) -> dict[str, object]:
        return {"to": self.event.number, "why": why}


def passed_on(lines: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return the headers that are the peers' own business, not that of one connection."""
    return {key: value for key, value in lines if key.lower() not in HOP}


def _handshake(name: str) -> bool:
    return name.lower() == "upgrade" or name.lower().startswith("sec-websocket-")
