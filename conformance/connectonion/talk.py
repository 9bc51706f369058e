"""The kit's caller on a WebSocket: frames out, frames in, each read as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from conformance.connectonion.peer import COMES, QUIET, Caller
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.websocket import WebSocket

PATH = "/ws"
MESSAGE, CLOSE = "ws.message", "ws.close"
LISTEN = 600.0  # seconds that one look at a socket lasts; the conversation ends it
ENDS = ("OUTPUT", "ERROR", "ONBOARD_REQUIRED")  # what an INPUT is answered with


@dataclass(frozen=True, slots=True)
class Frame:
    """One text frame, read; what is no JSON object is an empty one."""

    event: Event
    body: dict[str, Any]

    @property
    def type(self) -> Any:
        """What kind of frame it is."""
        return self.body.get("type")

    @property
    def message(self) -> str:
        """The text of an ERROR; empty where there is none."""
        told = self.body.get("message")
        return told if isinstance(told, str) else ""

    def shown(self) -> str:
        """Say in a few words what came."""
        return self.event.body[:160].decode("utf-8", "replace")


def frame_of(event: Event) -> Frame:
    """Read a message."""
    try:
        body = json.loads(event.body)
    except (ValueError, RecursionError):
        body = None
    return Frame(event, body if isinstance(body, dict) else {})


def frames(seen: Seen, tag: str | None = None, *types: str) -> Iterator[Frame]:
    """Yield the target's frames on conversations tagged so, of some types or of all."""
    return of_type(seen.events_of(MESSAGE, tag=tag), *types)


def of_type(events: Iterable[Event], *types: str) -> Iterator[Frame]:
    """Yield the target's frames of some types, or of all, among events."""
    heard = (e for e in events if e.kind == MESSAGE and e.direction is Direction.TARGET)
    return (each for each in map(frame_of, heard) if not types or each.type in types)


class Talk:
    """One WebSocket of a caller's; whatever the host says is recorded as it comes."""

    def __init__(self, caller: Caller, socket: WebSocket, *, tag: str) -> None:
        self.caller = caller
        self.stage = caller.stage
        self.socket = socket
        self.tag = tag
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self.stage.closing.push_async_callback(self.leave)

    @classmethod
    async def open(cls, caller: Caller, *, tag: str = "", path: str = PATH) -> Self:
        """Open a WebSocket, which must work; raises Unmet."""
        socket, answer = await caller.stage.websocket(path, tag=tag, base=caller.base)
        if socket is None:
            raise Unmet(f"no WebSocket at {path}: {answer.shown()}", *answer.evidence)
        return cls(caller, socket, tag=tag)

    @classmethod
    async def tried(cls, caller: Caller, path: str, *, tag: str = "") -> Answer:
        """Ask for a WebSocket, let it go if there is one, and return the answer."""
        socket, answer = await caller.stage.websocket(path, tag=tag, base=caller.base)
        if socket is not None:
            await socket.close()
        return answer

    async def _read(self) -> None:
        while True:
            event = await self.socket.receive(within=LISTEN, tag=self.tag)
            if event is not None and event.kind == CLOSE:
                break
        self.ended.set()

    async def leave(self, code: int = 1000) -> None:
        """Say goodbye and let the connection go."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        if not self.ended.is_set():
            await self.socket.close(code)
            self.ended.set()

    async def cut(self) -> None:
        """Break the connection without a word."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self.socket.cut()
        self.ended.set()

    # Speaking

    async def say(self, frame: Mapping[str, Any] | str) -> Event:
        """Send a frame; a text goes out as it is."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return await self.socket.send_text(text, tag=self.tag)

    def input(self, prompt: str | None = "hi", **members: Any) -> dict[str, Any]:
        """Return an INPUT frame with a signed payload."""
        return {"type": "INPUT", **self.caller.input(prompt, **members)}

    def submission(self, **members: Any) -> dict[str, Any]:
        """Return a signed ONBOARD_SUBMIT; members are invite_code or payment."""
        payload = self.caller.payload(None, **members)
        return {"type": "ONBOARD_SUBMIT", **self.caller.signed(payload)}

    def order(self, deed: str, client: str | None = None, **members: Any) -> dict[str, Any]:
        """Return a signed ADMIN_* frame: PROMOTE, DEMOTE, BLOCK, UNBLOCK, GET_LEVEL, ADD, REMOVE.

        The last two name an `admin_id`.
        """
        named = "admin_id" if deed in {"ADD", "REMOVE"} else "client_id"
        payload = self.caller.payload(None, **{named: client, **members})
        return {"type": f"ADMIN_{deed}", **self.caller.signed(payload)}

    async def ask(
        self, frame: Mapping[str, Any] | str, *types: str, within: float = COMES
    ) -> Frame | None:
        """Send a frame and return the next of some types: what ends an INPUT, unless told.

        None for silence or the end.
        """
        sent = await self.say(frame)
        return await self.hear(*(types or ENDS), after=sent.number, within=within)

    async def done(self, prompt: str = "hi", **members: Any) -> Frame:
        """Have a prompt answered as a prerequisite: anything but an OUTPUT ends the scenario."""
        answer = await self.ask(self.input(prompt, **members))
        if answer is None or answer.type != "OUTPUT":
            shown = "nothing came" if answer is None else answer.shown()
            raise Unmet(f"a signed INPUT was not answered by an OUTPUT: {shown}")
        return answer

    # Hearing

    async def hear(self, *types: str, after: int = 0, within: float = COMES) -> Frame | None:
        """Wait for the first frame of some types, or of any, later than an event of that number."""
        return await self.await_frame(
            lambda frame: not types or frame.type in types, after=after, within=within
        )

    async def await_frame(
        self, fits: Callable[[Frame], bool], *, after: int = 0, within: float = COMES
    ) -> Frame | None:
        """Wait for the first frame on this socket that fits; None when it ends first."""

        def mine(event: Event) -> bool:
            if event.connection != self.socket.tcp.name or event.direction is not Direction.TARGET:
                return False
            over = event.kind == CLOSE
            return over or (
                event.kind == MESSAGE and event.number > after and fits(frame_of(event))
            )

        event = await self.stage.heard(mine, within=within)
        return frame_of(event) if event is not None and event.kind == MESSAGE else None

    async def closed(self, *, within: float = COMES) -> bool:
        """Whether the host ends the connection within so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self.ended.wait()
        except TimeoutError:
            self.stage.note("silence", connection=self.socket.tcp.name, seconds=within)
        return self.ended.is_set()

    async def quiet(self, seconds: float = QUIET) -> None:
        """Listen for so long."""
        await self.closed(within=seconds)
