"""From a signed prompt to a run: what both HTTP and WebSocket demand of it (sheet 3.2, 5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference.connectonion.authentication import Gate, Refused, Signed
from reference.connectonion.sessions import ForeignSession, Sessions
from reference.connectonion.trust import Trust


@dataclass(frozen=True, slots=True)
class Run:
    """One prompt for the agent, and the session that it belongs to."""

    session_id: str
    prompt: str
    session: Mapping[str, Any]
    caller: str


@dataclass(slots=True)
class Desk:
    """What takes prompts: the gate, the policy, and the record of every run."""

    gate: Gate
    trust: Trust
    sessions: Sessions
    new_id: Callable[[], str]

    def signed(self, envelope: Any, *, now: float) -> Signed:
        """Return who signed; raises Refused."""
        return self.gate.check(envelope, now=now)

    def take(self, envelope: Any, signed: Signed, *, now: float, empty: bool) -> Run:
        """Admit a prompt and begin its record; raises Refused.

        ``empty`` says whether a prompt may be missing (CO-HOST-10, CO-WS-14).
        """
        prompt = _prompt(signed.payload, empty=empty)
        session = _session(envelope.get("session"))
        self.gate.unused(envelope, now=now)  # a repeated one changes nothing, whatever it presents
        self.trust.admit(signed, now=now)
        self.gate.use(envelope, now=now)
        session_id = session.get("session_id") or self.new_id()
        try:
            self.sessions.begin(session_id, prompt, owner=signed.caller, now=now)
        except ForeignSession:
            raise Refused("forbidden: this session is another caller's") from None
        return Run(session_id, prompt, {**session, "session_id": session_id}, signed.caller)


def _prompt(payload: Mapping[str, Any], *, empty: bool) -> str:
    prompt = payload.get("prompt", "")
    if not prompt and not empty:
        raise Refused("prompt required")
    if not isinstance(prompt, str) or not _is_text(prompt):  # CO-HOST-16
        raise Refused("prompt must be a string")
    return prompt


def _session(value: Any) -> Mapping[str, Any]:
    """Read the session that a request goes on with; what is nothing is none (CO-SESS-20)."""
    if not value:
        return {}
    if not isinstance(value, Mapping):
        raise Refused("session must be an object")
    told = value.get("session_id")
    if told and not (isinstance(told, str) and _is_text(told)):
        raise Refused("session_id must be a string")
    return value


def _is_text(value: str) -> bool:
    """Whether a text can be written: half a surrogate pair cannot."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def session_after(run: Run, result: Any) -> dict[str, Any]:
    """Return the session that the next prompt goes on with (CO-SESS-17)."""
    before = run.session.get("messages")
    messages = list(before) if isinstance(before, list) else []
    turn = run.session.get("turn")
    return {
        "session_id": run.session_id,
        "messages": [
            *messages,
            {"role": "user", "content": run.prompt},
            {"role": "assistant", "content": result if isinstance(result, str) else str(result)},
        ],
        "turn": (turn if isinstance(turn, int) and not isinstance(turn, bool) else 0) + 1,
    }
