"""What surrounds the core of an orchestrator: the clock, the store, held polls and sockets."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from reference.alarm import Alarm
from reference.journal import Journal
from reference.rxon import orchestrator_answers as answers
from reference.rxon import revision
from reference.rxon.core import Orchestrator, Reply
from reference.rxon.state import STORED, CancelTask, Effect, Wake

CLOSE_SECONDS = 1.0  # how long a peer may take to answer the close of a WebSocket


class Shell:
    """One core with its surroundings; every request passes through `settle` before its answer."""

    def __init__(self, make: Callable[[], Orchestrator], *, store: str | None) -> None:
        self._make = make
        self._journal = Journal(store) if store else None
        self._alarm = Alarm(self._ring)
        self._polls: dict[str, dict[asyncio.Future[None], None]] = {}  # in order of arrival
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._errands: set[asyncio.Task[Any]] = set()
        self.closing = False
        self.core = make()
        if self._journal:
            self.core.restore({kind: self._journal.read(kind) for kind in STORED})

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

    async def wait_for_task(self, worker_id: str, *, seconds: float) -> None:
        """Return when there may be a task for the worker, at the latest after so many seconds."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        held = self._polls.setdefault(worker_id, {})
        held[woken] = None
        try:
            await asyncio.wait((woken,), timeout=seconds)
        finally:
            del held[woken]
            if not held and self._polls.get(worker_id) is held:
                del self._polls[worker_id]

    def plug_in(self, worker_id: str, socket: web.WebSocketResponse) -> None:
        """Make a socket the worker's; the one before is closed (RXON-WS-04)."""
        before = self._sockets.get(worker_id)
        self._sockets[worker_id] = socket
        if before is not None:
            self._run(_close(before, revision.CLOSE_REPLACED))
        if self.closing:  # it was opened while the others were being closed
            self._run(_close(socket, revision.CLOSE_SHUTDOWN))

    def unplug(self, worker_id: str, socket: web.WebSocketResponse) -> None:
        """Forget a socket, unless another has taken its place."""
        if self._sockets.get(worker_id) is socket:
            del self._sockets[worker_id]

    async def close(self) -> None:
        """Let held polls go, close the sockets, put the store away (RXON-WS-05)."""
        self.closing = True
        self._alarm.stop()
        for worker_id in list(self._polls):
            self._wake(worker_id)
        await self._close_sockets()
        if self._errands:
            await asyncio.wait(self._errands, timeout=2 * CLOSE_SECONDS)

    def put_away(self) -> None:
        """Release the store after the last request was answered."""
        if self._journal:
            self._journal.close()

    async def reset(self) -> None:
        """Start over with nothing known."""
        self.core = self._make()
        if self._journal:
            self._journal.clear()
        await self._close_sockets()
        self._arm()

    async def _close_sockets(self) -> None:
        sockets = [_close(socket, revision.CLOSE_SHUTDOWN) for socket in self._sockets.values()]
        self._sockets.clear()
        await asyncio.gather(*sockets)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Wake(worker_id):
                self._wake(worker_id)
            case CancelTask(worker_id, task_id, job_id):
                socket = self._sockets.get(worker_id)
                if socket is not None:
                    self._run(_send(socket, cancel_command(task_id=task_id, job_id=job_id)))

    def _wake(self, worker_id: str) -> None:
        for woken in self._polls.get(worker_id, ()):
            if not woken.done():
                woken.set_result(None)

    def _run(self, errand: Any) -> None:
        task = asyncio.ensure_future(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _arm(self) -> None:
        if not self.closing:
            self._alarm.set(self.core.next_deadline())

    def _ring(self) -> None:
        self.core.tick(now=time.time())
        self.settle()


def cancel_command(*, task_id: str, job_id: str) -> dict[str, str]:
    """Return the WorkerCommand that stops a task (RXON-WS-06)."""
    return {"command": "cancel_task", "task_id": task_id, "job_id": job_id}


async def _send(socket: web.WebSocketResponse, command: Mapping[str, Any]) -> None:
    try:
        await socket.send_json(command)
    except ConnectionError:
        return  # the heartbeat names the task as well (RXON-HB-08)


async def _close(socket: web.WebSocketResponse, why: tuple[int, str]) -> None:
    code, text = why
    await socket.close(code=code, message=text.encode())
