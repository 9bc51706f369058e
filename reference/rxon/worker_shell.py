"""What surrounds the core of a worker: the clock, requests, the WebSocket, running skills."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias

import aiohttp

from reference.rxon import execution, revision
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

Progress: TypeAlias = Callable[[Mapping[str, Any]], None]
Skill: TypeAlias = Callable[[Mapping[str, Any], Progress], Awaitable[Any]]

BROKEN = (aiohttp.ClientError, TimeoutError, OSError)  # what a network may do to a request


class WorkerShell:
    """One core with its surroundings; whatever comes in ends with `_settle`."""

    def __init__(self, core: Worker, *, url: str, skills: Mapping[str, Skill]) -> None:
        self.core = core
        self._url = url
        self._skills = skills
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._errands: dict[Key, asyncio.Task[None]] = {}
        self._tasks: dict[str, asyncio.Future[Any]] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
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
        if self._timer is not None:
            self._timer.cancel()
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
        if self._timer is not None:
            self._timer.cancel()
        moment = self.core.next_deadline()
        if moment is not None:
            delay = max(0.0, moment - time.time())
            self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self.core.tick(now=time.time())
        self._settle()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._go(effect.key, self._request(effect))
            case Connect(path):
                self._go(SOCKET, self._listen(path))
            case HangUp(key):
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
        headers = dict(self.core.writer.headers())
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
                body=await response.read(),
            )

    async def _listen(self, path: str) -> None:
        """Take commands until the socket is closed."""
        try:
            socket = await self._http.ws_connect(
                self._url + path,
                headers=self.core.writer.headers(),
                max_msg_size=revision.FRAME_LIMIT,
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
        def progress(payload: Mapping[str, Any]) -> None:
            self.core.progressed(task["task_id"], payload, now=time.time())
            self._settle()

        skill = self._skills[task["type"]](execution.params_of(task), progress)
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
