"""What a worker says, ready to be sent: registration, heartbeat, result, event (sheet 3)."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reference.rxon import canonical, messages, revision, signing
from reference.rxon.execution import Catalogue, Outcome

Body: TypeAlias = dict[str, Any]

IDLE_USAGE: Mapping[str, float] = {"cpu_load_percent": 0.0, "ram_used_gb": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who a worker is and what it can do."""

    worker_id: str
    token: str
    catalogue: Catalogue
    worker_type: str = "generic"
    max_concurrent_tasks: int = 1
    websockets: bool = True
    hot_skills: tuple[str, ...] = ()  # those that start without loading anything
    properties: Mapping[str, Any] = field(default_factory=dict)  # of its resources
    extra: Mapping[str, Any] = field(default_factory=dict)  # what no model has a member for

    @property
    def skills(self) -> list[Body]:
        """The static catalogue as it is registered."""
        return [dict(skill) for skill in self.catalogue.values()]

    @property
    def skills_hash(self) -> str:
        """What changes when the catalogue does (RXON-REG-14, sheet 4.5).

        Whether the worker takes commands on a WebSocket is told beside `extra`, but not hashed.
        """
        told = {"skills": self.skills, "capabilities": {}, "extra": dict(self.extra)}
        return hashlib.sha256(canonical.canonical_bytes(told)).hexdigest()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages in a worker's name; every one is signed and unlike every other."""

    profile: Profile
    new_id: Callable[[], str]

    def registration(self, *, now: float) -> bytes:
        """Write E1 (RXON-REG-11)."""
        profile = self.profile
        body: Body = {
            "worker_id": profile.worker_id,
            "worker_type": profile.worker_type,
            "supported_skills": profile.skills,
            "available_skills": list(profile.catalogue),
            "hot_skills": self._hot_skills,
            "resources": {"properties": dict(profile.properties)},
            "installed_artifacts": [],
            "capabilities": {
                "hostname": profile.worker_id,
                "extra": {"websockets": profile.websockets, **profile.extra},
            },
            "skills_hash": profile.skills_hash,
        }
        return self._signed("registration", body, now=now)

    def heartbeat(
        self, *, status: str, running: Collection[str], available: bool, whole: bool, now: float
    ) -> bytes:
        """Write E4; the catalogue goes along only when the whole is wanted (RXON-HB-14, -15)."""
        body: Body = {
            "worker_id": self.profile.worker_id,
            "status": status,
            "usage": dict(IDLE_USAGE),
            "current_tasks": list(running),
            "supported_skills": self.profile.skills if whole else None,
            "available_skills": list(self.profile.catalogue) if available else None,
            "hot_skills": self._hot_skills,
            "skills_hash": self.profile.skills_hash,
        }
        return self._signed("heartbeat", body, now=now)

    def farewell(self, *, now: float) -> bytes:
        """Write the last E4: from now on the worker does nothing (RXON-EXE-12)."""
        body: Body = {
            "worker_id": self.profile.worker_id,
            "status": "offline",
            "usage": dict(IDLE_USAGE),
            "current_tasks": [],
        }
        return self._signed("heartbeat", body, now=now)

    def result(self, task: Mapping[str, Any], outcome: Outcome, *, now: float) -> bytes:
        """Write E3, the answer to one task (RXON-EXE-01)."""
        body: Body = {
            "job_id": task["job_id"],
            "task_id": task["task_id"],
            "worker_id": self.profile.worker_id,
            "origin_worker_id": self.profile.worker_id,
            "status": outcome.status,
            "data": outcome.data,
            "error": outcome.error,
        }
        return self._signed("result", body, now=now)

    def event(
        self, task: Mapping[str, Any], event: str, payload: Mapping[str, Any], *, now: float
    ) -> bytes:
        """Write E5: what a task says while it runs (RXON-EVT-07)."""
        body: Body = {
            "event_id": self.new_id(),
            "worker_id": self.profile.worker_id,
            "origin_worker_id": self.profile.worker_id,
            "event_type": event,
            "payload": dict(payload),
            "origin_task_id": task["task_id"],
            "bubbling_chain": [],
            "target_job_id": task["job_id"],
            "target_task_id": task["task_id"],
            "trace_context": task.get("tracing_context"),
            "priority": 0,
        }
        return self._signed("event", body, now=now)

    def _signed(self, kind: str, body: Body, *, now: float) -> bytes:
        """Add time, nonce and signature (RXON-SIG-06, -08, -09).

        Orchestrators that refuse replays take equal messages of one second for one, hence the
        nonce. With the default token nothing is signed (RXON-AUTH-12).
        """
        whole = {
            **{name: value for name, value in body.items() if value is not None},
            "timestamp": time_stamp(now),
            "nonce": self.new_id(),
        }
        if self.profile.token != revision.DEFAULT_TOKEN:
            whole["security"] = self._security(kind, whole)
        return canonical.encode(messages.order(kind, whole))

    def _security(self, kind: str, whole: Body) -> Body:
        signature = signing.sign(
            whole, secret=self.profile.token, ignore=signing.UNSIGNED_MEMBERS.get(kind, ())
        )
        return {"signature": signature, "signer_id": self.profile.worker_id}

    @property
    def _hot_skills(self) -> list[str] | None:
        return list(self.profile.hot_skills) or None  # an empty list is not sent (sheet 3.1)


def time_stamp(now: float) -> int:
    """Return whole seconds (RXON-SIG-09)."""
    return int(now)
