"""What surrounds the core of a neuron: the clock, the event stream, POSTs, running handlers."""

import asyncio
import io
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from reference.alarm import Alarm
from reference.neuron import sse
from reference.neuron.frames import Lease
from reference.neuron.neuron_core import NeuronCore, Phase
from reference.neuron.neuron_effects import (
    Effect,
    GiveUp,
    HangUp,
    Interrupt,
    Key,
    News,
    Open,
    Post,
    Run,
    Tell,
)
from reference.neuron.neuron_handlers import Context, Execution, Handler
from reference.neuron.neuron_outcomes import Outcome
from reference.once import once

TokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]
Listener: TypeAlias = Callable[[News], None]

CONNECTIONS = 100  # POSTs at a time; further ones wait for theirs
# When TCP asks a silent peer whether it is there, how often, and how often in vain; in seconds.
PROBES = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
IDLE_SECONDS = 4.0  # before the gateway closes a connection that is kept for the next POST


class TokenError(Exception):
    """The provider of tokens raised, or gave something that is none."""


def watched_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Make a socket that notices when its peer is gone without a word.

    An event stream may be silent for ever (NEURON-NRN-SSE-18), so only TCP can tell.
    """
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in PROBES.items():
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


class Clock:
    """Epoch seconds that never go back."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time."""
        return self._offset + time.monotonic()


class NeuronShell:
    """One core with its surroundings; whatever comes in ends with `_settle`."""

    def __init__(
        self,
        core: NeuronCore,
        *,
        url: str,
        token: TokenProvider,
        handlers: Mapping[str, Handler],
        listener: Listener | None = None,
    ) -> None:
        self.core = core
        self._url = url.rstrip("/")  # NEURON-NRN-CONN-05
        self._token = token
        self._handlers = handlers
        self._listener = listener
        self._clock = Clock()
        self._http: aiohttp.ClientSession
        self._stream: asyncio.Task[None] | None = None
        self._former: asyncio.Task[None] | None = None  # the one that was hung up last
        self._posts: dict[Key, asyncio.Task[None]] = {}
        self._executions: dict[str, Execution] = {}
        self._alarm = Alarm(self._ring, now=self._clock.now)
        self._gone = asyncio.Event()

    async def start(self) -> None:
        """Begin to dial."""
        trace = aiohttp.TraceConfig(SimpleNamespace)
        trace.on_request_chunk_sent.append(self._written)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=IDLE_SECONDS, socket_factory=watched_socket
            ),
            cookie_jar=aiohttp.DummyCookieJar(),  # the bearer is all that a neuron presents
            trace_configs=[trace],
        )
        self._room = asyncio.Semaphore(CONNECTIONS)
        self.core.start(now=self._clock.now())
        self._settle()

    async def stop(self, *, within: float | None = None) -> None:
        """Let what runs end, for so many seconds or as the pace says, and go (sheet 5.6)."""
        self.core.stop(within=within, now=self._clock.now())
        self._settle()
        await self._gone.wait()
        await asyncio.gather(*(each.abandon() for each in self._executions.values()))
        left = [*self._posts.values(), *filter(None, [self._stream, self._former])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._alarm.stop()
        await self._http.close()

    def update(self, kind: str, concurrency: int) -> None:
        """Change how many leases of a capability run at a time; raises ValueError."""
        self.core.update(kind, concurrency, now=self._clock.now())
        self._settle()

    def _settle(self) -> None:
        """Do what the core wants done, then set the clock."""
        while wanted := self.core.effects():
            for effect in wanted:
                self._perform(effect)
        if self.core.phase is Phase.GONE:
            self._gone.set()
        self._alarm.set(self.core.next_deadline())

    def _ring(self) -> None:
        self.core.tick(now=self._clock.now())
        self._settle()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Post(key):
                self._posts[key] = asyncio.create_task(self._post(effect))
                self._posts[key].add_done_callback(lambda _: self._posts.pop(key, None))
            case GiveUp(key):
                self._posts[key].cancel()
            case Open():
                self._hang_up()
                self._stream = asyncio.create_task(self._listen(effect))
            case HangUp():
                self._hang_up()
            case Run(lease):
                self._run(lease)
            case Interrupt(lease_id):
                if lease_id in self._executions:  # it may have ended a moment ago
                    self._executions[lease_id].interrupt()
            case Tell(news):
                if self._listener is not None:
                    # Later, so that an error in it is its own.
                    asyncio.get_running_loop().call_soon(self._listener, news)

    # The event stream

    def _hang_up(self) -> None:
        if self._stream is not None and self._stream is not asyncio.current_task():
            self._stream.cancel()
            self._former = self._stream
        self._stream = None

    async def _listen(self, dialling: Open) -> None:
        """Dial, then take frames until the stream ends."""
        try:
            reason = await self._read(dialling)
        except Exception as error:  # noqa: BLE001  whatever it is, the neuron dials again
            reason = _why(error)
        # Of a stream that was hung up, or that another follows already, nothing is to be told.
        if reason is not None and self._stream is asyncio.current_task():
            self.core.lost(reason, now=self._clock.now())
            self._settle()

    async def _read(self, dialling: Open) -> str | None:
        """Return why the stream ended; None when there was none."""
        async with asyncio.timeout(dialling.within) as limit:
            headers = {
                "Accept": "text/event-stream",  # NEURON-NRN-CONN-03
                "Authorization": f"Bearer {await self._bearer()}",
                "Cache-Control": "no-store",
            }
            async with self._http.get(
                URL(self._url + dialling.path, encoded=True),  # NEURON-NRN-CONN-02
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
                middlewares=(once,),  # NEURON-NRN-RECON-05
            ) as response:
                limit.reschedule(None)  # NEURON-NRN-SSE-18
                begins = self.core.opened(response.status, now=self._clock.now())
                self._settle()
                if not begins:
                    return None
                decoder = sse.Decoder()
                async for chunk in response.content.iter_any():
                    # All of it at once: a cancel beside its lease comes in time
                    # (NEURON-NRN-CANCEL-08).
                    for event in decoder.feed(chunk):
                        self.core.received(event.data, now=self._clock.now())
                    self._settle()
                    if self._stream is not asyncio.current_task():
                        return None  # hung up over what came
                return "the gateway ended the stream"

    # POSTs

    async def _post(self, post: Post) -> None:
        try:
            async with self._room, asyncio.timeout(post.within):
                status = await self._ask(post)
        except Exception as error:  # noqa: BLE001  whatever it is, the core waits for its end
            self.core.broken(post.key, _why(error), now=self._clock.now())
        else:
            self.core.answered(post.key, status, now=self._clock.now())
        self._settle()

    async def _ask(self, post: Post) -> int:
        """Return the status; the body is of no interest (NEURON-NRN-CONN-18)."""
        headers = {
            "Accept": "*/*",
            "Authorization": f"Bearer {await self._bearer()}",  # NEURON-NRN-CONN-04
            "Content-Type": "application/json",  # NEURON-NRN-RESULT-17
        }
        async with self._http.post(
            self._url + post.path,
            headers=headers,
            data=io.BytesIO(post.body),  # in pieces, so that a large one blocks nobody
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
            trace_request_ctx=post.key,
        ) as response:
            return response.status

    async def _written(
        self,
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _params: aiohttp.TraceRequestChunkSentParams,
    ) -> None:
        if context.trace_request_ctx is not None:
            self.core.written(context.trace_request_ctx, now=self._clock.now())
            self._settle()

    async def _bearer(self) -> str:
        """Ask for a token, as for every single request (NEURON-NRN-AUTH-01)."""
        try:
            given = self._token()
            token = await given if isinstance(given, Awaitable) else given
        except Exception as error:
            raise TokenError(f"no token: {_why(error)}") from error  # NEURON-NRN-AUTH-08
        if not isinstance(token, str) or not token.strip() or not token.strip().isprintable():
            raise TokenError("a token is text without line breaks")
        return token.strip()  # a file that holds it may end with a line feed

    # Handlers

    def _run(self, lease: Lease) -> None:
        lease_id = lease.lease_id

        def report(**told: Any) -> None:
            self.core.progress(lease_id, **told, now=self._clock.now())
            self._settle()

        def done(outcome: Outcome) -> None:
            del self._executions[lease_id]
            self.core.ended(lease_id, outcome, now=self._clock.now())
            self._settle()

        handler = self._handlers[lease.task.capability]
        self._executions[lease_id] = Execution(handler, Context(lease, report), done)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
