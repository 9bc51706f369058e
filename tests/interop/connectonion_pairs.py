"""A host and a client of any make, and what lies between them: nothing, a bridge, or a relay."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import WSMsgType, web
from pairs import LOOK_EVERY, REFERENCE, TIME, installed, starter_of

from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from reference.connectonion.relay import RelayRole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from conformance.kit.targets.instance import Instance

    Json = dict[str, Any]

PUBLISHED, NPM = "0.6.5", "npm 0.0.15"
HOSTS = {
    REFERENCE: "reference-connectonion-host.toml",
    PUBLISHED: "connectonion-0.6.5-host.toml",
}
CLIENTS = {
    REFERENCE: "reference-connectonion-client.toml",
    PUBLISHED: "connectonion-0.6.5-client.toml",
    NPM: "connectonion-npm-0.0.15-client.toml",
}
CODE = "OpenOnion"  # of the level `careful`
ADMITTED: Json = {"invite_code": CODE}


@dataclass
class Pair:
    """One host, and where clients dial it."""

    host: Instance
    url: str
    clients: dict[str, Any] = field(default_factory=dict)  # what starts them, by name
    relayed: bool = False

    async def client(self, name: str, **settings: Any) -> Caller:
        """Start a client."""
        names = self.relayed or name == PUBLISHED  # that one names its host in any case
        to = {"to": self.host.facts["address"]} if names else {}
        given = {"timeout": 20, **to, **settings}
        return Caller(await self.clients[name].start(self.url, given))

    async def until_it_runs(self, session_id: str) -> None:
        """Wait until a run has begun."""
        while True:
            if (await self.record(session_id)).get("status") == "running":
                return
            await asyncio.sleep(LOOK_EVERY)

    async def record(self, session_id: str) -> Json:
        """Look at a session of the host's."""
        async with (
            aiohttp.ClientSession(self.host.url) as http,
            http.get(f"/sessions/{session_id}") as answer,
        ):
            return dict(await answer.json())


@dataclass
class Caller:
    """One client, and what an application has it do."""

    instance: Instance

    async def ask(self, prompt: str, **params: Any) -> Json:
        """Send a prompt and wait for its end, or for a question."""
        return dict(await self.instance.call("ask", prompt=prompt, **params))

    async def result(self, prompt: str, **params: Any) -> Any:
        """Send a prompt that must be answered, and return the result."""
        said = await self.ask(prompt, **params)
        assert said.get("done") is True, said
        assert not said.get("error"), said
        return said["result"]

    async def answer(self, **params: Any) -> Any:
        """Answer what the agent asked; return the result."""
        said = dict(await self.instance.call("answer", **params))
        assert said.get("done") is True, said
        assert not said.get("error"), said
        return said["result"]

    async def events(self) -> list[Json]:
        """Return what the newest call has heard."""
        return [dict(each) for each in await self.instance.call("events")]


def meeting(
    host: str,
    scene: Callable[[Pair], Coroutine[Any, Any, None]],
    *clients: str,
    relay: bool = False,
    **served: Any,
) -> None:
    """Play a scene with a host and clients of these makes."""
    for text in (HOSTS[host], *(CLIENTS[name] for name in clients)):
        installed(text)

    async def play() -> None:
        async with asyncio.timeout(TIME), paired(host, clients, served, relay=relay) as found:
            await scene(found)

    asyncio.run(play())


@asynccontextmanager
async def paired(
    host: str, clients: tuple[str, ...], served: Json, *, relay: bool
) -> AsyncIterator[Pair]:
    """Start a host, what leads to it, and what starts clients."""
    async with AsyncExitStack() as closing:
        between = await _relay(closing) if relay else None
        relayed = {"relay_url": between.url.replace("http", "ws")} if between is not None else {}
        target = await open_target(Wish(text=HOSTS[host]))
        closing.push_async_callback(target.source.close)
        instance = await target.source.instance({**relayed, **served})
        if between is None:
            pair = Pair(instance, await _bridge(closing, instance.url))
        else:
            await _announced(between, instance.facts["address"])
            pair = Pair(instance, between.url, relayed=True)
        for name in clients:
            hiring = await open_target(Wish(text=CLIENTS[name]))
            closing.push_async_callback(hiring.source.close)
            pair.clients[name] = starter_of(hiring)
        yield pair


async def _relay(closing: AsyncExitStack) -> RelayRole:
    relay = RelayRole()
    await relay.start(host="127.0.0.1", port=0, settings={}, store=None)
    closing.push_async_callback(relay.stop)
    return relay


async def _announced(relay: RelayRole, address: str) -> None:
    """Wait until the host has announced itself."""
    while True:
        if (await relay.call("lookup", {"address": address}))["online"]:
            return
        await asyncio.sleep(LOOK_EVERY)


async def _bridge(closing: AsyncExitStack, url: str) -> str:
    """Listen for clients that know relays alone, and for others; return where.

    `/ws/input` leads to the host's `/ws`, as everything else leads to itself; nothing is changed.
    """
    http = await closing.enter_async_context(aiohttp.ClientSession())

    async def passage(request: web.Request) -> web.StreamResponse:
        path = request.path_qs.removesuffix("/input") if request.path == "/ws/input" else None
        if path is None and request.path != "/ws":
            async with http.get(url + request.path_qs) as answer:
                return web.Response(status=answer.status, body=await answer.read())
        client = web.WebSocketResponse()
        await client.prepare(request)
        async with http.ws_connect(url + (path or "/ws")) as host, asyncio.TaskGroup() as group:
            group.create_task(_copied(client, host))
            group.create_task(_copied(host, client))
        return client

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", passage)
    runner = web.AppRunner(application)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _copied(source: Any, sink: Any) -> None:
    """Pass frames on until one side has gone, and let the other go too."""
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
    await sink.close()
