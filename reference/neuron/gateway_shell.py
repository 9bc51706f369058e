"""What surrounds the core of a gateway: the clock, the store, streams and who watches tasks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from reference.alarm import Alarm
from reference.journal import Journal
from reference.neuron import gateway_answers as answers
from reference.neuron.fleet import Last
from reference.neuron.frames import Frame
from reference.neuron.gateway_core import Gateway
from reference.neuron.gateway_replies import Reply
from reference.neuron.gateway_state import STORED, Effect, Told, Wake
from reference.neuron.planning import Parting

CLOSE_SECONDS = 2.0  # how long open streams may take to say goodbye
GOODBYE = Parting(
    neuron_id=None, reason="gateway is shutting down", code="SHUTDOWN", reconnectable=True
)


class Shell:
    """One core with its surroundings; every request passes through `settle` before its answer."""

    def __init__(self, make: Callable[[], Gateway], *, store: str | None) -> None:
        self._make = make
        self._journal = Journal(store) if store else None
        self._alarm = Alarm(self._ring)
        self._wakes: dict[int, asyncio.Event] = {}
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._served: set[asyncio.Task[None]] = set()
        self.closing = False
        self.core = make()
        if self._journal:
            stored = {kind: self._journal.read(kind) for kind in STORED}
            self.core.restore(stored, now=time.time())

    def settle(self) -> None:
        """Store what changed, then do what the core wants done, then set the clock."""
        if self._journal:
            self._journal.write(self.core.changes())
        else:
            self.core.forget_changes()
        for effect in self.core.effects():
            self._perform(effect)
        self._arm()

    def answer(self, reply: Reply) -> web.Response:
        """Settle, then make the HTTP response of a reply."""
        self.settle()
        return answers.response(reply)

    @contextmanager
    def stream(self, number: int) -> Iterator["Stream"]:
        """Keep a stream of the core; however its handler ends, the core hears of it."""
        core = self.core
        wake = self._wakes[number] = asyncio.Event()
        task = asyncio.current_task()
        if task is not None:
            self._served.add(task)
        try:
            yield Stream(self, core, number, wake)
        finally:
            self._served.discard(task)
            if self.core is core:
                del self._wakes[number]
                core.stream_ended(number, now=time.time())
                self.settle()

    @contextmanager
    def watch(self, task_id: str) -> Iterator[asyncio.Event]:
        """Set the event whenever a task is not what it was."""
        told = asyncio.Event()
        self._watchers.setdefault(task_id, set()).add(told)
        try:
            yield told
        finally:
            watchers = self._watchers[task_id]
            watchers.discard(told)
            if not watchers:
                del self._watchers[task_id]

    async def close(self) -> None:
        """Say goodbye on every stream (NEURON-GW-CTRL-06), and let watchers go."""
        self.closing = True
        self.core.disconnect(GOODBYE, now=time.time())
        self.settle()
        self._alarm.stop()
        self._tell_all()
        if self._served:
            await asyncio.wait(self._served, timeout=CLOSE_SECONDS)

    def put_away(self) -> None:
        """Release the store after the last request was answered."""
        if self._journal:
            self._journal.close()

    def reset(self) -> None:
        """Start over with nothing known; the streams of the old core end."""
        self.core = self._make()
        if self._journal:
            self._journal.clear()
        wakes, self._wakes = self._wakes, {}
        for wake in wakes.values():
            wake.set()
        self._tell_all()
        self._arm()

    def _tell_all(self) -> None:
        for watchers in self._watchers.values():
            for told in watchers:
                told.set()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Wake(stream):
                wake = self._wakes.get(stream)
                if wake is not None:
                    wake.set()
            case Told(task_id):
                for told in self._watchers.get(task_id, ()):
                    told.set()

    def _arm(self) -> None:
        if not self.closing:
            self._alarm.set(self.core.next_deadline())

    def _ring(self) -> None:
        self.core.tick(now=time.time())
        self.settle()


class Stream:
    """The frames of one stream, as they come."""

    def __init__(self, shell: Shell, core: Gateway, number: int, wake: asyncio.Event) -> None:
        self._shell = shell
        self._core = core
        self._number = number
        self._wake = wake

    async def frames(self, *, keep_alive: float) -> AsyncIterator[Frame | None]:
        """Yield every frame, and None whenever there was none for so many seconds."""
        while self._shell.core is self._core:
            self._wake.clear()
            frame = self._core.next_frame(self._number, now=time.time())
            if frame is Last.END:
                return
            if frame is not None:
                self._shell.settle()
                yield frame
            elif not await woken(self._wake, keep_alive):
                yield None


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for so long, or for ever if that is no time at all."""
    try:
        async with asyncio.timeout(seconds or None):
            return await event.wait()
    except TimeoutError:
        return False
