"""A host over HTTP without its sockets: requests and the time go in, replies or runs come out."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from reference.connectonion import administration, replies
from reference.connectonion.administration import COMMANDS
from reference.connectonion.authentication import Refused, Signed, of_headers
from reference.connectonion.replies import Reply
from reference.connectonion.running import Desk, Run
from reference.connectonion.trust import told_of

SIGNED_GET = ("x-from", "x-signature", "x-timestamp")
DOCS = b"<!doctype html><title>ConnectOnion host</title><h1>A reference host</h1><p>POST /input</p>"


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request; headers are asked for in lower case, ``path`` is as it was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body; raises Refused (CO-HOST-11). An empty one is an empty object."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused("Invalid JSON") from None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a host says of itself."""

    name: str
    address: str
    tools: tuple[str, ...]
    version: str
    started: float
    logs: str = ""
    logs_token: str = ""
    open_sessions: bool = True
    fixed_routes: bool = True


class Host:
    """Answers requests; a prompt that is admitted comes back as a run."""

    def __init__(self, desk: Desk, profile: Profile) -> None:
        self.desk = desk
        self.profile = profile

    def answer(self, asked: Asked, *, now: float) -> Reply | Run:
        """Answer one request, or return the run that will answer it."""
        if asked.method == "OPTIONS":
            return replies.NOTHING
        for method, pattern, handler in ROUTES:
            found = _match(pattern, asked.path)
            if found is not None and method == asked.method:
                try:
                    return handler(self, asked, found, now)
                except Refused as refusal:
                    return replies.error(str(refusal), refusal.status)
        return replies.NOT_FOUND

    def done(self, run: Run, result: Any, session: Any, *, now: float) -> Reply:
        """Answer a run that came over HTTP (CO-HOST-09)."""
        record = self.desk.sessions.finish(run.session_id, result, now=now)
        return replies.of(
            {
                "session_id": run.session_id,
                "status": str(record.status),
                "result": record.result,
                "duration_ms": record.duration_ms,
                "session": session,
            }
        )

    def failed(self, run: Run, message: str, *, now: float) -> Reply:
        """Answer a run in which the agent failed (CO-HOST-17, CO-SESS-12)."""
        self.desk.sessions.finish(run.session_id, f"error: {message}", now=now)
        return replies.error(message or "agent failed", 500)

    # Routes

    def _input(self, asked: Asked, _found: tuple[str, ...], now: float) -> Run:
        envelope = asked.json()
        signed = self.desk.signed(envelope, now=now)
        return self.desk.take(envelope, signed, now=now, empty=True)

    def _session(self, asked: Asked, found: tuple[str, ...], now: float) -> Reply:
        record = self.desk.sessions.get(unquote(found[0]), now=now)  # CO-SESS-16
        reader = self._reader(asked, now)
        if record is None or (reader is not None and reader != record.owner):
            return replies.NOT_FOUND
        return replies.of(record.told())

    def _sessions(self, asked: Asked, _found: tuple[str, ...], now: float) -> Reply:
        reader = self._reader(asked, now)
        records = self.desk.sessions.all(now=now)
        return replies.of(
            {"sessions": [each.told() for each in records if reader in {None, each.owner}]}
        )

    def _reader(self, asked: Asked, now: float) -> str | None:
        """Return who may read; None for everybody, as published hosts have it (CO-SESS-18)."""
        if self.profile.open_sessions:
            return None
        if not all(asked.headers.get(name) for name in SIGNED_GET):
            raise Refused("unauthorized: signed request required")
        return self._signed_get(asked, now).caller

    def _health(self, _asked: Asked, _found: tuple[str, ...], now: float) -> Reply:
        uptime = int(now - self.profile.started)
        return replies.of(
            {"status": "healthy", "agent": self.profile.name, "uptime": max(0, uptime)}
        )

    def _info(self, _asked: Asked, _found: tuple[str, ...], _now: float) -> Reply:
        policy = self.desk.trust.policy
        onboard = told_of(policy)
        return replies.of(
            {
                "name": self.profile.name,
                "address": self.profile.address,
                "tools": list(self.profile.tools),
                "trust": policy.name,  # CO-HOST-03
                "version": self.profile.version,
                **({"onboard": onboard} if onboard else {}),
            }
        )

    def _docs(self, _asked: Asked, _found: tuple[str, ...], _now: float) -> Reply:
        return Reply(200, DOCS, replies.HTML)

    def _logs(self, asked: Asked, _found: tuple[str, ...], _now: float) -> Reply:
        if not self._has_bearer(asked):
            return replies.UNAUTHORIZED
        if not self.profile.logs:
            return replies.error("No logs found", 404)
        return Reply(200, self.profile.logs.encode(), replies.TEXT)

    def _evals(self, asked: Asked, _found: tuple[str, ...], now: float) -> Reply:
        if not self._has_bearer(asked):
            return replies.UNAUTHORIZED
        newest = sorted(self.desk.sessions.all(now=now), key=lambda each: -each.updated)
        return replies.of(
            {"sessions": [{**each.told(), "updated": each.updated} for each in newest]}
        )

    def _has_bearer(self, asked: Asked) -> bool:
        told = asked.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        wanted = f"Bearer {self.profile.logs_token}".encode()
        return bool(self.profile.logs_token) and hmac.compare_digest(told, wanted)

    def _trust(self, asked: Asked, found: tuple[str, ...], now: float) -> Reply:
        name = found[0]
        signed = self._ordered(asked, now)
        if name not in COMMANDS or COMMANDS[name].super_only or name == "get_level":
            return replies.NOT_FOUND
        return self._obey(asked, name, signed, now)

    def _level(self, asked: Asked, found: tuple[str, ...], now: float) -> Reply:
        if all(asked.headers.get(name) for name in SIGNED_GET):
            signed = self._signed_get(asked, now)
        else:
            signed = self._ordered(asked, now)
        client = unquote(found[0])
        body = administration.command(
            self.desk.trust.clients, "get_level", signed, client=client, now=now
        )
        return replies.of(body)

    def _superadmin(self, asked: Asked, found: tuple[str, ...], now: float) -> Reply:
        name = {"add": "add_admin", "remove": "remove_admin"}.get(found[0])
        signed = self._ordered(asked, now)
        return replies.NOT_FOUND if name is None else self._obey(asked, name, signed, now)

    def _obey(self, asked: Asked, name: str, signed: Signed, now: float) -> Reply:
        clients = self.desk.trust.clients
        body = self.desk.gate.once(
            asked.json(), lambda: administration.command(clients, name, signed, now=now), now=now
        )
        return replies.of(body)

    def _ordered(self, asked: Asked, now: float) -> Signed:
        """Return who signed an order; the blocked give none (CO-TRUST-27)."""
        signed = self.desk.signed(asked.json(), now=now)
        self.desk.trust.not_blocked(signed)
        return signed

    def _signed_get(self, asked: Asked, now: float) -> Signed:
        """Return who signed a GET by its headers (CO-HOST-25)."""
        envelope = of_headers(*(asked.headers.get(name, "") for name in SIGNED_GET))
        signed = self.desk.signed(envelope, now=now)
        self.desk.trust.not_blocked(signed)
        return signed

    def _fixed(self, asked: Asked, found: tuple[str, ...], now: float) -> Reply:
        """Answer the routes of the design document, or say that they are off (CO-HOST-28)."""
        if not self.profile.fixed_routes:
            return replies.error(f"/trust/{found[0]} is disabled on this host", 403)
        signed = self._ordered(asked, now)
        if found[0] in {"verify/invite", "verify/payment"}:
            body = self.desk.gate.once(
                asked.json(), lambda: self.desk.trust.onboard(signed, now=now), now=now
            )
            return replies.of(body)
        name = FIXED.get(found[0])
        return replies.NOT_FOUND if name is None else self._obey(asked, name, signed, now)


FIXED: Mapping[str, str] = {
    "promote": "promote",
    "demote": "demote",
    "block": "block",
    "unblock": "unblock",
    "admin/set": "add_admin",
    "admin/remove": "remove_admin",
}
Handler = Callable[[Host, Asked, tuple[str, ...], float], Reply | Run]
# A star takes the rest of the path.
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/input", Host._input),  # noqa: SLF001  (the table belongs to the class)
    ("GET", "/sessions/*", Host._session),  # noqa: SLF001
    ("GET", "/sessions", Host._sessions),  # noqa: SLF001
    ("GET", "/health", Host._health),  # noqa: SLF001
    ("GET", "/info", Host._info),  # noqa: SLF001
    ("GET", "/docs", Host._docs),  # noqa: SLF001
    ("GET", "/admin/logs", Host._logs),  # noqa: SLF001
    ("GET", "/admin/sessions", Host._evals),  # noqa: SLF001
    ("GET", "/admin/trust/level/*", Host._level),  # noqa: SLF001
    ("POST", "/admin/trust/*", Host._trust),  # noqa: SLF001
    ("POST", "/superadmin/*", Host._superadmin),  # noqa: SLF001
    ("POST", "/trust/*", Host._fixed),  # noqa: SLF001
)


def _match(pattern: str, path: str) -> tuple[str, ...] | None:
    if not pattern.endswith("*"):
        return () if path == pattern else None
    stem = pattern.removesuffix("*")
    return (path.removeprefix(stem),) if path.startswith(stem) else None
