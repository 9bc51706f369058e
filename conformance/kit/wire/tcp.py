"""TCP connections on which every byte is recorded: the ground under HTTP, WebSocket and frames."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.kit.wire import transports

if TYPE_CHECKING:
    from conformance.kit.transcript import Event, Recorder

CHUNK = 64 * 1024
CONNECT_WITHIN = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target listens, and how to trust it when it speaks TLS."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, *, tls: ssl.SSLContext | None = None) -> Address:
        """Read host and port from a URL; https and wss get a context when none is given.

        Raises ValueError for a port that is none.
        """
        parts = urlsplit(url)
        secure = parts.scheme in {"https", "wss"}
        if secure and tls is None:
            tls = ssl.create_default_context()
        port = parts.port or (443 if secure else 80)
        return cls(parts.hostname or "127.0.0.1", port, tls if secure else None)

    @property
    def authority(self) -> str:
        """The value of a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Unreachable(ConnectionError):  # noqa: N818  (a state of the target, not an error of ours)
    """Nothing accepts a connection at an address."""


class Tcp:
    """One TCP connection to a target."""

    def __init__(
        self,
        recorder: Recorder,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.recorder = recorder
        self.name = recorder.connection()
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(
        cls, recorder: Recorder, address: Address, *, within: float = CONNECT_WITHIN
    ) -> Tcp:
        """Connect; raise Unreachable with the operating system's reason."""
        try:
            async with asyncio.timeout(within):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port, ssl=address.tls
                )
        except TimeoutError:
            why = f"no connection within {within:g} s"
        except OSError as error:
            why = str(error)
        else:
            return cls(recorder, reader, writer)
        recorder.received("tcp.refused", "", data={"why": why, "address": address.authority})
        raise Unreachable(f"{address.authority}: {why}")

    async def write(self, data: bytes) -> None:
        """Send bytes without a record of their own (a message layer above records)."""
        self.writer.write(data)
        await self.writer.drain()

    def post(self, data: bytes) -> None:
        """Send bytes without waiting until the target has read them."""
        self.writer.write(data)

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end of the stream."""
        return await self.reader.read(CHUNK)

    async def send_bytes(self, data: bytes, *, tag: str = "") -> Event:
        """Send raw bytes and record them."""
        event = self.recorder.sent("tcp.bytes", self.name, body=data, tag=tag)
        await self.write(data)
        return event

    async def receive_bytes(self, *, within: float, tag: str = "") -> Event:
        """Record the next bytes, the end of the stream, or the silence of ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                data = await self.read()
        except TimeoutError:
            return self.recorder.received(
                "tcp.silence", self.name, tag=tag, data={"seconds": within}
            )
        except OSError as error:
            return self.recorder.received("tcp.close", self.name, tag=tag, data={"why": str(error)})
        if not data:
            return self.recorder.received("tcp.close", self.name, tag=tag, data={"why": "end"})
        return self.recorder.received("tcp.bytes", self.name, tag=tag, body=data)

    def abort(self) -> None:
        """Cut the connection at once, without waiting for what is in flight."""
        self.recorder.sent("tcp.close", self.name, data={"why": "cut"})
        transports.cut(self.writer.transport)

    def close(self) -> None:
        """Close without ceremony; safe to call twice."""
        transports.cut(self.writer.transport)
