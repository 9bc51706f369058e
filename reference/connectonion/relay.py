"""The relay as a role: agents dial `/ws/announce`, clients dial `/ws/input`."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from aiohttp import WSMsgType, web

from reference.connectonion.relaying import (
    FORGOTTEN_AFTER,
    Drop,
    Effect,
    Relay,
    ToAgent,
    ToClient,
)
from reference.role import CannotError, ParameterError, Setting, resolve, seconds
from reference.serving import Server

LOOK_EVERY = 1.0  # seconds between two looks for silent agents, at most
FINISH_SECONDS = 1.0  # how long requests under way may take after `stop`
SETTINGS: Mapping[str, Setting] = {"forgotten_after": Setting(FORGOTTEN_AFTER, seconds)}


class RelayRole:
    """A reference relay that listens on one port."""

    protocol: ClassVar[str] = "connectonion"
    role: ClassVar[str] = "relay"
    revision: ClassVar[str] = "0.6.5"
    methods: ClassVar[Collection[str]] = ("lookup",)

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._relay = Relay()
        self._sockets: dict[int, web.WebSocketResponse] = {}
        self._numbers = itertools.count(1)
        self._server: Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen; raises SettingError or OSError."""
        self.facts = resolve(SETTINGS, settings)
        if store is not None:
            raise CannotError("a relay stores nothing")
        self._relay = self._fresh()
        application = web.Application()
        application.add_routes(
            [
                web.get("/ws/announce", self._agent),
                web.get("/ws/input", self._client),
                web.get("/api/relay/agents/{address}", self._lookup),
            ]
        )
        self._server = Server(application, finish=FINISH_SECONDS)
        try:
            await self._server.listen(host, port)
        except OSError:
            await self.stop()
            raise
        self.url = self._server.url
        self._watch = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Close every connection and release the port."""
        if self._watch is not None:
            self._watch.cancel()
        for socket in tuple(self._sockets.values()):
            await socket.close()
        if self._server is not None:
            await self._server.close()
            self._server = None

    async def reset(self) -> None:
        """Forget every agent and client."""
        for socket in tuple(self._sockets.values()):
            await socket.close()
        self._relay = self._fresh()

    def _fresh(self) -> Relay:
        return Relay(self.facts["forgotten_after"])

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        address = params.get("address")
        if method != "lookup" or not isinstance(address, str):
            raise ParameterError("address: a text is needed")
        return self._relay.lookup(address)

    async def _lookup(self, request: web.Request) -> web.Response:
        return web.json_response(self._relay.lookup(request.match_info["address"]))

    async def _agent(self, request: web.Request) -> web.StreamResponse:
        number, socket = await self._arrive(request)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._perform(
                        self._relay.from_agent(number, _json(message.data), now=time.time())
                    )
        finally:  # who breaks off without a word ends this by a cancellation
            del self._sockets[number]
            await self._perform(self._relay.agent_gone(number))
        return socket

    async def _client(self, request: web.Request) -> web.StreamResponse:
        number, socket = await self._arrive(request)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._perform(self._relay.from_client(number, _json(message.data)))
        finally:
            del self._sockets[number]
            self._relay.client_gone(number)
        return socket

    async def _arrive(self, request: web.Request) -> tuple[int, web.WebSocketResponse]:
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        number = next(self._numbers)
        self._sockets[number] = socket
        return number, socket

    async def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            socket = self._sockets.get(effect.link)
            if socket is None:
                continue
            match effect:
                case ToAgent(_, frame) | ToClient(_, frame):
                    with contextlib.suppress(ConnectionError):
                        await socket.send_str(json.dumps(frame))
                case Drop():
                    await socket.close()

    async def _look(self) -> None:
        every = min(LOOK_EVERY, self.facts["forgotten_after"] / 4)
        while True:
            await asyncio.sleep(every)
            await self._perform(self._relay.tick(now=time.time()))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
