"""An answer written by hand on a client's connection: the tap's, byte by byte as it is told.

The bytes go straight to the transport, so that nothing decides for the kit how they are split.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from conformance.kit.wire import transports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.transcript import Event

    Record = Callable[..., Event]

HANDSHAKE = frozenset({"transfer-encoding", "content-length", "connection"})


class OpenStream:
    """One answer under way to the client; what is written to it is recorded.

    ``record`` adds an event of the serving side; ``over`` is set when the answer has ended.
    """

    def __init__(
        self, transport: asyncio.Transport, record: Record, *, to: int, chunked: bool = True
    ) -> None:
        self.over = asyncio.Event()
        self._transport = transport
        self._record = record
        self._to = to
        self._chunked = chunked

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Write the head."""
        told = {key: value for key, value in headers.items() if key.lower() not in HANDSHAKE}
        framing = {"Transfer-Encoding": "chunked"} if self._chunked else {}
        sent = {**told, **framing, "Connection": "close"}  # nobody shall wait for it to be free
        lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
        lines += [f"{key}: {value}" for key, value in sent.items()]
        self._record(
            "http.response",
            data={
                "to": self._to,
                "status": status,
                "headers": [list(pair) for pair in told.items()],
                "streaming": True,
            },
        )
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def write(self, data: bytes, *, tag: str = "") -> None:
        """Write a piece of the body, in one segment as far as the system lets us."""
        if self.over.is_set() or not data:
            return
        self._record("http.chunk", tag=tag, data={"to": self._to}, body=data)
        self._transport.write(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def write_apart(self, *pieces: bytes, gap: float = 0.002, tag: str = "") -> None:
        """Write pieces so far apart, in seconds, that the client reads them one by one."""
        for piece in pieces:
            self.write(piece, tag=tag)
            await asyncio.sleep(gap)

    def end(self, why: str = "the answer is complete") -> None:
        """End the body as an answer ends."""
        if self.over.is_set():
            return
        if self._chunked:
            self._transport.write(b"0\r\n\r\n")
        self._transport.close()
        self._ended(why)

    def break_off(self, why: str = "closed in the middle of a chunk") -> None:
        """Close the connection when half of a chunk has been written."""
        if self.over.is_set():
            return
        self._transport.write(b"ff\r\n: half a chunk")
        self._transport.close()
        self._ended(why)

    def cut(self, why: str = "cut") -> None:
        """Break the connection in the middle of the body."""
        if self.over.is_set():
            return
        transports.cut(self._transport)
        self._ended(why)

    def _ended(self, why: str) -> None:
        self._record("http.end", data={"to": self._to, "why": why})
        self.over.set()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
