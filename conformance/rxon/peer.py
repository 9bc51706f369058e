"""The kit's worker and its desk: how scenarios speak RXON, politely or not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.kit.judging.seen import TWIN
from conformance.kit.verdict import NotObserved, Unmet
from conformance.rxon import REGISTER, VERSION_HEADER
from reference.rxon import canonical, signing

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine, Iterable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.websocket import WebSocket

VERSION = "1.0b11"
RESULT = "/_worker/tasks/result"
EVENTS = "/_worker/events"
TOKEN = "/_worker/auth/token"  # noqa: S105  (a path)
NO_TASK = 204
POLL_SLACK = 5.0  # seconds that an answer may come after the hold
PENDING = "pending"  # sheet 5.3: nothing has been decided yet
SETTLED = 15.0  # seconds within which a job's state must follow from what was said

Body = dict[str, Any]


def path_of(worker_id: str) -> str:
    """Return a worker's own path: heartbeats go there, polls below it."""
    return f"/_worker/workers/{quote(worker_id, safe='')}"


class Worker:
    """A worker played by the kit: everything that it says is signed unless told otherwise."""

    def __init__(
        self,
        stage: Stage,
        *,
        worker_id: str = "",
        token: str | None = None,
        secret: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.stage = stage
        self.id = worker_id or stage.unique("worker")
        self.token = stage.need("token") if token is None else token
        self.secret = self.token if secret is None else secret
        self.skill = stage.unique("skill")
        self.http = stage.http(tls=tls)

    def find_again(self) -> None:
        """Talk from now on to the instance that the stage has now."""
        self.http = self.stage.http()

    # Messages

    def headers(self, *, token: str | None = None, version: str = VERSION) -> list[tuple[str, str]]:
        """Return the headers of every request; ``token=""`` leaves the credential out."""
        credential = self.token if token is None else token
        lines = [(VERSION_HEADER, version), ("Content-Type", "application/json")]
        return [("X-Worker-Token", credential), *lines] if credential else lines

    def registration(self, **members: Any) -> Body:
        """Return a registration of one skill; members replace or add, None takes away."""
        return without_none(
            {
                "worker_id": self.id,
                "worker_type": "assay",
                "supported_skills": [{"name": self.skill, "type": self.skill}],
                "resources": {"properties": {"cpu_cores": 4}},
                "capabilities": {"hostname": "assay"},
                **members,
            }
        )

    def beat(self, **members: Any) -> Body:
        """Return a heartbeat."""
        return without_none(
            {"worker_id": self.id, "status": "idle", "current_tasks": [], **members}
        )

    def outcome(self, task: Mapping[str, Any], **members: Any) -> Body:
        """Return a result of a task: success unless told otherwise."""
        return without_none(
            {
                "job_id": task["job_id"],
                "task_id": task["task_id"],
                "worker_id": self.id,
                "status": "success",
                "data": {"said": "done"},
                **members,
            }
        )

    def happening(self, event_type: str, payload: Body, **members: Any) -> Body:
        """Return an event."""
        return without_none(
            {
                "event_id": self.stage.unique("event"),
                "worker_id": self.id,
                "origin_worker_id": self.id,
                "event_type": event_type,
                "payload": payload,
                "bubbling_chain": [],
                "priority": 0,
                **members,
            }
        )

    def signed(
        self,
        body: Body,
        *,
        secret: str | None = None,
        signer: str | None = None,
        timestamp: Any = None,
        ignore: tuple[str, ...] = ("bubbling_chain",),
    ) -> Body:
        """Return the body with a timestamp, a nonce (so that no two are alike) and a signature."""
        whole = {
            **body,
            "timestamp": int(self.stage.now()) if timestamp is None else timestamp,
            "nonce": self.stage.unique("nonce"),
        }
        signature = signing.sign(
            whole, secret=self.secret if secret is None else secret, ignore=ignore
        )
        security = {"signature": signature, "signer_id": self.id if signer is None else signer}
        return {**whole, "security": without_none(security)}

    # Requests

    async def send(  # noqa: PLR0913  (what a rude worker may want to choose)
        self,
        method: str,
        path: str,
        body: Body | bytes | None = None,
        *,
        tag: str = "",
        token: str | None = None,
        within: float = 5.0,
    ) -> Answer:
        """Send a request; a body of bytes goes out as it is."""
        raw = body if isinstance(body, bytes) else b"" if body is None else canonical.encode(body)
        return await self.http.ask(
            method, path, headers=self.headers(token=token), body=raw, tag=tag, within=within
        )

    async def register(self, *, tag: str = "", **members: Any) -> Answer:
        """Register; the answer may be anything."""
        return await self.send("POST", REGISTER, self.signed(self.registration(**members)), tag=tag)

    async def hired(self, **members: Any) -> Worker:
        """Register as a prerequisite: anything but acceptance ends the scenario."""
        answer = await self.register(tag="prerequisite: register", **members)
        if not answer.ok:
            raise Unmet(
                f"a valid registration was not accepted: {answer.shown()}", *answer.evidence
            )
        return self

    def retire_at_the_end(self) -> Worker:
        """Go offline when the scenario ends, so that what this worker is disturbs nobody after."""
        self.stage.closing.push_async_callback(
            self.heartbeat, tag="tidying up: go offline", status="offline"
        )
        return self

    async def heartbeat(self, *, tag: str = "", **members: Any) -> Answer:
        """Send a signed heartbeat."""
        return await self.send(
            "PATCH", path_of(self.id), self.signed(self.beat(**members)), tag=tag
        )

    async def result(self, task: Mapping[str, Any], *, tag: str = "", **members: Any) -> Answer:
        """Send a signed result."""
        return await self.send("POST", RESULT, self.signed(self.outcome(task, **members)), tag=tag)

    async def event(
        self, event_type: str, payload: Body, *, tag: str = "", **members: Any
    ) -> Answer:
        """Send a signed event."""
        body = self.signed(self.happening(event_type, payload, **members))
        return await self.send("POST", EVENTS, body, tag=tag)

    async def poll(self, *, tag: str = "", query: str = "", method: str = "GET") -> Answer:
        """Ask for a task and wait as long as the orchestrator holds the poll."""
        target = f"{path_of(self.id)}/tasks/next{query}"
        return await self.send(method, target, tag=tag, within=self.hold + POLL_SLACK)

    @property
    def hold(self) -> float:
        """Seconds that the orchestrator holds a poll."""
        return float(self.stage.facts.get("poll_hold", 30.0))

    async def task(self, *, tag: str = "prerequisite: take the task") -> dict[str, Any]:
        """Poll for a task that must come; anything else ends the scenario.

        A poll may end before a busy orchestrator has dispatched the job, so there may be several.
        """
        answer = await self.stage.until(
            lambda: self.poll(tag=tag), lambda answer: answer.status != NO_TASK, within=SETTLED
        )
        task = answer.json
        if answer.status != 200 or not isinstance(task, dict) or "task_id" not in task:  # noqa: PLR2004
            raise Unmet(
                f"no task came to the worker it was for: {answer.shown()}", *answer.evidence
            )
        return task

    async def socket(
        self, *, tag: str = "", token: str | None = None
    ) -> tuple[WebSocket | None, Answer]:
        """Ask for the worker's WebSocket."""
        headers = [line for line in self.headers(token=token) if line[0] != "Content-Type"]
        return await self.stage.websocket(
            f"/_worker/ws/{quote(self.id, safe='')}", headers=headers, tag=tag
        )

    async def connected(self) -> WebSocket:
        """Open the WebSocket as a prerequisite."""
        socket, answer = await self.socket(tag="prerequisite: connect")
        if socket is None:
            raise Unmet(f"the WebSocket upgrade was refused: {answer.shown()}", *answer.evidence)
        return socket


class Desk:
    """Where jobs come from: the driver if it can, else the client API."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._http = stage.http()

    def find_again(self) -> None:
        """Talk from now on to the instance that the stage has now."""
        self._http = self.stage.http()

    async def submit(self, skill: str, *, tag: str = "", **wishes: Any) -> str:
        """Submit a job of one task, wait until the orchestrator has looked at it, return its id.

        ``wishes`` are members of the task's ``dispatch``; ``metadata``, ``security`` and
        ``parallel`` belong to the job.
        """
        job: Body = {
            key: wishes.pop(key) for key in ("metadata", "security", "parallel") if key in wishes
        }
        job_id, status = await self._created({"type": skill, **wishes}, job, tag=tag)
        # An orchestrator answers before it dispatches, and a busy one may take its time.
        if status == PENDING:
            await self.stage.until(
                lambda: self.job(job_id), lambda job: job.get("status") != PENDING, within=SETTLED
            )
        return job_id

    async def _created(self, dispatch: Body, job: Body, *, tag: str) -> tuple[str, str]:
        if self.stage.can("submit_job"):
            answer = await self.stage.call("submit_job", tag=tag, dispatch=dispatch, **job)
            return str(answer["job_id"]), answer.get("status", PENDING)
        data: Body = {"dispatch": dispatch}
        if "parallel" in job:
            data["parallel"] = job.pop("parallel")
        body: Body = {"initial_data": data, **job}
        created = await self.ask("POST", self.stage.facts.get("jobs_path", ""), body, tag=tag)
        job_id = created.member("job_id")
        if not created.ok or not isinstance(job_id, str):
            raise Unmet(f"the client API did not take a job: {created.shown()}", *created.evidence)
        return job_id, PENDING

    async def cancel(self, job_id: str, *, tag: str = "") -> None:
        """Cancel a job."""
        if self.stage.can("cancel_job"):
            await self.stage.call("cancel_job", tag=tag, job_id=job_id)
        else:
            await self.ask("POST", f"/api/v1/jobs/{job_id}/cancel", tag=tag)

    async def job(self, job_id: str) -> dict[str, Any]:
        """Return a job's state; empty when the job is unknown."""
        if self.stage.can("job"):
            job = (await self.stage.call("job", job_id=job_id))["job"]
        else:
            job = (await self.ask("GET", f"/api/v1/jobs/{job_id}")).json
        return job if isinstance(job, dict) else {}

    async def note_job(self, job_id: str, tag: str) -> dict[str, Any]:
        """Look at a job once and note what it is."""
        job = await self.job(job_id)
        self.stage.note(tag, job=job)
        return job

    async def settle(self, job_id: str, *statuses: str, tag: str, within: float = SETTLED) -> Body:
        """Wait until a job has one of the statuses, or for ``within`` seconds; note it."""
        job = await self.stage.until(
            lambda: self.job(job_id), lambda job: job.get("status") in statuses, within=within
        )
        self.stage.note(tag, job=job)
        return job

    async def worker(self, worker_id: str) -> dict[str, Any] | None:
        """Return a worker's record as the orchestrator shows it, None when it shows none."""
        if self.stage.can("workers"):
            records = (await self.stage.call("workers", worker_id=worker_id))["workers"]
        else:
            records = (await self.ask("GET", "/api/v1/workers")).json or ()
        mine = (e for e in records if isinstance(e, dict) and e.get("worker_id") == worker_id)
        return next(mine, None)

    async def note_worker(self, worker_id: str, tag: str) -> dict[str, Any] | None:
        """Look up one worker's record and note it."""
        record = await self.worker(worker_id)
        self.stage.note(tag, worker=record)
        return record

    async def ask(
        self, method: str, path: str, body: Any = None, *, tag: str = "", token: str | None = None
    ) -> Answer:
        """Send a request of the client API."""
        if not path or ("client_token" not in self.stage.facts and token is None):
            raise NotObserved(
                "needs a driver with submit_job, cancel_job, job and workers, or the facts"
                " `client_token` and `jobs_path` (--assay-set client_token=…)"
            )
        credential = self.stage.facts.get("client_token", "") if token is None else token
        headers = [("Content-Type", "application/json")]
        if credential:
            headers.append(("X-Client-Token", credential))
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        return await self._http.ask(method, path, headers=headers, body=raw, tag=tag)


async def side_by_side(*talks: Coroutine[Any, Any, None]) -> None:
    """Let conversations go on at the same time, all to their end; then raise the first complaint.

    A task group would wrap it, and a complaint in a group is a crash to the kit.
    """
    for ending in await asyncio.gather(*talks, return_exceptions=True):
        if ending is not None:
            raise ending


def without_none(body: Mapping[str, Any]) -> Body:
    """Return the members that are not None."""
    return {key: value for key, value in body.items() if value is not None}


def twin(tag: str) -> str:
    """Return the tag of the message that differs in one thing and must be accepted."""
    return tag + TWIN


def flipped(signature: str) -> str:
    """Return a signature with one digit changed."""
    return ("0" if signature[0] != "0" else "1") + signature[1:]


def respelled(body: bytes, changes: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return JSON bytes spelled differently, each change once."""
    for old, new in changes:
        body = body.replace(old, new, 1)
    return body
