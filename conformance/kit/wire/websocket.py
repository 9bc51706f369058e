"""The kit's WebSocket client, frame by frame, on a recorded connection."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import wsproto
from wsproto import events as frames
from wsproto.connection import ConnectionState
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from conformance.kit.wire.exchange import Answer, ask_only_the_living, waited
from conformance.kit.wire.tcp import Address, Tcp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from conformance.kit.transcript import Event, Recorder

LARGE_TEXT = b"\x81\xff"  # one masked frame whose length is in eight bytes (RFC 6455, 5.2)
PIECE = 256 * 1024  # bytes of a large message that go out at once
PAUSE = 0.01  # seconds after each: a target that closes with bytes unread has its last word lost
MESSAGE_LIMIT = 8 * 1024 * 1024  # bytes


class WebSocket:
    """An open WebSocket."""

    def __init__(self, tcp: Tcp, state: wsproto.WSConnection) -> None:
        self.tcp = tcp
        self._state = state
        self._parts: list[str | bytes] = []
        self._ready: list[Event] = []
        self.closed: Event | None = None
        self.mute = False  # then nothing goes out, not even the answer to a ping

    @classmethod
    async def open(  # noqa: PLR0913  (the parts of an upgrade request)
        cls,
        recorder: Recorder,
        url: str,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        tls: ssl.SSLContext | None = None,
        tag: str = "",
        within: float = 5.0,
    ) -> tuple[WebSocket | None, Answer]:
        """Ask for the upgrade; return the socket (None when refused) and the answer.

        Raises Unreachable, and Unmet when the target hangs.
        """
        ask_only_the_living(recorder)
        address = Address.of(url, tls=tls)
        tcp = await Tcp.open(recorder, address)
        state = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        lines = [(name, value) for name, value in headers]
        request = recorder.sent(
            "http.request",
            tcp.name,
            tag=tag,
            data={
                "method": "GET",
                "target": target,
                "headers": [["Upgrade", "websocket"], *map(list, lines)],
            },
        )
        encoded = [(name.encode(), value.encode()) for name, value in lines]
        opening = frames.Request(host=address.authority, target=target, extra_headers=encoded)
        # A target may hang up at once: the handshake below says so.
        with contextlib.suppress(OSError):
            await tcp.write(state.send(opening))
        socket = cls(tcp, state)
        answer = await socket._handshake(request, within=within)
        return (socket if answer.status == 101 else None), answer  # noqa: PLR2004

    @classmethod
    async def accept(
        cls, tcp: Tcp, *, tag: str = "", within: float = 5.0
    ) -> tuple[WebSocket | None, Event | None]:
        """Be the server on a connection of the target's; return socket and upgrade request.

        None for both when the target does not ask for a WebSocket.
        """
        socket = cls(tcp, wsproto.WSConnection(wsproto.ConnectionType.SERVER))
        try:
            async with asyncio.timeout(within):
                asked = await socket._asked()
        except (TimeoutError, OSError, RemoteProtocolError):
            asked = None
        if asked is None:
            tcp.close()
            return None, None
        headers = [["Upgrade", "websocket"], *_decoded(asked.extra_headers)]
        data = {"method": "GET", "target": asked.target, "headers": headers}
        request = tcp.recorder.received("http.request", tcp.name, tag=tag, data=data)
        answer = {"to": request.number, "status": 101, "headers": []}
        tcp.recorder.sent("http.response", tcp.name, tag=tag, data=answer)
        await socket._write(frames.AcceptConnection())
        return socket, request

    async def _asked(self) -> frames.Request | None:
        while data := await self.tcp.read():
            self._feed(data)
            for event in self._state.events():
                return event if isinstance(event, frames.Request) else None
        return None

    async def _handshake(self, request: Event, *, within: float) -> Answer:
        try:
            async with asyncio.timeout(within):
                status, headers, body = await self._upgraded()
        except TimeoutError:
            waited(self.tcp.recorder, within)
            return self._refused(request, f"no answer to the upgrade within {within:g} s")
        except (OSError, RemoteProtocolError) as error:
            return self._refused(request, f"the upgrade failed: {error}")
        event = self.tcp.recorder.received(
            "http.response",
            self.tcp.name,
            tag=request.tag,
            data={"to": request.number, "status": status, "headers": headers},
            body=body,
        )
        self.tcp.recorder.transcript.unanswered = 0
        if status != 101:  # noqa: PLR2004
            self.tcp.close()
        return Answer(request, event)

    async def _upgraded(self) -> tuple[int, list[list[str]], bytes]:
        status, headers, body = 0, list[list[str]](), b""
        while True:
            self._feed(await self.tcp.read())
            for event in self._state.events():
                if isinstance(event, frames.AcceptConnection):
                    return 101, _decoded(event.extra_headers), b""
                if isinstance(event, frames.RejectConnection):
                    status, headers = event.status_code, _decoded(event.headers)
                    if not event.has_body:
                        return status, headers, b""
                elif isinstance(event, frames.RejectData):
                    body += event.data
                    if event.body_finished:
                        return status, headers, body

    def _refused(self, request: Event, why: str) -> Answer:
        event = self.tcp.recorder.received(
            "http.failure", self.tcp.name, tag=request.tag, data={"to": request.number, "why": why}
        )
        self.tcp.close()
        return Answer(request, event)

    async def send_text(self, text: str, *, tag: str = "") -> Event:
        """Send one text message."""
        return await self._send(frames.TextMessage(data=text), text.encode(), tag, text=True)

    async def send_bytes(self, data: bytes, *, tag: str = "") -> Event:
        """Send one binary message."""
        return await self._send(frames.BytesMessage(data=data), data, tag, text=False)

    async def send_parts(self, *parts: str, tag: str = "") -> Event:
        """Send one text message in as many frames, each in a segment of its own."""
        event = self.tcp.recorder.sent(
            "ws.message",
            self.tcp.name,
            tag=tag,
            data={"text": True, "frames": len(parts)},
            body="".join(parts).encode(),
        )
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            await self._write(frames.TextMessage(data=part, message_finished=last))
            await asyncio.sleep(0)
        return event

    async def send_large(self, data: bytes, *, pause: float = 0.0, tag: str = "") -> Event:
        """Send one text message of any size until the target closes; masked with zeros.

        Who masks megabytes keeps every other conversation waiting. ``pause`` is how many seconds
        a target has that needs no more than the length to refuse the message.
        """
        event = self.tcp.recorder.sent(
            "ws.message", self.tcp.name, tag=tag, data={"text": True}, body=data
        )
        header = LARGE_TEXT + len(data).to_bytes(8, "big") + bytes(4)
        pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
        with contextlib.suppress(OSError):
            await self.tcp.write(header)
            await self._closes(within=pause)
            for piece in pieces:
                if self.closed is None:
                    await self.tcp.write(piece)
                    await asyncio.sleep(PAUSE)
        return event

    async def _closes(self, *, within: float) -> None:
        """Wait for the target to close, which somebody else must be reading."""
        waits = int(within / PAUSE)
        while self.closed is None and waits:
            await asyncio.sleep(PAUSE)
            waits -= 1

    async def _send(self, message: frames.Event, body: bytes, tag: str, *, text: bool) -> Event:
        event = self.tcp.recorder.sent(
            "ws.message", self.tcp.name, tag=tag, data={"text": text}, body=body
        )
        await self._write(message)
        return event

    async def _write(self, message: frames.Event) -> None:
        if self.mute or self.tcp.writer.is_closing():
            return
        # Where the other side has gone, the next receive() records how.
        with contextlib.suppress(OSError, LocalProtocolError):
            await self.tcp.write(self._state.send(message))

    async def receive(self, *, within: float, tag: str = "") -> Event | None:
        """Return the next message or the close as an event; None for silence of that length."""
        if self.closed is not None and not self._ready:
            return self.closed
        try:
            async with asyncio.timeout(within):
                while not self._ready:
                    await self._next(tag)
        except TimeoutError:
            return None
        return self._ready.pop(0)

    async def _next(self, tag: str) -> None:
        # What came in the same segment as the handshake waits inside the state machine.
        pending = list(self._state.events())
        if not pending:
            try:
                self._feed(await self.tcp.read())
                pending = list(self._state.events())
            except (OSError, RemoteProtocolError) as error:
                self._close({"code": None, "reason": str(error)}, tag)
        for event in pending:
            await self._take(event, tag)

    async def _take(self, event: frames.Event, tag: str) -> None:
        if isinstance(event, frames.Message):
            self._parts.append(event.data)
            if event.message_finished:
                self._message(tag)
        elif isinstance(event, frames.CloseConnection):
            self._close(self._farewell(event), tag)
            await self._write(event.response())
        elif isinstance(event, frames.Ping):
            self.tcp.recorder.received("ws.ping", self.tcp.name, body=bytes(event.payload))
            await self._write(event.response())
        elif isinstance(event, frames.Pong):
            pong = self.tcp.recorder.received("ws.pong", self.tcp.name, body=bytes(event.payload))
            self._ready.append(pong)

    def _farewell(self, event: frames.CloseConnection) -> dict[str, Any]:
        # wsproto proposes a close of ours for a bad frame with the event for a close of theirs.
        if self._state.state in {ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING}:
            return {"code": None, "reason": f"not a WebSocket frame: {event.reason}"}
        return {"code": int(event.code), "reason": event.reason or ""}

    def _message(self, tag: str) -> None:
        text = isinstance(self._parts[0], str)
        whole = b"".join(p.encode() if isinstance(p, str) else bytes(p) for p in self._parts)
        self._parts.clear()
        self._ready.append(
            self.tcp.recorder.received(
                "ws.message", self.tcp.name, tag=tag, data={"text": text}, body=whole
            )
        )

    def _close(self, data: dict[str, Any], tag: str) -> None:
        if self.closed is None:
            self.closed = self.tcp.recorder.received("ws.close", self.tcp.name, tag=tag, data=data)
            self._ready.append(self.closed)

    def _feed(self, data: bytes) -> None:
        if sum(map(len, self._parts)) > MESSAGE_LIMIT:
            raise RemoteProtocolError(f"a message does not end within {MESSAGE_LIMIT} bytes")
        self._state.receive_data(data or None)

    async def ping(self, payload: bytes = b"") -> None:
        """Send a ping; the pong comes out of receive()."""
        self.tcp.recorder.sent("ws.ping", self.tcp.name, body=payload)
        await self._write(frames.Ping(payload=payload))

    async def close(self, code: int = 1000) -> None:
        """Say goodbye and let the connection go."""
        if self.closed is None:
            self.tcp.recorder.sent("ws.close", self.tcp.name, data={"code": code})
            await self._write(frames.CloseConnection(code=code))
        self.tcp.close()

    def cut(self) -> None:
        """Break the connection without a close frame."""
        self.tcp.abort()


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
