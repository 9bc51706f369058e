"""A neuron and a planner of one reference gateway over HTTP, for tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import yarl

from reference.neuron.gateway import GatewayRole
from reference.neuron.sse import Decoder, Event

TOKEN = "neuron-token"
SECONDS = 10  # the bound of every scene
Found = TypeVar("Found")
ECHO = {"type": "conf/echo", "scope": "any", "concurrency": 2}


def now() -> str:
    """Spell the present moment as neurons do."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Answer:
    """An HTTP answer that was read to its end."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = text

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.text)


class Stream:
    """An open event stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self._decoder = Decoder()
        self._events: list[Event] = []

    async def event(self) -> Event | None:
        """Return the next event, or None at the end of the stream."""
        while not self._events:
            chunk = await self.response.content.readany()
            if not chunk:
                return None
            self._events += self._decoder.feed(chunk)
        return self._events.pop(0)

    async def frame(self, kind: str) -> Any:
        """Return the next frame, which must be of a kind."""
        event = await self.event()
        assert event is not None, "the stream ended"
        frame = json.loads(event.data)
        assert (event.name, frame["type"]) == (kind, kind), event
        return frame

    async def lease(self) -> Any:
        """Return the next lease."""
        return (await self.frame("lease"))["lease"]

    async def ended(self) -> bool:
        """Wait for the end of the stream; say whether nothing came before it."""
        return await self.event() is None

    def close(self) -> None:
        """Hang up."""
        self.response.close()


class Peer:
    """Both sides that talk to a gateway."""

    def __init__(self, session: aiohttp.ClientSession, token: str = TOKEN) -> None:
        self.session = session
        self.token = token

    async def ask(self, method: str, path: str | yarl.URL, **more: Any) -> Answer:
        """Make a request with the bearer."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        async with self.session.request(method, path, headers=headers, **more) as response:
            return Answer(response, await response.text())

    async def post(self, kind: str, /, **members: Any) -> Answer:
        """Post a frame."""
        return await self.ask("POST", f"/neuron/{kind}", json={"type": kind, **members})

    @asynccontextmanager
    async def open(self, neuron_id: str = "n1") -> AsyncIterator[Stream]:
        """Open a stream that must be granted."""
        path = f"/neuron/events?neuronId={quote(neuron_id, safe='')}"
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
        async with self.session.get(path, headers=headers) as response:
            assert response.status == 200, await response.text()
            yield Stream(response)

    async def register(self, *capabilities: Any, neuron_id: str = "n1") -> Answer:
        """Register a neuron that echoes, unless told otherwise."""
        offered = list(capabilities) or [ECHO]
        return await self.post(
            "register", neuronId=neuron_id, protocolVersion="1.0.0", capabilities=offered
        )

    @asynccontextmanager
    async def registered(self, *capabilities: Any, neuron_id: str = "n1") -> AsyncIterator[Stream]:
        """Open a stream and register on it."""
        async with self.open(neuron_id) as stream:
            assert (await self.register(*capabilities, neuron_id=neuron_id)).status == 200
            await stream.frame("registered")
            yield stream

    async def ack(self, lease: Any, **members: Any) -> Answer:
        """Answer a lease."""
        return await self.post("ack", leaseId=lease["leaseId"], completedAt=now(), **members)

    async def nack(self, lease: Any, kind: str = "retryable", reason: str = "r") -> Answer:
        """Fail a lease."""
        lease_id = lease["leaseId"]
        return await self.post("nack", leaseId=lease_id, kind=kind, reason=reason, failedAt=now())

    async def beat(self, *leases: Any, neuron_id: str = "n1") -> Answer:
        """Send a heartbeat."""
        listed = [
            {"leaseId": each["leaseId"], "taskId": each["task"]["taskId"], "startedAt": now()}
            for each in leases
        ]
        return await self.post("heartbeat", neuronId=neuron_id, inFlight=listed, sentAt=now())


Scene = Callable[[Peer, GatewayRole], Awaitable[Found]]


def play(scene: Scene[Found], *, store: str | None = None, **settings: Any) -> Found:
    """Play a scene against a fresh gateway."""

    async def run() -> Found:
        role = GatewayRole()
        await role.start(host="127.0.0.1", port=0, settings=settings, store=store)
        try:
            async with asyncio.timeout(SECONDS), session(role.url) as connected:
                return await scene(Peer(connected), role)
        finally:
            await role.stop()

    return asyncio.run(run())


def session(url: str) -> aiohttp.ClientSession:
    """Make a session that may have any number of connections."""
    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0))
