"""The routes that clients use to create jobs and look at them (sheet 2.4, RXON-JOB-01)."""

import json
import time
from collections.abc import Collection
from typing import Any

from aiohttp import web

from reference.rxon import canonical, clients
from reference.rxon import orchestrator_answers as answers
from reference.rxon.core import Reply
from reference.rxon.identity import same_token
from reference.rxon.orchestrator_shell import Shell
from reference.rxon.settings import JOBS_PATH


class ClientApi:
    """Reads requests of clients, asks the core, writes its replies."""

    def __init__(self, shell: Shell, *, tokens: Collection[str]) -> None:
        self._shell = shell
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post(JOBS_PATH, self.submit),
            web.get("/api/v1/jobs/{job_id}", self.job, allow_head=False),
            web.post("/api/v1/jobs/{job_id}/cancel", self.cancel),
            web.get("/api/v1/workers", self.workers, allow_head=False),
            web.get("/_public/status", self.status, allow_head=False),
        ]

    async def submit(self, request: web.Request) -> web.Response:
        """Take a job."""
        body = await answers.read_body(request)
        owner = self._owner(request)
        if owner is None:
            return unauthorized(request)
        try:
            wanted = canonical.read_json(body)
        except canonical.JSONError:
            return answers.response(Reply(*clients.BAD_JSON))
        return self._shell.answer(self._shell.core.submit(wanted, owner=owner, now=time.time()))

    async def job(self, request: web.Request) -> web.Response:
        """Show a job."""
        owner = self._owner(request)
        if owner is None:
            return unauthorized(request)
        fields = request.query.get("fields")
        reply = self._shell.core.job(
            request.match_info["job_id"],
            owner=owner,
            fields=fields.split(",") if fields else None,
            now=time.time(),
        )
        return self._shell.answer(reply)

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel a job."""
        owner = self._owner(request)
        if owner is None:
            return unauthorized(request)
        job_id = request.match_info["job_id"]
        return self._shell.answer(self._shell.core.cancel(job_id, owner=owner, now=time.time()))

    async def workers(self, request: web.Request) -> web.Response:
        """Show the records of the live workers."""
        if self._owner(request) is None:
            return unauthorized(request)
        self._shell.core.tick(now=time.time())
        return self._shell.answer(Reply(200, self._shell.core.workers()))

    async def status(self, _request: web.Request) -> web.Response:
        """Say that the server is up."""
        return answers.response(Reply(200, {"status": "ok"}))

    def _owner(self, request: web.Request) -> str | None:
        shown = request.headers.get("X-Client-Token", "")
        return next((token for token in self._tokens if same_token(shown, token)), None)


def unauthorized(request: web.Request) -> web.Response:
    """Refuse a client; this answer alone is spelled the way of Python (sheet 2.1)."""
    missing = "X-Client-Token" not in request.headers
    error = "Missing X-Client-Token header" if missing else "Unauthorized: Invalid token"
    body: dict[str, Any] = {"error": error}
    return web.json_response(body, status=401, dumps=json.dumps)
