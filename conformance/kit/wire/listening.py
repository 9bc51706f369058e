"""Listening for a target that dials: every connection is handed out in the order of arrival."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.kit.wire.tcp import Tcp

if TYPE_CHECKING:
    from conformance.kit.transcript import Recorder


class Listener:
    """A port of the kit's own; ``address`` is ``host:port``."""

    def __init__(self, recorder: Recorder) -> None:
        self.address = ""
        self._recorder = recorder
        self._server: asyncio.Server | None = None
        self._arrived: asyncio.Queue[Tcp] = asyncio.Queue()
        self._all: list[Tcp] = []

    @classmethod
    async def open(cls, recorder: Recorder, *, host: str = "127.0.0.1", port: int = 0) -> Listener:
        """Listen; raises OSError when the address is taken."""
        listener = cls(recorder)
        listener._server = await asyncio.start_server(listener._arrive, host, port)
        name, bound = listener._server.sockets[0].getsockname()[:2]
        listener.address = f"{name}:{bound}"
        return listener

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tcp = Tcp(self._recorder, reader, writer)
        self._recorder.received("tcp.accepted", tcp.name, data={"address": self.address})
        self._all.append(tcp)
        self._arrived.put_nowait(tcp)

    async def accept(self, *, within: float) -> Tcp | None:
        """Return the next connection, or None when there is none in so many seconds."""
        try:
            async with asyncio.timeout(within):
                return await self._arrived.get()
        except TimeoutError:
            return None

    @property
    def arrivals(self) -> int:
        """How often the target has dialled."""
        return len(self._all)

    def close(self) -> None:
        """Stop listening, and let every connection go."""
        if self._server is not None:
            self._server.close()
        for tcp in self._all:
            tcp.close()
