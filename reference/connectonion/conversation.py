"""One WebSocket of a host: idle, or with one run under way (sheet 5.1, 5.2)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reference.connectonion import administration
from reference.connectonion.administration import FRAMES
from reference.connectonion.authentication import Refused
from reference.connectonion.running import Desk, Run

Frame = Mapping[str, Any]
PING: Frame = {"type": "PING"}


@dataclass(frozen=True, slots=True)
class Say:
    """Send a frame to the client."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Begin:
    """Have the agent work on a prompt."""

    run: Run


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give the agent what its client said during the run."""

    frame: Frame


Effect: TypeAlias = Say | Begin | Deliver


def error(message: str) -> Say:
    """Tell the client what is wrong."""
    return Say({"type": "ERROR", "message": message})


class Conversation:
    """What one client says, and what comes of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.run: Run | None = None

    def hear(self, text: str | None, *, now: float) -> list[Effect]:
        """Take one frame; None stands for a binary one, which says nothing (CO-WS-39)."""
        if text is None:
            return []
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return [] if self.run is not None else [error("Invalid JSON")]
        if not isinstance(frame, dict):  # CO-WS-17, CO-WS-18
            return [error("a frame is a JSON object")]
        if frame.get("type") == "PONG":  # CO-WS-11
            return []
        if self.run is not None:
            return self._during(frame)
        return self._idle(frame, now)

    def _during(self, frame: Frame) -> list[Effect]:
        """Hand frames to the agent, but start nothing beside the run (CO-WS-08)."""
        if frame.get("type") == "INPUT":
            return [error("a run is active on this connection")]
        return [Deliver(frame)]

    def _idle(self, frame: Frame, now: float) -> list[Effect]:
        kind = frame.get("type")
        handler = HANDLERS.get(kind) if isinstance(kind, str) else None
        if handler is None and isinstance(kind, str) and kind.startswith("ADMIN_"):
            handler = Conversation._order
        if handler is None:  # CO-WS-13
            return []
        try:
            return handler(self, frame, now)
        except Refused as refusal:
            return [error(str(refusal))]

    def _input(self, frame: Frame, now: float) -> list[Effect]:
        signed = self._desk.signed(frame, now=now)
        try:
            self.run = self._desk.take(frame, signed, now=now, empty=False)
        except Refused as refusal:
            offer = self._desk.trust.offer(signed.caller)
            if offer is None or not str(refusal).startswith("forbidden: "):
                raise
            return [Say({"type": "ONBOARD_REQUIRED", "identity": frame["from"], **offer})]
        return [Begin(self.run)]

    def _onboard(self, frame: Frame, now: float) -> list[Effect]:
        signed = self._desk.signed(frame, now=now)
        told = self._desk.gate.once(
            frame, lambda: self._desk.trust.onboard(signed, now=now), now=now
        )
        return [Say({"type": "ONBOARD_SUCCESS", **told, "identity": frame["from"]})]

    def _order(self, frame: Frame, now: float) -> list[Effect]:
        """Carry out what an admin wants (CO-WS-31 to CO-WS-34)."""
        name = FRAMES.get(frame["type"])
        signed = self._desk.signed(frame, now=now)
        self._desk.trust.not_blocked(signed)
        if name is None:
            if not self._desk.trust.clients.is_admin(signed.caller):
                raise Refused("forbidden: admin only")
            raise Refused(f"Unknown admin action: {frame['type']}")
        clients = self._desk.trust.clients
        body = self._desk.gate.once(
            frame, lambda: administration.command(clients, name, signed, now=now), now=now
        )
        return [Say({"type": "ADMIN_RESULT", "action": name, **body})]

    # The run

    def finished(self, result: Any, session: Any, *, now: float) -> list[Effect]:
        """Tell the client its result (CO-WS-04)."""
        run = self._end()
        record = self._desk.sessions.finish(run.session_id, result, now=now)
        return [
            Say(
                {
                    "type": "OUTPUT",
                    "result": result,
                    "session_id": run.session_id,
                    "duration_ms": record.duration_ms,
                    "session": session,
                }
            )
        ]

    def failed(self, message: str, *, now: float) -> list[Effect]:
        """Tell the client how the agent failed (CO-WS-15)."""
        run = self._end()
        self._desk.sessions.finish(run.session_id, f"error: {message}", now=now)
        return [error(message or "Agent completed without result")]

    def _end(self) -> Run:
        if self.run is None:
            raise RuntimeError("no run is under way")
        run, self.run = self.run, None
        return run


HANDLERS: Mapping[str, Callable[[Conversation, Frame, float], list[Effect]]] = {
    "INPUT": Conversation._input,  # noqa: SLF001  (the table belongs to the class)
    "ONBOARD_SUBMIT": Conversation._onboard,  # noqa: SLF001
    **dict.fromkeys(FRAMES, Conversation._order),  # noqa: SLF001
}


def event(told: Frame, *, new_id: Callable[[], str], now: float) -> Say:
    """Tell the client what an agent does; id and time are its own or ours (CO-WS-06)."""
    return Say({**told, "id": told.get("id", new_id()), "ts": told.get("ts", now)})
