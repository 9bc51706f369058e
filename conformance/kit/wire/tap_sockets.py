"""A WebSocket through a tap: both directions relayed, and frames that the kit adds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

from conformance.kit.wire import transports

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from conformance.kit.transcript import Direction, Event

    Add = Callable[..., Event]

NO_CODE = frozenset({None, 1005, 1006})  # codes that say that none was sent
NORMAL = 1000
FINAL_TEXT, SHORT, LONG = 0x81, 126, 127  # of a frame's head (RFC 6455, 5.2)


class OpenSocket:
    """One WebSocket of the client; before the server, or ``taken`` by the kit in its place.

    ``add`` records an event, ``up`` and ``down`` are the directions of client and server.
    """

    def __init__(
        self,
        client: web.WebSocketResponse,
        transport: asyncio.Transport,
        add: Add,
        *,
        up: Direction,
        down: Direction,
    ) -> None:
        self.taken = False
        self._client = client
        self._transport = transport
        self._add = add
        self._up = up
        self._down = down

    async def relay(self, server: aiohttp.ClientWebSocketResponse) -> None:
        """Pass frames both ways until one side closes."""
        ways = {
            asyncio.create_task(self._pass(self._client, server, self._up)),
            asyncio.create_task(self._pass(server, self._client, self._down)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, source: Any, sink: Any, direction: Direction) -> None:
        async for message in source:
            text = message.type is aiohttp.WSMsgType.TEXT
            if text or message.type is aiohttp.WSMsgType.BINARY:
                body = message.data.encode() if text else bytes(message.data)
                self._add(direction, "ws.message", data={"text": text}, body=body)
                await (sink.send_str(message.data) if text else sink.send_bytes(message.data))
            elif message.type is aiohttp.WSMsgType.PING:
                await sink.ping(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                await sink.pong(message.data)
        code = source.close_code
        self._add(direction, "ws.close", data={"code": code, "reason": ""})
        await sink.close(code=NORMAL if code in NO_CODE else code)

    async def listen(self) -> None:
        """Hear the client in the server's place until it goes, or the connection breaks."""
        self.taken = True
        code: int | None = None
        try:
            async for message in self._client:
                text = message.type is aiohttp.WSMsgType.TEXT
                if text or message.type is aiohttp.WSMsgType.BINARY:
                    body = message.data.encode() if text else bytes(message.data)
                    self._add(self._up, "ws.message", data={"text": text}, body=body)
                elif message.type is aiohttp.WSMsgType.PING:
                    await self._client.pong(message.data)
            code = self._client.close_code
        finally:
            told = None if code in NO_CODE else code
            self._add(self._up, "ws.close", data={"code": told, "reason": ""})

    async def say(self, data: str | bytes, *, tag: str = "") -> None:
        """Send the client a frame of which the server behind knows nothing."""
        text = isinstance(data, str)
        body = data.encode() if isinstance(data, str) else data
        self._add(self._down, "ws.message", tag=tag, data={"text": text}, body=body)
        await self._client.send_frame(
            body, aiohttp.WSMsgType.TEXT if text else aiohttp.WSMsgType.BINARY
        )

    async def close(self, code: int = NORMAL) -> None:
        """Close it in the server's place."""
        self._add(self._down, "ws.close", data={"code": code, "reason": ""})
        await self._client.close(code=code)

    def say_part(self, text: str, size: int, *, tag: str = "") -> None:
        """Begin a frame, and close the connection after so many of its bytes."""
        part = whole_frame(text.encode())[:size]
        self._add(self._down, "tcp.bytes", tag=tag, body=part)
        self._transport.write(part)
        self._transport.close()  # after what was written has left

    def cut(self) -> None:
        """Break the connection without a word."""
        transports.cut(self._transport)


def whole_frame(body: bytes) -> bytes:
    """Return the bytes of a server's text frame."""
    if len(body) < SHORT:
        return bytes((FINAL_TEXT, len(body))) + body
    if len(body) < 1 << 16:
        return bytes((FINAL_TEXT, SHORT)) + len(body).to_bytes(2, "big") + body
    return bytes((FINAL_TEXT, LONG)) + len(body).to_bytes(8, "big") + body
