"""The routes that workers use, E1 to E7 of sheet 2 (RXON-LSN-02)."""

import asyncio
import time
from collections.abc import Mapping
from math import isnan
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from reference.rxon import orchestrator_answers as answers
from reference.rxon import revision
from reference.rxon.core import Reply
from reference.rxon.identity import Credentials
from reference.rxon.orchestrator_shell import CLOSE_SECONDS, Shell

# Where the server stops reading. Between the limit and this a frame is read to its end, since a
# peer that is cut off while it still sends does not see the close and its code.
GIANT_FRAME = 4 * revision.FRAME_LIMIT
GONE = 499  # nobody reads it: the poller has closed the connection


class WorkerApi:
    """Reads requests of workers, asks the core, writes its replies."""

    def __init__(self, shell: Shell, *, poll_hold: float) -> None:
        self._shell = shell
        self._poll_hold = poll_hold

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/_worker/workers/register", self.register),
            web.get("/_worker/workers/{worker_id}/tasks/next", self.next_task, allow_head=True),
            web.post("/_worker/tasks/result", self.result),
            web.patch("/_worker/workers/{worker_id}", self.heartbeat),
            web.post("/_worker/events", self.event),
            web.post("/_worker/auth/token", self.token),
            web.get("/_worker/ws/{worker_id}", self.socket, allow_head=False),
        ]

    async def register(self, request: web.Request) -> web.Response:
        """Answer E1."""
        return await self._message(request, "registration")

    async def result(self, request: web.Request) -> web.Response:
        """Answer E3."""
        return await self._message(request, "result")

    async def heartbeat(self, request: web.Request) -> web.Response:
        """Answer E4."""
        return await self._message(request, "heartbeat")

    async def event(self, request: web.Request) -> web.Response:
        """Answer E5."""
        return await self._message(request, "event")

    async def token(self, request: web.Request) -> web.Response:
        """Answer E6."""
        now = time.time()
        reply = self._shell.core.issue_token(credentials=credentials(request), now=now)
        return self._shell.answer(reply)

    async def next_task(self, request: web.Request) -> web.Response:
        """Answer E2: hold the poll until there is a task or the time is over (RXON-POLL)."""
        worker_id = request.match_info["worker_id"]
        refused = self._shell.core.let_in(
            "poll", worker_id, credentials=credentials(request), now=time.time()
        )
        if refused is not None:
            return self._shell.answer(refused)
        if is_glance(request.method):
            return answers.response(Reply(204))
        hold = hold_for(request.query, self._poll_hold)
        task = await self._hold(worker_id, wanted_skills(request.query), hold=hold)
        if task is None:
            return self._shell.answer(Reply(204))
        return await self._deliver(request, task)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Answer E7: upgrade, then take events until the peer or another socket ends it."""
        worker_id = request.match_info["worker_id"]
        refused = self._shell.core.let_in(
            "socket", worker_id, credentials=credentials(request), now=time.time()
        )
        if refused is not None:
            return self._shell.answer(refused)
        socket = web.WebSocketResponse(max_msg_size=GIANT_FRAME, timeout=CLOSE_SECONDS)
        if not socket.can_prepare(request):
            return answers.response(Reply(400, {"error": "a WebSocket upgrade is needed"}))
        await socket.prepare(request)
        self._shell.plug_in(worker_id, socket)
        try:
            async for frame in socket:
                if is_too_large(frame):
                    await socket.close(code=WSCloseCode.MESSAGE_TOO_BIG)
                elif frame.type is WSMsgType.TEXT:
                    self._take_frame(frame.data, worker_id)
        finally:
            self._shell.unplug(worker_id, socket)
        return socket

    def _take_frame(self, text: str, worker_id: str) -> None:
        """Nothing is ever answered on a socket, whatever the frame was (RXON-WS-03)."""
        self._shell.core.receive_frame(text.encode(), sender=worker_id, now=time.time())
        self._shell.settle()

    async def _message(self, request: web.Request, kind: str) -> web.Response:
        body = await answers.read_body(request)
        reply = self._shell.core.receive(
            kind,
            body,
            credentials=credentials(request),
            path_id=request.match_info.get("worker_id"),
            version=request.headers.get("X-RXON-Version"),
            now=time.time(),
        )
        return self._shell.answer(reply)

    async def _hold(
        self, worker_id: str, skills: frozenset[str] | None, *, hold: float
    ) -> dict[str, Any] | None:
        clock = asyncio.get_running_loop().time
        end = clock() + hold
        while not self._shell.closing:
            task = self._shell.core.take(worker_id, skills=skills, now=time.time())
            left = end - clock()
            if task is None and left <= 0:
                # Only now another's task, so that every worker gets what was meant for it first.
                return self._shell.core.steal(worker_id, skills=skills, now=time.time())
            if task is not None:
                return task
            await self._shell.wait_for_task(worker_id, seconds=left)
        return None

    async def _deliver(self, request: web.Request, task: Mapping[str, Any]) -> web.Response:
        """Write a task; if nobody is there to read it, it goes back (RXON-POLL-08)."""
        answer = self._shell.answer(Reply(200, task))
        delivered = False
        try:
            if not is_gone(request):
                await answer.prepare(request)
                await answer.write_eof()
                delivered = not is_gone(request)
        except ConnectionError:
            return web.Response(status=GONE)
        finally:
            if not delivered:
                self._shell.core.give_back(task["task_id"])
                self._shell.settle()
        return answer


def is_too_large(frame: WSMessage) -> bool:
    """Say whether a frame is beyond the limit (sheet 2.3)."""
    return isinstance(frame.data, str | bytes) and len(frame.data) > revision.FRAME_LIMIT


def is_glance(method: str) -> bool:
    """Say whether a request must leave no trace (RXON-POLL-09)."""
    return method == "HEAD"


def is_gone(request: web.Request) -> bool:
    """Say whether the peer has closed its connection."""
    return request.transport is None or request.transport.is_closing()


def hold_for(query: Mapping[str, str], longest: float) -> float:
    """Return how long to hold a poll: the query may shorten it (RXON-POLL-06)."""
    try:
        wanted = float(query.get("timeout", longest))
    except ValueError:
        return longest
    return longest if isnan(wanted) else max(0.0, min(wanted, longest))


def wanted_skills(query: Mapping[str, str]) -> frozenset[str] | None:
    """Return the skills that the poller can start now; None: any (RXON-POLL-07)."""
    told = query.get("available_skills")
    return frozenset(told.split(",")) if told else None


def credentials(request: web.Request) -> Credentials:
    """Return what a request shows of its sender."""
    return Credentials(
        token=request.headers.get("X-Worker-Token"), certificate_name=certificate_name(request)
    )


def certificate_name(request: web.Request) -> str | None:
    """Return the first common name of a verified client certificate (sheet 4.6)."""
    certificate = request.transport and request.transport.get_extra_info("peercert")
    subject = certificate.get("subject", ()) if certificate else ()
    names = (value for part in subject for key, value in part if key == "commonName")
    return next(names, None)
