"""What a client asks beside its WebSocket, and what it can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.connectonion.talk import CLOSE
from conformance.kit.transcript import Direction
from conformance.kit.wire.tap import Reply

if TYPE_CHECKING:
    from conformance.connectonion.talk import Frame
    from conformance.kit.transcript import Event
    from conformance.kit.wire.tap import Asked

SESSIONS = "/sessions/"
POLL_INTERVAL, POLL_ATTEMPTS = 10.0, 30  # CO-CLIENT-18

JSON = {"Content-Type": "application/json"}
UNKNOWN = Reply(404, JSON, b'{"error": "not found"}')
DENIED = Reply(401, JSON, b'{"error": "unauthorized: signed request required"}')
BROKEN = Reply(500, {"Content-Type": "text/plain"}, b"Internal Server Error")
CUT = Reply(cut=True)
TAKEN = Reply(101)  # a WebSocket, in the host's place


def is_poll(asked: Asked) -> bool:
    """Whether a request asks what became of a session."""
    return asked.method == "GET" and SESSIONS in asked.path


def is_anonymous(asked: Asked) -> bool:
    """Whether a request asks for a session and does not say who asks."""
    return is_poll(asked) and not any(key.lower() == "x-signature" for key, _ in asked.headers)


def is_upgrade(asked: Asked) -> bool:
    """Whether a request wants to be a WebSocket."""
    return any(key.lower() == "upgrade" for key, _ in asked.headers)


def polls_at(event: Event, session_id: str = "") -> bool:
    """Whether an event is a client's look at a session, or at any."""
    target = str(event.data.get("target", "")) if event.kind == "http.request" else ""
    mine = SESSIONS in target and event.direction is Direction.TARGET
    return mine and unquote(target.rpartition(SESSIONS)[2]).startswith(session_id)


def is_given_up(event: Event, asked: Frame) -> bool:
    """Whether an event shows that the client listens no more for the answer to an INPUT."""
    if event.kind == CLOSE and event.direction is Direction.TARGET:
        return event.connection == asked.event.connection
    return polls_at(event, session_id(asked))


def session_id(asked: Frame) -> str:
    """Return the id by which an INPUT asks its result to be kept; empty without one."""
    session = asked.body.get("session")
    told = session.get("session_id") if isinstance(session, dict) else None
    return told if isinstance(told, str) else ""
