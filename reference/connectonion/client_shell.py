"""What surrounds a client's calls: sockets, polls, the clock, and who waits for a result."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping
from typing import Any

import aiohttp

from reference.alarm import Alarm
from reference.connectonion.client_core import (
    Call,
    Effect,
    Hang,
    Manner,
    Open,
    Outcome,
    Poll,
    Say,
    Told,
)

QUESTIONS = ("ask_user", "approval_needed")  # no set: a type may be anything
FRAME_LIMIT = 16 * 1024 * 1024  # bytes
ANSWER_WITHIN = 10.0  # seconds for a socket to open
POLL_WITHIN = 1.0  # seconds for one poll, at least; otherwise until the next would be due


class Line:
    """One call and its connection."""

    def __init__(self, http: aiohttp.ClientSession, base: str, call: Call) -> None:
        self.call = call
        self.told: list[Mapping[str, Any]] = []
        self.asked = asyncio.Event()  # the agent wants to know something
        self.over: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._http = http
        self._base = base
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm = Alarm(self._tick)
        self._turn = asyncio.Lock()  # frames leave in the order in which they were said

    def begin(self, effects: list[Effect]) -> None:
        """Do the first things."""
        self._perform(effects)

    def answer(self, frame: Mapping[str, Any]) -> None:
        """Answer the agent."""
        self.asked.clear()
        self._perform(self.call.answer(frame))

    async def stop(self) -> None:
        """Let go of everything."""
        self._alarm.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Open(path):
                    self._spawn(self._listen(path))
                case Say(text):
                    self._spawn(self._say(text))
                case Hang(code):
                    self._spawn(self._hang(code))
                case Poll(path, headers):
                    self._spawn(self._poll(path, dict(headers)))
                case Told(frame):
                    self.told.append(frame)
                    if frame.get("type") in QUESTIONS:
                        self.asked.set()
                case Outcome() as outcome:
                    if not self.over.done():
                        self.over.set_result(outcome)
        self._alarm.set(self.call.due())

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, path: str) -> None:
        why = "the connection was closed before a result"
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                socket = await self._http.ws_connect(
                    self._base + path, max_msg_size=FRAME_LIMIT, autoclose=True
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._perform(self.call.closed(f"no connection: {error}", now=time.time()))
            return
        self._socket = socket
        self._perform(self.call.opened(now=time.time()))
        async for message in socket:
            if message.type is aiohttp.WSMsgType.ERROR:  # no frame at all
                break
            data = message.data
            text = data if isinstance(data, str) else data.decode("utf-8", "replace")
            self._perform(self.call.hear(text, now=time.time()))
        if self._socket is socket:
            self._perform(self.call.closed(why, now=time.time()))

    async def _say(self, text: str) -> None:
        async with self._turn:
            with contextlib.suppress(ConnectionError):
                if self._socket is not None:
                    await self._socket.send_str(text)

    async def _hang(self, code: int) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close(code=code)

    async def _poll(self, path: str, headers: Mapping[str, str]) -> None:
        status: int | None = None
        body: Any = None
        try:
            async with asyncio.timeout(max(POLL_WITHIN, self.call.manner.poll_interval)):
                async with self._http.get(self._base + path, headers=headers) as answer:
                    status = answer.status
                    body = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
            pass  # the host may come back
        self._perform(self.call.polled(status, body, now=time.time()))

    def _tick(self) -> None:
        self._perform(self.call.tick(now=time.time()))


class Shell:
    """A client that calls one host."""

    def __init__(self, base: str, manner: Manner) -> None:
        self._base = base.rstrip("/")  # CO-CLIENT-01
        self._manner = manner
        self._http = aiohttp.ClientSession()
        self._lines: list[Line] = []
        self._session: Mapping[str, Any] | None = None

    @property
    def last(self) -> Line | None:
        """The newest call."""
        return self._lines[-1] if self._lines else None

    def ask(self, prompt: str, *, session_id: str = "") -> Line:
        """Send a prompt; it goes on with the session of the last result (CO-CLIENT-07)."""
        fresh = {"session_id": session_id or str(uuid.uuid4())}
        session = fresh if session_id or self._session is None else self._session
        line = self._line(prompt, session)
        line.begin(line.call.start())
        return line

    async def ask_again(self, prompt: str, *, after: float) -> None:
        """Send a prompt again and again, so many seconds after the end of each call."""
        while True:
            await self.result(self.ask(prompt))
            await asyncio.sleep(after)

    def recover(self, session_id: str) -> Line:
        """Ask what became of an earlier prompt."""
        line = self._line("", {"session_id": session_id})
        line.begin(line.call.recover(now=time.time()))
        return line

    def _line(self, prompt: str, session: Mapping[str, Any]) -> Line:
        call = Call(self._manner, prompt, session, lambda: str(uuid.uuid4()), begun=time.time())
        line = Line(self._http, self._base, call)
        self._lines.append(line)
        return line

    async def result(self, line: Line) -> Outcome:
        """Wait for the end of a call."""
        outcome = await asyncio.shield(line.over)
        if not outcome.error:
            self._session = line.call.session
        return outcome

    async def close(self) -> None:
        """Let go of every call."""
        for line in self._lines:
            await line.stop()
        await self._http.close()
