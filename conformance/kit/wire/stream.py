"""A response that goes on: its head is an answer, its body comes chunk by chunk.

A task of its own reads, so every chunk is recorded when it comes, whatever the scenario does.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import h11

from conformance.kit.transcript import KEPT_BODY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.kit.transcript import Event
    from conformance.kit.wire.tcp import Tcp

    NextEvent = Callable[[], Awaitable[object]]

COMPLETE = "the body is complete"
STREAM_LIMIT = 4 * 1024 * 1024  # bytes; a body that goes on past them is cut off and called endless


class HttpStream:
    """The body of one response, as it comes.

    Each piece is an event ``http.chunk``, the end is ``http.end`` with the reason ``why``: sent
    by who ended it. ``stopped`` is set at the end. Past ``limit`` bytes it is let go.
    """

    def __init__(self, tcp: Tcp, request: Event, following: NextEvent) -> None:
        self.stopped = asyncio.Event()
        self.received = 0  # bytes
        self.limit = STREAM_LIMIT
        self._tcp = tcp
        self._request = request
        self._following = following
        self._reading = asyncio.Event()
        self._reading.set()
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            why = await self._read()
        except h11.RemoteProtocolError as error:
            why = f"not HTTP/1.1: {error}"
        except OSError as error:
            why = f"the connection broke: {error}"
        self._tcp.recorder.received(
            "http.end", self._tcp.name, tag=self._request.tag, data=self._about(why)
        )
        self._tcp.close()
        self.stopped.set()

    async def _read(self) -> str:
        while True:
            await self._reading.wait()
            event = await self._following()
            if isinstance(event, h11.Data):
                self._record(bytes(event.data))
                if self.received > self.limit:
                    return f"the body does not end within {self.limit} bytes"
            elif isinstance(event, h11.EndOfMessage):
                return COMPLETE
            else:
                return "the connection was closed"

    def _record(self, data: bytes) -> None:
        self.received += len(data)
        for start in range(0, len(data), KEPT_BODY):  # a longer piece would be cut in the record
            self._tcp.recorder.received(
                "http.chunk",
                self._tcp.name,
                tag=self._request.tag,
                data={"to": self._request.number},
                body=data[start : start + KEPT_BODY],
            )

    def _about(self, why: str) -> dict[str, object]:
        return {"to": self._request.number, "why": why}

    def pause(self) -> None:
        """Read no further after the chunk that is awaited now: a peer that is slow or stuck."""
        self._reading.clear()

    def resume(self) -> None:
        """Read on."""
        self._reading.set()

    async def hang_up(self) -> None:
        """Cut the connection; nothing more is recorded of it."""
        if self.stopped.is_set():
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._tcp.recorder.sent(
            "http.end",
            self._tcp.name,
            tag=self._request.tag,
            data=self._about("the kit hung up"),
        )
        self._tcp.close()
        self.stopped.set()

    def drop(self) -> None:
        """Let go of it at the end of a conversation, unrecorded."""
        self._task.cancel()
        self._tcp.close()
        self.stopped.set()
