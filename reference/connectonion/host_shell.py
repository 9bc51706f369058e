"""What surrounds a host's core: the clock, the store, running agents, WebSockets and PINGs."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from reference.connectonion import agents, replies
from reference.connectonion.agents import CLOSED, AgentFailed
from reference.connectonion.conversation import (
    PING,
    Begin,
    Conversation,
    Deliver,
    Effect,
    Say,
    error,
    event,
)
from reference.connectonion.host_core import Asked, Host
from reference.connectonion.remembering import Memory
from reference.connectonion.replies import Reply
from reference.connectonion.running import Run, session_after
from reference.journal import Journal

FRAME_LIMIT = 16 * 1024 * 1024  # bytes, CO-WS-35
SHUTDOWN = WSCloseCode.SERVICE_RESTART  # CO-WS-36


def new_id() -> str:
    """Return an id for a session or an event."""
    return str(uuid.uuid4())


class Shell:
    """One host with its surroundings."""

    def __init__(
        self, host: Host, journal: Journal | None, *, ping: float, dead_after: float
    ) -> None:
        self.host = host
        self._journal = journal
        self._memory = Memory(host.desk)
        self._ping = ping
        self._dead_after = dead_after
        self._sockets: set[Socket] = set()
        self._runs: set[asyncio.Task[None]] = set()
        if journal is not None:
            self._memory.restore(journal.read, now=time.time())
            self.settle()

    def settle(self) -> None:
        """Store what changed, before anybody is told of it."""
        if self._journal is None:
            self._memory.let_go()
        else:
            self._journal.write(self._memory.changes())

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: the core knows them."""
        return [web.get("/ws", self._websocket), web.route("*", "/{path:.*}", self._http)]

    async def close(self) -> None:
        """Let every client go, and the agents that work for nobody."""
        for socket in tuple(self._sockets):
            await socket.close()
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    def forget(self) -> None:
        """Have the store know as little as the desk does."""
        self._memory = Memory(self.host.desk)
        if self._journal is not None:
            self._journal.clear()
        self.settle()

    def put_away(self) -> None:
        """Release the store."""
        if self._journal is not None:
            self._journal.close()

    # HTTP

    async def _http(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.raw_path.partition("?")[0],
            request.headers,
            await request.read(),
        )
        answer = self.host.answer(asked, now=time.time())
        if isinstance(answer, Run):
            self.settle()
            answer = await self._run_over_http(answer)
        self.settle()
        return _response(answer, head=request.method == "HEAD")

    async def _run_over_http(self, run: Run) -> Reply:
        """Have the agent work for a request; other requests are not kept waiting (CO-HOST-18)."""
        try:
            result = await agents.work(run.prompt, agents.Silent())
        except AgentFailed as failure:
            return self.host.failed(run, str(failure), now=time.time())
        except asyncio.CancelledError:
            self.host.failed(run, "the client hung up", now=time.time())
            self.settle()
            raise
        session = session_after(run, result)
        return self.host.done(run, result, session, now=time.time())

    # WebSocket

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        client = web.WebSocketResponse(
            max_msg_size=FRAME_LIMIT, heartbeat=self._dead_after / 2, autoclose=True
        )
        if not client.can_prepare(request).ok:
            return _response(replies.NOT_FOUND)
        await client.prepare(request)
        socket = Socket(self, client)
        self._sockets.add(socket)
        try:
            await socket.listen()
        finally:
            self._sockets.discard(socket)
        return client

    def work(self, socket: "Place", run: Run) -> None:
        """Have the agent work for a socket; it goes on when the client leaves (CO-WS-22)."""
        task = asyncio.create_task(self._work(socket, run))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)

    async def _work(self, socket: "Place", run: Run) -> None:
        pings = asyncio.create_task(self._send_pings(socket))
        try:
            result = await agents.work(run.prompt, socket)
        except AgentFailed as failure:
            effects = socket.talk.failed(str(failure), now=time.time())
        except asyncio.CancelledError:
            socket.talk.failed("the host was stopped during this run", now=time.time())
            self.settle()
            raise
        else:
            effects = socket.talk.finished(result, session_after(run, result), now=time.time())
        finally:
            pings.cancel()
        self.settle()
        await socket.perform(effects)

    async def _send_pings(self, socket: "Place") -> None:
        """Tell a client that its run is alive, at intervals from its begin on (CO-WS-09)."""
        begun = time.monotonic()
        for number in count(1):
            await asyncio.sleep(begun + number * self._ping - time.monotonic())
            await socket.say(PING)


class Place(agents.Line, Protocol):
    """Where a client is, directly or behind a relay."""

    talk: Conversation

    async def say(self, frame: Mapping[str, Any]) -> None:
        """Send a frame."""

    async def perform(self, effects: list[Effect]) -> None:
        """Do what the conversation wants done."""


class Socket:
    """One client's WebSocket, and the line of the agent that works for it."""

    def __init__(self, shell: Shell, client: web.WebSocketResponse) -> None:
        self.talk = Conversation(shell.host.desk)
        self._shell = shell
        self._client = client
        self._heard: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._gone = False

    async def listen(self) -> None:
        """Take the client's frames until it leaves."""
        try:
            async for message in self._client:
                text = message.data if message.type is WSMsgType.TEXT else None
                effects = self.talk.hear(text, now=time.time())
                self._shell.settle()
                await self.perform(effects)
        finally:  # a client that breaks off without a word ends this by a cancellation
            self._gone = True
            self._heard.put_nowait(CLOSED)  # CO-WS-23

    async def perform(self, effects: list[Effect]) -> None:
        """Do what the conversation wants done."""
        for effect in effects:
            match effect:
                case Say(frame):
                    await self.say(frame)
                case Deliver(frame):
                    self._heard.put_nowait(frame)
                case Begin(run):
                    self._heard = asyncio.Queue()
                    self._shell.work(self, run)

    async def say(self, frame: Mapping[str, Any]) -> None:
        """Send a frame, if somebody is there to read it."""
        with contextlib.suppress(ConnectionError):
            if not self._client.closed:
                await self._client.send_str(_text(frame))

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Tell the client what the agent does."""
        await self.say(event(frame, new_id=new_id, now=time.time()).frame)

    async def receive(self) -> Mapping[str, Any]:
        """Hear what the client answers the agent."""
        return CLOSED if self._gone else await self._heard.get()

    async def close(self) -> None:
        """Close it, since the host stops."""
        await self._client.close(code=SHUTDOWN)


def _text(frame: Mapping[str, Any]) -> str:
    try:
        return json.dumps(frame)
    except (TypeError, ValueError):  # CO-SESS-21: an agent may return anything
        return json.dumps(error("the result cannot be written as JSON").frame)


def _response(reply: Reply, *, head: bool = False) -> web.Response:
    headers = {**replies.CORS, "content-type": reply.content_type}
    if reply.status == 204:  # noqa: PLR2004
        del headers["content-type"]
    return web.Response(status=reply.status, body=None if head else reply.body, headers=headers)
