"""The worker as a role: settings in, a client that dials an orchestrator and runs three skills."""

import ssl
import uuid
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from reference.role import (
    CannotError,
    Setting,
    SettingError,
    count,
    flag,
    http_url,
    optional_text,
    resolve,
    seconds,
    text,
)
from reference.rxon import revision
from reference.rxon.errands import Pace
from reference.rxon.identifiers import is_worker_id
from reference.rxon.skills import CATALOGUE, SKILLS
from reference.rxon.worker_core import Worker
from reference.rxon.worker_messages import Profile
from reference.rxon.worker_shell import WorkerShell


def worker_id(value: Any) -> str:
    """Read a worker id (RXON-REG-04)."""
    if not is_worker_id(value):
        raise ValueError("letters, digits, underscores and hyphens are needed")
    return str(value)


def base_url(value: Any) -> str:
    """Read the orchestrator's address."""
    return http_url(value).rstrip("/")


def names(value: Any) -> tuple[str, ...]:
    """Read a list of skills, with commas between them."""
    return tuple(each for each in text(value).split(",") if each)


SETTINGS: Mapping[str, Setting] = {
    "connect": Setting("", base_url),
    "token": Setting("global-secret", text),
    "worker_id": Setting("assay-worker", worker_id),
    "worker_type": Setting("generic", text),
    "max_concurrent_tasks": Setting(1, count),
    "hot_skills": Setting((), names),
    "websockets": Setting(default=True, read=flag),
    # The authority that the orchestrator's certificate comes from, and the worker's own (mTLS).
    "tls_ca": Setting(None, optional_text),
    "tls_cert": Setting(None, optional_text),
    "tls_key": Setting(None, optional_text),
    "token_rotation": Setting(revision.FIRST_ROTATION, seconds),  # with a certificate
    "heartbeat_interval": Setting(revision.HEARTBEAT_INTERVAL, seconds),
    "heartbeat_cooldown": Setting(revision.HEARTBEAT_COOLDOWN, seconds),
    "poll_timeout": Setting(revision.POLL_TIMEOUT, seconds),
    "idle_delay": Setting(revision.IDLE_DELAY, seconds),
    "shutdown_timeout": Setting(revision.SHUTDOWN_TIMEOUT, seconds),
    "registration_backoff": Setting(revision.REGISTRATION_BACKOFF, seconds),
    "poll_backoff": Setting(revision.POLL_BACKOFF, seconds),
    "result_backoff": Setting(revision.RESULT_BACKOFF, seconds),
    "rate_limit_floor": Setting(revision.RATE_LIMIT_FLOOR, seconds),
}
PACE = (
    "heartbeat_interval",
    "heartbeat_cooldown",
    "poll_timeout",
    "idle_delay",
    "shutdown_timeout",
    "registration_backoff",
    "poll_backoff",
    "result_backoff",
    "rate_limit_floor",
)


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
        self._tls: ssl.SSLContext | None = None

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
        self._tls = tls_context(facts)
        self.url = facts["connect"]
        self.facts = {key: value for key, value in facts.items() if value is not None}
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
        self._shell = WorkerShell(self._core(), url=self.url, skills=SKILLS, tls=self._tls)
        self._shell.start()

    def _core(self) -> Worker:
        facts = self.facts
        profile = Profile(
            worker_id=facts["worker_id"],
            worker_type=facts["worker_type"],
            token=facts["token"],
            catalogue=CATALOGUE,
            max_concurrent_tasks=facts["max_concurrent_tasks"],
            hot_skills=facts["hot_skills"],
            websockets=facts["websockets"],
            properties={"cpu_cores": 1},
        )
        rotation = facts["token_rotation"] if "tls_cert" in facts else None
        pace = Pace(first_rotation=rotation, **{name: facts[name] for name in PACE})
        return Worker(profile, pace, new_id=lambda: str(uuid.uuid4()))


def tls_context(facts: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Make the TLS side of the connections: whom the worker trusts, and who it is."""
    if not (facts["tls_ca"] or facts["tls_cert"]):
        return None
    try:
        context = ssl.create_default_context(cafile=facts["tls_ca"])
        if facts["tls_cert"]:
            context.load_cert_chain(facts["tls_cert"], facts["tls_key"])
    except OSError as error:
        raise SettingError(f"tls_cert, tls_key or tls_ca cannot be used: {error}") from error
    return context
