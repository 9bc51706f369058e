"""The desk: the routes by which people and programs hand in tasks and watch them.

No neuron uses them. Without an operator token they answer this machine only.
"""

import ipaddress
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reference.neuron import gateway_answers as answers
from reference.neuron import json_text, sse
from reference.neuron.bearers import same, token_of
from reference.neuron.gateway_replies import Reply
from reference.neuron.gateway_shell import Shell, woken
from reference.neuron.planning import TooLateError, UnknownError
from reference.neuron.tasks import STATES, OrderError

JSON = "application/json"
OVER = frozenset({"done", "failed", "cancelled"})
ACCEPTED = 202
BAD_TASK, NO_TASK, TOO_LATE = 400, 404, 409
# What tells one state of a task from the next, for those who watch.
STANDING = ("state", "attempt", "neuron_id", "waiting_for", "cancelling", "last_failure")


@dataclass(frozen=True, slots=True)
class Door:
    """Who may use the desk."""

    operator_token: str | None

    def refusal(self, request: web.Request) -> Reply | None:
        """Say why a request is not let in."""
        if self.operator_token is None:
            here = is_this_machine(request.remote)
            return None if here else Reply(403, {"error": "set operator_token to use it remotely"})
        shown = token_of(request.headers.get("Authorization"))
        if same(shown, self.operator_token):
            return None
        return Reply(401, {"error": "the operator token is needed"}, {"WWW-Authenticate": "Bearer"})


class Desk:
    """Reads requests of planners, asks the core, shows what it knows."""

    def __init__(self, shell: Shell, *, door: Door, keep_alive: float) -> None:
        self._shell = shell
        self._door = door
        self._keep_alive = keep_alive

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/tasks", self.submit),
            web.get("/tasks", self.list, allow_head=False),
            web.get("/tasks/{task_id}", self.show, allow_head=False),
            web.delete("/tasks/{task_id}", self.cancel),
            web.get("/tasks/{task_id}/events", self.events, allow_head=False),
            web.get("/neurons", self.neurons, allow_head=False),
            web.get("/health", self.health, allow_head=False),
        ]

    async def submit(self, request: web.Request) -> web.Response:
        """Take a task; a page in a browser cannot send this type without asking first."""
        self._let_in(request)
        if request.content_type != JSON:
            raise answers.RefusedError(Reply(415, {"error": f"a task is sent as {JSON}"}))
        try:
            members = json_text.read(await answers.read_body(request))
            task_id = self._shell.core.inject(members, now=time.time())
        except (json_text.JSONTextError, OrderError) as error:
            raise answers.RefusedError(
                Reply(BAD_TASK, {"error": str(error), "code": "INVALID_TASK"})
            ) from error
        return self._shell.answer(Reply(ACCEPTED, self._look(task_id)))

    async def list(self, request: web.Request) -> web.Response:
        """Show all tasks in short."""
        self._let_in(request)
        return self._shell.answer(Reply(200, {"tasks": self._shell.core.tasks(now=time.time())}))

    async def show(self, request: web.Request) -> web.Response:
        """Show a task."""
        self._let_in(request)
        return self._shell.answer(Reply(200, self._look(request.match_info["task_id"])))

    async def cancel(self, request: web.Request) -> web.Response:
        """Call a task off."""
        self._let_in(request)
        task_id = request.match_info["task_id"]
        reason = answers.queried(request, "reason") or None
        try:
            self._shell.core.cancel(task_id, reason=reason, now=time.time())
        except UnknownError as error:
            raise answers.RefusedError(
                Reply(NO_TASK, {"error": str(error), "code": "UNKNOWN_TASK"})
            ) from error
        except TooLateError as error:
            raise answers.RefusedError(
                Reply(TOO_LATE, {"error": str(error), "code": "TASK_OVER"})
            ) from error
        return self._shell.answer(Reply(ACCEPTED, self._look(task_id)))

    async def neurons(self, request: web.Request) -> web.Response:
        """Show the neurons."""
        self._let_in(request)
        found = self._shell.core.neurons(now=time.time())
        return self._shell.answer(Reply(200, {"neurons": found}))

    async def health(self, _request: web.Request) -> web.Response:
        """Say that the gateway is up, and how busy it is; anybody may know."""
        now = time.time()
        states = [task["state"] for task in self._shell.core.tasks(now=now)]
        connected = sum(each["connected"] for each in self._shell.core.neurons(now=now))
        counts = {name: states.count(name) for name in dict.fromkeys(STATES.values())}
        body = {"ok": True, "protocol": "neuron", "neurons": connected, "tasks": counts}
        return self._shell.answer(Reply(200, body))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Show a task as it goes: `state`, `progress`, and `outcome` at the end."""
        self._let_in(request)
        task_id = request.match_info["task_id"]
        self._look(task_id)
        answer = answers.event_stream()
        await answer.prepare(request)
        async for name, data in self._story(task_id):
            await answer.write(said(name, data))
        return answer

    async def _story(self, task_id: str) -> AsyncIterator[tuple[str, Any]]:
        teller = Teller()
        with self._shell.watch(task_id) as told:
            while not self._shell.closing:
                told.clear()
                try:
                    view = self._shell.core.task(task_id, now=time.time())
                except UnknownError:  # forgotten, or the gateway was reset
                    return
                self._shell.settle()
                for event in teller.news(view):
                    yield event
                if view["state"] in OVER:
                    return
                if not await woken(told, self._keep_alive):
                    yield "", None

    def _look(self, task_id: str) -> dict[str, Any]:
        try:
            return self._shell.core.task(task_id, now=time.time())
        except UnknownError as error:
            raise answers.RefusedError(
                Reply(NO_TASK, {"error": str(error), "code": "UNKNOWN_TASK"})
            ) from error

    def _let_in(self, request: web.Request) -> None:
        refusal = self._door.refusal(request)
        if refusal is not None:
            raise answers.RefusedError(refusal)


class Teller:
    """Tells one watcher what is new about a task."""

    def __init__(self) -> None:
        self._reports = 0
        self._standing: dict[str, Any] = {}

    def news(self, view: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Return the events since the last time."""
        events: list[tuple[str, Any]] = []
        standing = {name: view[name] for name in STANDING if name in view}
        if view["state"] not in OVER and standing != self._standing:
            events.append(("state", standing))
        self._standing = standing
        fresh = min(view["reports"] - self._reports, len(view["progress"]))
        self._reports = view["reports"]
        events += [("progress", report) for report in view["progress"][-fresh:] if fresh]
        if view["state"] in OVER:
            events.append(("outcome", view))
        return events


def said(name: str, data: Any) -> bytes:
    """Write an event; one without a name only keeps the connection in use."""
    if not name:
        return sse.comment("keep-alive")
    return sse.encode(json_text.write(data).decode(), name=name)


def is_this_machine(address: str | None) -> bool:
    """Say whether a peer is on this machine."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
