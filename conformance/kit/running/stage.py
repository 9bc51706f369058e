"""What a scenario stands on: the target's instance, recorded connections, notes, unique names."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.kit.targets.driver import CALL_WITHIN, CANNOT, METHOD_NOT_FOUND, DriverRefused
from conformance.kit.verdict import NotObserved, Unmet
from conformance.kit.wire.http import HttpClient
from conformance.kit.wire.listening import Listener
from conformance.kit.wire.tcp import Address, Tcp, Unreachable
from conformance.kit.wire.websocket import WebSocket

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping

    from conformance.kit.targets.certificates import Certificates
    from conformance.kit.targets.instance import Instance
    from conformance.kit.transcript import Event, Recorder
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.tap import Tap

    Start = Callable[[Mapping[str, Any]], Awaitable[Instance]]

T = TypeVar("T")
NUMBERS = itertools.count(1)  # for names; of this process, whoever asks
LOOK_EVERY = 0.02  # seconds between two looks at something that no message announces


class Stage:
    """One scenario's view of the world; everything that it opens is closed at its end."""

    def __init__(
        self,
        recorder: Recorder,
        instance: Instance,
        *,
        run: str,
        certificates: Certificates,
        start: Start | None = None,
    ) -> None:
        self.recorder = recorder
        self.instance = instance
        self._start = start
        self.certificates = certificates
        self.closing = AsyncExitStack()
        self._run = run
        self._own: Instance | None = None
        self._client: Instance | None = None
        self._present = False
        if instance.tap is not None:
            instance.tap.hear(recorder)
            self.closing.callback(instance.tap.pause)
        self._introduce()

    def _introduce(self) -> None:
        """Record what is known of the instance."""
        about = {"url": self.instance.url, "facts": dict(self.instance.facts)}
        self.recorder.note("instance", data=about)

    # What is known, and what is called when

    @property
    def facts(self) -> dict[str, Any]:
        """Credentials and settings of the instance."""
        return self.instance.facts

    def need(self, name: str) -> Any:
        """Return a fact; without it the scenario has nothing to show."""
        if name not in self.facts:
            raise NotObserved(f"needs the fact `{name}` (--assay-set {name}=…)")
        return self.facts[name]

    def unique(self, prefix: str) -> str:
        """Return a name that nobody else uses, in this run or another: letters, digits, hyphens."""
        return f"{prefix}-{self._run}-{next(NUMBERS)}"

    @staticmethod
    def now() -> float:
        """Return the wall clock in seconds since the epoch."""
        return time.time()

    @staticmethod
    async def until(
        look: Callable[[], Awaitable[T]], fits: Callable[[T], bool], *, within: float
    ) -> T:
        """Look again and again until it fits; return the last look when time is up."""
        end = time.monotonic() + within
        while True:
            seen = await look()
            if fits(seen) or time.monotonic() > end:
                return seen
            await asyncio.sleep(LOOK_EVERY)

    # Targets that talk to each other

    async def another(self, **settings: Any) -> Instance:
        """Start one more instance of the target, for this conversation alone.

        Raises NotObserved where the kit cannot start the target.
        """
        if self._start is None:
            raise NotObserved("needs a second instance, and the kit cannot start this target")
        instance = await self._start(settings)
        self.closing.push_async_callback(instance.stop)
        self.note("another instance", url=instance.url, facts=dict(instance.facts))
        return instance

    # Targets that are restarted

    async def restart(self, **settings: Any) -> None:
        """Go on with an instance of this conversation's own; stop the one that was so before.

        The first time it leaves the shared instance alone. With the same ``store`` the instance
        remembers what the one before had acknowledged. Raises NotObserved where the kit cannot
        start the target so.
        """
        if self._start is None:
            raise NotObserved("needs to restart the target, and the kit cannot start it")
        await self._stop_own()
        self.instance = self._own = await self._start(settings)
        self.closing.push_async_callback(self._stop_own)
        self._introduce()

    async def _stop_own(self) -> None:
        """Stop the conversation's own instance, if there is one."""
        own, self._own = self._own, None
        if own is not None:
            await own.stop()

    # What goes on at the same time

    def beside(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Do something beside the conversation; what is not done at its end is given up."""
        task = asyncio.create_task(work)
        self.closing.push_async_callback(_given_up, task)
        return task

    # Client roles: the target dials

    async def begin(self, path: str = "") -> None:
        """Let the client come, to this path: start it, or leave it to who started it by hand."""
        if self.instance.begin is None:
            raise RuntimeError("the target is no client")
        self._client = await self.instance.begin(path)
        self.note("the client may come", started=self._client is not None)
        if self._client is not None:
            self.facts.update(self._client.facts)
            self._introduce()
        self._present = True
        self.closing.push_async_callback(self.end)

    async def end(self) -> None:
        """End the conversation with the client; if the kit started it, stop it."""
        if not self._present:
            return
        self._present = False
        self.note("the client may go")
        if self._client is not None:
            await self._client.stop()
            child = self._client.child
            self.note("the client has gone", code=None if child is None else child.returncode)

    @property
    def tap(self) -> Tap:
        """What the client dials: it can answer in the served role's place, or break things."""
        if self.instance.tap is None:
            raise RuntimeError("the target is no client")
        return self.instance.tap

    async def expect(self, what: str, fits: Callable[[Event], bool], *, within: float) -> Event:
        """Wait for an event of this conversation that must come; its absence ends the scenario."""
        event = await self.heard(fits, within=within)
        if event is None:
            child = self._client.child if self._client is not None else None
            ended = child is not None and child.returncode is not None
            last_words = f": {child.obituary()}" if child is not None and ended else ""
            raise Unmet(f"{what} did not come within {within:g} s{last_words}")
        return event

    async def heard(self, fits: Callable[[Event], bool], *, within: float) -> Event | None:
        """Wait for the first recorded event of this conversation that fits.

        Every event is shown to ``fits`` once, in order, so that it may count.
        """
        transcript = self.recorder.transcript
        for event in tuple(transcript.of(self.name)):
            if fits(event):
                return event
        found: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

        def hear(event: Event) -> None:
            try:
                if not found.done() and fits(event):
                    found.set_result(event)
            except Exception as error:  # noqa: BLE001  (who waits must learn of it, not who spoke)
                found.set_exception(error)

        with transcript.listening(self.name, hear):
            try:
                async with asyncio.timeout(within):
                    return await found
            except TimeoutError:
                return None

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.recorder.scenario

    # What it says to itself

    def note(self, tag: str, **data: Any) -> Event:
        """Record what no wire shows."""
        return self.recorder.note("note", tag=tag, data=data)

    # How it talks

    def http(self, *, tls: ssl.SSLContext | None = None, base: str = "") -> HttpClient:
        """Return a client for the instance's address."""
        client = HttpClient(self.recorder, base or self.instance.url, tls=tls or self.instance.tls)
        self.closing.callback(client.close)
        return client

    async def websocket(
        self,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        tag: str = "",
        base: str = "",
    ) -> tuple[WebSocket | None, Answer]:
        """Ask for a WebSocket, of the instance or elsewhere; None when the upgrade was refused."""
        socket, answer = await WebSocket.open(
            self.recorder,
            base or self.instance.url,
            target,
            headers=headers,
            tls=self.instance.tls,
            tag=tag,
        )
        if socket is not None:
            self.closing.callback(socket.tcp.close)
        return socket, answer

    async def listen(self, *, port: int = 0) -> Listener:
        """Listen for connections of the target; raises OSError when the port is taken."""
        listener = await Listener.open(self.recorder, port=port)
        self.closing.callback(listener.close)
        return listener

    async def tcp(self, url: str = "") -> Tcp:
        """Open a bare connection, to the instance or elsewhere; raises Unreachable."""
        address = Address.of(url or self.instance.url, tls=self.instance.tls)
        tcp = await Tcp.open(self.recorder, address)
        self.closing.callback(tcp.close)
        return tcp

    # What the driver can do

    def can(self, method: str) -> bool:
        """Whether the target's driver offers a method."""
        return self.instance.driver is not None and self.instance.driver.has(method)

    async def call(self, method: str, *, tag: str = "", **params: Any) -> Any:
        """Call a driver method and record both sides; raises NotObserved when it is not offered."""
        return await self._call(self.instance, method, tag, params, within=CALL_WITHIN)

    def client_can(self, method: str) -> bool:
        """Whether a driver offers a method of the client that has come."""
        client = self._client or self.instance.client
        driver = client.driver if client is not None else None
        return driver is not None and driver.has(method)

    async def have(
        self, method: str, *, tag: str = "", within: float = CALL_WITHIN, **params: Any
    ) -> Any:
        """Call a driver method of the client, not of the opposite that it dials, as ``call``."""
        client = self._client or self.instance.client
        if client is None:
            raise NotObserved(f"needs the driver method `{method}`; the client came by itself")
        return await self._call(client, method, tag, params, within=within)

    async def _call(
        self, instance: Instance, method: str, tag: str, params: Mapping[str, Any], *, within: float
    ) -> Any:
        self.recorder.note("driver.call", tag=tag, data={"method": method, "params": dict(params)})
        try:
            result = await instance.call(method, **{"within": within, **params})
        except DriverRefused as refusal:
            if refusal.code in {METHOD_NOT_FOUND, CANNOT}:
                raise NotObserved(str(refusal)) from refusal
            raise
        self.recorder.note("driver.answer", tag=tag, data={"method": method, "result": result})
        return result


async def _given_up(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # whoever waited for it has seen it


__all__ = ["Stage", "Unreachable"]
