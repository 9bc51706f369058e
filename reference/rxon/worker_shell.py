"""What surrounds the core of a worker: the clock, requests, the WebSocket, running skills."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias

import aiohttp

from reference.alarm import Alarm
from reference.once import BrokenOffError, once
from reference.rxon import execution, revision
from reference.rxon import worker_requests as requests
from reference.rxon.errands import (
    SOCKET,
    Answer,
    Cancel,
    Connect,
    Effect,
    HangUp,
    Key,
    Phase,
    Run,
    Say,
    Send,
)
from reference.rxon.worker_core import Worker

Tell: TypeAlias = Callable[[str, Mapping[str, Any]], None]  # an event's type and its payload
Skill: TypeAlias = Callable[[Mapping[str, Any], Tell], Awaitable[Any]]

# What a network, or a server that talks nonsense, may do to a request.
BROKEN = (aiohttp.ClientError, BrokenOffError, TimeoutError, OSError, ValueError)
CLOSE_SECONDS = 1.0  # how long the orchestrator may take to answer the close of a WebSocket
ANSWER_LIMIT = 16 * revision.BODY_LIMIT  # bytes; nobody sends more to a worker, except to harm it


class WorkerShell:
    """One core with its surroundings; whatever comes in ends with `_settle`."""

    def __init__(
        self,
        core: Worker,
        *,
        url: str,
        skills: Mapping[str, Skill],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.core = core
        self._url = url
        self._skills = skills
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._errands: dict[Key, asyncio.Task[None]] = {}
        self._tasks: dict[str, asyncio.Future[Any]] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._alarm = Alarm(self._ring)
        self._gone = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls if self._tls is not None else True),
            timeout=aiohttp.ClientTimeout(total=None),
            middlewares=(once,),  # RXON-POLL-15: a lost poll has its wait
        )
        self.core.start(now=time.time())
        self._settle()

    async def stop(self) -> None:
        """Wait until the core has said goodbye, then hang up."""
        self.core.stop(now=time.time())
        self._settle()
        await self._gone.wait()
        if self._socket is not None:
            await self._socket.close()
        left = [*self._errands.values(), *self._tasks.values(), *self._asides]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._alarm.stop()
        await self._http.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the worker has not been started")
        return self._session

    def _settle(self) -> None:
        """Do what the core wants done, then set the clock."""
        while wanted := self.core.effects():
            for effect in wanted:
                self._perform(effect)
        if self.core.phase is Phase.GONE:
            self._gone.set()
        self._alarm.set(self.core.next_deadline())

    def _ring(self) -> None:
        self.core.tick(now=time.time())
        self._settle()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._go(effect.key, self._request(effect))
            case Connect():
                self._go(SOCKET, self._listen(effect))
            case HangUp(key):
                if key in self._errands:  # one that waits for a token has ended here already
                    self._errands[key].cancel()
            case Run(task):
                self._run(task)
            case Cancel(task_id):
                self._tasks[task_id].cancel()
            case Say(frame):
                aside = asyncio.create_task(self._say(frame))
                self._asides.add(aside)
                aside.add_done_callback(self._asides.discard)

    def _go(self, key: Key, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands[key] = task

        def forget(done: asyncio.Task[None]) -> None:
            if self._errands.get(key) is done:  # the next one may be under way already
                del self._errands[key]

        task.add_done_callback(forget)

    async def _request(self, send: Send) -> None:
        try:
            answer = await self._ask(send)
        except BROKEN:
            self.core.broken(send.key, now=time.time())
        else:
            self.core.answered(send.key, answer, now=time.time())
        self._settle()

    async def _ask(self, send: Send) -> Answer:
        headers = dict(requests.headers(send.token))
        if send.body:
            headers["Content-Type"] = "application/json"
        async with self._http.request(
            send.method,
            self._url + send.path,
            headers=headers,
            data=send.body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=send.within),
        ) as response:
            return Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=await _read(response),
            )

    async def _listen(self, connect: Connect) -> None:
        """Take commands until the socket is closed."""
        try:
            socket = await self._http.ws_connect(
                self._url + connect.path,
                headers=requests.headers(connect.token),
                max_msg_size=revision.FRAME_LIMIT,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )
            self._socket = socket
            self.core.plugged(now=time.time())
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self.core.commanded(frame.data.encode(), now=time.time())
                    self._settle()
        except BROKEN:
            pass  # the same as a socket that was closed
        self._socket = None
        self.core.unplugged(now=time.time())
        self._settle()

    async def _say(self, frame: bytes) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(frame.decode())

    def _run(self, task: Mapping[str, Any]) -> None:
        def tell(event: str, payload: Mapping[str, Any]) -> None:
            self.core.happened(task["task_id"], event, payload, now=time.time())
            self._settle()

        skill = self._skills[task["type"]](execution.params_of(task), tell)
        running = asyncio.ensure_future(skill)
        self._tasks[task["task_id"]] = running
        # A callback, since a task that is cancelled before its first step runs no code of its own.
        running.add_done_callback(lambda ended: self._ended(task, ended))

    def _ended(self, task: Mapping[str, Any], ended: asyncio.Future[Any]) -> None:
        del self._tasks[task["task_id"]]
        if ended.cancelled():
            outcome = execution.CANCELLED
        elif error := ended.exception():
            outcome = execution.crashed(error)
        else:
            skill = self.core.profile.catalogue[task["type"]]
            outcome = execution.finished(ended.result(), skill)
        self.core.ended(task["task_id"], outcome, now=time.time())
        self._settle()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read a body to its end; raises ValueError when it has none in sight."""
    parts, length = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        length += len(part)
        if length > ANSWER_LIMIT:
            raise ValueError(f"an answer of more than {ANSWER_LIMIT} bytes")
    return b"".join(parts)
