"""What stands between the reference client and the reference host, and breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, Self

import kit_world

from conformance.kit.wire.tap import Tap
from reference.connectonion import ROLES, agents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import pytest

    from conformance.kit.transcript import Event
    from reference.role import Role

Way = Literal["up", "down"]
CHUNK = 65536


@asynccontextmanager
async def running(
    name: str, *, port: int = 0, store: str | None = None, **settings: Any
) -> AsyncIterator[Role]:
    """Run a reference role."""
    role = ROLES[name]()
    await role.start(host="127.0.0.1", port=port, settings=settings, store=store)
    try:
        yield role
    finally:
        await role.stop()


class Work:
    """The agent of every host, counting what it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.prompts: list[str] = []
        self._work = agents.work
        monkeypatch.setattr(agents, "work", self)

    async def __call__(self, prompt: str, line: agents.Line) -> Any:
        self.prompts.append(prompt)
        return await self._work(prompt, line)


@asynccontextmanager
async def tapped(upstream: str) -> AsyncIterator[Tap]:
    """Stand before a host, listening."""
    tap = Tap(upstream, target_is_client=True)
    await tap.start(host="127.0.0.1", port=0)
    tap.hear(kit_world.recorder())
    try:
        yield tap
    finally:
        await tap.close()


def cut_at_frame(tap: Tap, number: int, part: float | None) -> None:
    """Break the first WebSocket at its frame of this number, counted both ways.

    The frame is lost, but for a part of its bytes where one is given: then it came from the host.
    """
    seen = 0

    def hear(event: Event) -> None:
        nonlocal seen
        if event.kind != "ws.message":
            return
        seen += 1
        if seen != number:
            return
        (socket,) = tap.sockets
        if part is None:
            socket.cut()
        else:
            size = max(1, int(part * len(event.body)))
            socket.say_part(json.dumps(json.loads(event.body)), size)

    transcript = tap.recorder.transcript
    # The conversation lasts as long as the tap.
    transcript.listening(tap.recorder.scenario, hear).__enter__()


class Wire:
    """A port before another; its first connection breaks after so many bytes one way."""

    def __init__(self, upstream: str, way: Way, size: int) -> None:
        host, _, port = upstream.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._way, self._left = way, size
        self.broken = False
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _pass(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, on = await asyncio.open_connection(*self._upstream)

        def cut() -> None:
            for writer in (back, on):
                writer.close()

        ways = [
            asyncio.create_task(self._copy(near, on, "up", cut)),
            asyncio.create_task(self._copy(far, back, "down", cut)),
        ]
        await asyncio.wait(ways)

    async def _copy(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        way: Way,
        cut: Callable[[], None],
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(CHUNK):
                if way == self._way and not self.broken:
                    data, self._left = data[: self._left], self._left - len(data)
                sink.write(data)
                if self._left < 0 and not self.broken:
                    self.broken = True
                    break
                await sink.drain()
        cut()
