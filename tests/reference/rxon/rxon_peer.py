"""A worker and a client of one reference orchestrator over HTTP, for tests."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp

from reference.rxon import signing
from reference.rxon.orchestrator import OrchestratorRole

SECRET = "global-secret"
SECONDS = 10  # the bound of every scene
Found = TypeVar("Found")


def signed(kind: str, body: Mapping[str, Any], *, secret: str = SECRET) -> dict[str, Any]:
    """Sign a message that is unlike every other."""
    message = {**body, "timestamp": int(time.time()), "nonce": str(uuid.uuid4())}
    ignore = signing.UNSIGNED_MEMBERS.get(kind, ())
    return {
        **message,
        "security": {"signature": signing.sign(message, secret=secret, ignore=ignore)},
    }


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


class Peer:
    """Both sides that talk to an orchestrator."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Make a request with all credentials."""
        shown = {"X-Worker-Token": SECRET, "X-Client-Token": "client-1", **headers}
        async with self.session.request(method, path, json=body, headers=shown) as response:
            return Answer(response, await response.text())

    async def register(self, worker_id: str = "w", **members: Any) -> Answer:
        """Register a worker that echoes."""
        body = {"worker_id": worker_id, "supported_skills": [{"name": "echo"}], **members}
        return await self.ask("POST", "/_worker/workers/register", signed("registration", body))

    async def poll(self, worker_id: str = "w", query: str = "") -> Answer:
        """Poll once."""
        return await self.ask("GET", f"/_worker/workers/{worker_id}/tasks/next{query}")

    async def submit(self, **dispatch: Any) -> str:
        """Create a job and return its id."""
        body = {"initial_data": {"dispatch": dispatch}}
        answer = await self.ask("POST", "/api/v1/jobs/generic", body)
        assert answer.status == 202
        return str(answer.json["job_id"])

    async def job(self, job_id: str) -> Any:
        """Look at a job."""
        return (await self.ask("GET", f"/api/v1/jobs/{job_id}")).json

    async def result(self, task: Mapping[str, Any], **members: Any) -> Any:
        """Answer a task as worker w."""
        ids = {"worker_id": "w", "job_id": task["job_id"], "task_id": task["task_id"]}
        message = signed("result", {**ids, **members})
        return (await self.ask("POST", "/_worker/tasks/result", message)).json

    async def socket(self, worker_id: str = "w", **headers: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket."""
        shown = {"X-Worker-Token": SECRET, **headers}
        return await self.session.ws_connect(f"/_worker/ws/{worker_id}", headers=shown)

    async def until(self, job_id: str, member: str, value: Any) -> None:
        """Wait until a member of a job has a value."""
        while (await self.job(job_id)).get(member) != value:  # noqa: ASYNC110  the wire tells nobody
            await asyncio.sleep(0.005)


Scene = Callable[[Peer, OrchestratorRole], Awaitable[Found]]


def play(scene: Scene[Found], **settings: Any) -> Found:
    """Play a scene against a fresh orchestrator."""

    async def run() -> Found:
        role = OrchestratorRole()
        settings.setdefault("poll_hold", 5)
        await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
        try:
            async with asyncio.timeout(SECONDS), aiohttp.ClientSession(role.url) as session:
                return await scene(Peer(session), role)
        finally:
            await role.stop()

    return asyncio.run(run())
