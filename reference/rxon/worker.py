"""The worker as a role: settings in, a client that dials an orchestrator and runs three skills."""

import asyncio
import uuid
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from reference.role import CannotError, Setting, SettingError, count, flag, resolve, seconds, text
from reference.rxon import revision
from reference.rxon.errands import Pace
from reference.rxon.execution import Catalogue
from reference.rxon.identifiers import is_worker_id
from reference.rxon.worker_core import Worker
from reference.rxon.worker_messages import Profile
from reference.rxon.worker_shell import Progress, Skill, WorkerShell


def worker_id(value: Any) -> str:
    """Read a worker id (RXON-REG-04)."""
    if not is_worker_id(value):
        raise ValueError("letters, digits, underscores and hyphens are needed")
    return str(value)


def http_url(value: Any) -> str:
    """Read the orchestrator's address."""
    if not text(value).startswith(("http://", "https://")):
        raise ValueError("an http:// or https:// URL is needed")
    return text(value).rstrip("/")


SETTINGS: Mapping[str, Setting] = {
    "connect": Setting("", http_url),
    "token": Setting("global-secret", text),
    "worker_id": Setting("assay-worker", worker_id),
    "worker_type": Setting("generic", text),
    "max_concurrent_tasks": Setting(1, count),
    "websockets": Setting(default=True, read=flag),
    "heartbeat_interval": Setting(revision.HEARTBEAT_INTERVAL, seconds),
    "heartbeat_cooldown": Setting(revision.HEARTBEAT_COOLDOWN, seconds),
    "poll_timeout": Setting(revision.POLL_TIMEOUT, seconds),
    "idle_delay": Setting(revision.IDLE_DELAY, seconds),
    "shutdown_timeout": Setting(revision.SHUTDOWN_TIMEOUT, seconds),
}
PACE = (
    "heartbeat_interval",
    "heartbeat_cooldown",
    "poll_timeout",
    "idle_delay",
    "shutdown_timeout",
)

# What the worker can do: the profile that the kit's worker suite asks for.
CATALOGUE: Catalogue = {
    "echo": {
        "name": "echo",
        "type": "echo",
        "version": revision.DEFAULT_SKILL_VERSION,
        "description": "returns its parameters",
        "input_schema": {"type": "object"},
    },
    "slow": {
        "name": "slow",
        "type": "slow",
        "version": revision.DEFAULT_SKILL_VERSION,
        "description": "takes so many seconds",
        "input_schema": {
            "type": "object",
            "properties": {"seconds": {"type": "number"}},
            "required": ["seconds"],
            "additionalProperties": False,
        },
        "output_schema": {"type": "object", "required": ["seconds"]},
    },
    "fail": {
        "name": "fail",
        "type": "fail",
        "version": revision.DEFAULT_SKILL_VERSION,
        "description": "raises an error with this message",
        "input_schema": {
            "type": "object",
            "properties": {"message": {"type": "string"}},
            "required": ["message"],
            "additionalProperties": False,
        },
    },
}


class SkillError(RuntimeError):
    """What the skill `fail` raises."""


async def echo(params: Mapping[str, Any], _progress: Progress) -> Any:
    """Return the parameters."""
    return params


async def slow(params: Mapping[str, Any], progress: Progress) -> Any:
    """Take as long as asked for, and say so half-way."""
    for done in (0.5, 1.0):
        await asyncio.sleep(params["seconds"] / 2)
        progress({"progress": done, "message": f"{done:.0%}"})
    return {"seconds": params["seconds"]}


async def fail(params: Mapping[str, Any], _progress: Progress) -> Any:
    """Raise."""
    raise SkillError(params["message"])


SKILLS: Mapping[str, Skill] = {
    "echo": echo,
    "slow": slow,
    "fail": fail,
}


class WorkerRole:
    """A reference worker of one orchestrator; `connect` says which."""

    protocol: ClassVar[str] = "rxon"
    role: ClassVar[str] = "worker"
    revision: ClassVar[str] = revision.PROTOCOL_VERSION
    methods: ClassVar[Collection[str]] = ()

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: WorkerShell | None = None

    async def start(
        self,
        *,
        host: str,  # noqa: ARG002  a client listens nowhere
        port: int,  # noqa: ARG002
        settings: Mapping[str, Any],
        store: str | None,
    ) -> None:
        """Begin to dial; raises SettingError. Whether somebody answers shows on the wire."""
        if store is not None:
            raise CannotError("a worker stores nothing")
        facts = resolve(SETTINGS, settings)
        if not facts["connect"]:
            raise SettingError("setting 'connect' is needed: the URL of an orchestrator")
        self.url, self.facts = facts["connect"], facts
        self._begin()

    async def stop(self) -> None:
        """Finish what runs, say goodbye, hang up (RXON-EXE-12)."""
        if self._shell is not None:
            await self._shell.stop()
            self._shell = None

    async def reset(self) -> None:
        """Begin again as a worker that never registered."""
        if self._shell is None:
            raise CannotError("the worker is not running")
        await self._shell.stop()
        self._begin()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Refuse: a worker has no methods of its own."""
        raise CannotError(f"a worker has no method {method!r}")

    def _begin(self) -> None:
        self._shell = WorkerShell(self._core(), url=self.url, skills=SKILLS)
        self._shell.start()

    def _core(self) -> Worker:
        facts = self.facts
        profile = Profile(
            worker_id=facts["worker_id"],
            worker_type=facts["worker_type"],
            token=facts["token"],
            catalogue=CATALOGUE,
            max_concurrent_tasks=facts["max_concurrent_tasks"],
            websockets=facts["websockets"],
            properties={"cpu_cores": 1},
        )
        pace = Pace(**{name: facts[name] for name in PACE})
        return Worker(profile, pace, new_id=lambda: str(uuid.uuid4()))
