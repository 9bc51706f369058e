"""The requests of a worker, E1 to E7: which method, which path, what query (sheet 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from reference.rxon import revision
from reference.rxon.errands import (
    FAREWELL,
    HEARTBEAT,
    POLL,
    REGISTER,
    TOKEN,
    Connect,
    Key,
    Pace,
    Send,
)
from reference.rxon.worker_messages import Profile, Writer
from reference.rxon.worker_tokens import Tokens

FAREWELL_SECONDS = 5.0  # how long the orchestrator may take to hear the last heartbeat


@dataclass(frozen=True, slots=True)
class Requests:
    """Makes requests in a worker's name, with the token that it shows at the moment."""

    profile: Profile
    pace: Pace
    writer: Writer
    tokens: Tokens

    def registration(self, *, now: float) -> Send:
        """Return E1."""
        path = "/_worker/workers/register"
        return self._send(REGISTER, "POST", path, body=self.writer.registration(now=now))

    def poll(self) -> Send:
        """Return E2: how long it may be held, and what can be started now (RXON-POLL-13)."""
        query = {
            "timeout": self.pace.poll_timeout,
            "available_skills": ",".join(self.profile.catalogue),
            "hot_skills": ",".join(self.profile.hot_skills),
        }
        told = urlencode({name: value for name, value in query.items() if value != ""})
        within = self.pace.poll_timeout + revision.POLL_SLACK
        return self._send(POLL, "GET", f"{self._path}/tasks/next?{told}", within=within)

    def result(self, key: Key, letter: bytes) -> Send:
        """Return E3."""
        return self._send(key, "POST", "/_worker/tasks/result", body=letter)

    def heartbeat(self, *, now: float, **standing: Any) -> Send:
        """Return E4; `standing` is what the writer tells in it."""
        body = self.writer.heartbeat(**standing, now=now)
        return self._send(HEARTBEAT, "PATCH", self._path, body=body)

    def farewell(self, *, now: float) -> Send:
        """Return the last E4, for which a worker does not wait long."""
        body = self.writer.farewell(now=now)
        return self._send(FAREWELL, "PATCH", self._path, body=body, within=FAREWELL_SECONDS)

    def event(self, key: Key, letter: bytes) -> Send:
        """Return E5."""
        return self._send(key, "POST", "/_worker/events", body=letter)

    def new_token(self) -> Send:
        """Return E6, which carries the token that it is to replace (RXON-AUTH-06)."""
        return self._send(TOKEN, "POST", "/_worker/auth/token")

    def socket(self) -> Connect:
        """Return E7."""
        return Connect(f"/_worker/ws/{quote(self.profile.worker_id)}", self.tokens.shown)

    def _send(self, key: Key, method: str, path: str, **rest: Any) -> Send:
        return Send(key=key, method=method, path=path, token=self.tokens.shown, **rest)

    @property
    def _path(self) -> str:
        return f"/_worker/workers/{quote(self.profile.worker_id)}"


def headers(token: str) -> Mapping[str, str]:
    """Return what every request carries, the WebSocket's too (RXON-AUTH-05)."""
    return {"X-Worker-Token": token, "X-RXON-Version": revision.PROTOCOL_VERSION}
