"""An orchestrator core with a clock that only moves when told, for tests."""

from collections.abc import Collection, Iterable
from itertools import count
from typing import Any

import orjson

from reference.rxon import signing
from reference.rxon.core import Orchestrator, Reply
from reference.rxon.identity import Credentials, TokenService
from reference.rxon.limits import RateLimiter
from reference.rxon.state import Effect, Policy

SECRET = "global-secret"
CLIENT = "client-1"
GLOBAL = Credentials(token=SECRET, certificate_name=None)


def signed(kind: str, body: dict[str, Any], *, secret: str = SECRET) -> dict[str, Any]:
    """Sign a message as its worker would."""
    ignore = signing.UNSIGNED_MEMBERS.get(kind, ())
    signature = signing.sign(body, secret=secret, ignore=ignore)
    return {**body, "security": {"signature": signature, "signer_id": body.get("worker_id")}}


class World:
    """A core, its time and its callers; every message is signed and unlike every other."""

    def __init__(
        self, *, policy: Policy | None = None, limits: dict[str, int] | None = None
    ) -> None:
        self.now = 1_700_000_000.0
        self._ids = count(1)
        self.core = Orchestrator(
            policy=policy or Policy(max_retries=1),
            tokens=TokenService(global_token=SECRET, individual={"own": "own-secret"}),
            limiter=None
            if limits is None
            else RateLimiter(limits=limits, default=100, period=60.0),
            new_id=lambda: f"id-{next(self._ids)}",
            new_token=lambda: f"token-{next(self._ids)}",
        )

    def send(self, kind: str, body: dict[str, Any], *, path_id: str | None = None) -> Reply:
        """Deliver a signed message."""
        message = {**body, "timestamp": int(self.now), "nonce": next(self._ids)}
        return self.core.receive(
            kind,
            orjson.dumps(signed(kind, message)),
            credentials=GLOBAL,
            path_id=path_id,
            now=self.now,
        )

    def register(
        self, worker_id: str, *, skills: Iterable[Any] = ("echo",), **members: Any
    ) -> Reply:
        """Register a worker; a skill that is text is a name."""
        catalogue = [{"name": skill} if isinstance(skill, str) else skill for skill in skills]
        return self.send(
            "registration", {"worker_id": worker_id, "supported_skills": catalogue, **members}
        )

    def beat(self, worker_id: str, **members: Any) -> Reply:
        """Send a heartbeat."""
        body = {"worker_id": worker_id, "status": "idle", **members}
        return self.send("heartbeat", body, path_id=worker_id)

    def result(self, worker_id: str, task: dict[str, Any], **members: Any) -> Any:
        """Send a result and return the answer's body."""
        ids = {"job_id": task["job_id"], "task_id": task["task_id"]}
        reply = self.send("result", {"worker_id": worker_id, **ids, **members})
        assert reply.status == 200
        return reply.body

    def fail(self, worker_id: str, task: dict[str, Any], code: str) -> Any:
        """Send a failure and return the answer's body."""
        error = {"code": code, "message": "oops"}
        return self.result(worker_id, task, status="failure", error=error)

    def event(self, worker_id: str, **members: Any) -> Reply:
        """Send an event, progress of the worker itself unless told otherwise."""
        body = {
            "event_id": f"e-{next(self._ids)}",
            "worker_id": worker_id,
            "origin_worker_id": worker_id,
            "event_type": "progress",
            "payload": {},
            **members,
        }
        return self.send("event", body)

    def submit(self, *, parallel: list[Any] | None = None, **dispatch: Any) -> str:
        """Create a job and return its id."""
        data = {"dispatch": dispatch} if parallel is None else {"parallel": parallel}
        reply = self.core.submit({"initial_data": data}, owner=CLIENT, now=self.now)
        assert reply.status == 202, reply
        return str(reply.body["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Look at a job."""
        reply = self.core.job(job_id, owner=CLIENT, fields=None, now=self.now)
        return dict(reply.body)

    def cancel(self, job_id: str) -> Reply:
        """Cancel a job."""
        return self.core.cancel(job_id, owner=CLIENT, now=self.now)

    def take(self, worker_id: str, *, skills: Collection[str] | None = None) -> dict[str, Any]:
        """Take a task that must be there."""
        task = self.core.take(worker_id, skills=skills, now=self.now)
        assert task is not None
        return task

    def has_none(self, worker_id: str, *, skills: Collection[str] | None = None) -> bool:
        """Say whether a worker would get nothing."""
        return self.core.take(worker_id, skills=skills, now=self.now) is None

    def wait(self, seconds: float) -> None:
        """Let time pass and happen what is due."""
        self.now += seconds
        self.core.tick(now=self.now)

    def effects(self) -> list[Effect]:
        """Return what the core wants done."""
        return self.core.effects()

    def record(self, worker_id: str) -> dict[str, Any]:
        """Return what clients see of a worker."""
        return next(w for w in self.core.workers() if w["worker_id"] == worker_id)
