"""What an orchestrator asks of a worker in answers and on the socket, read without trust."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from reference.rxon import canonical
from reference.rxon.errands import Answer

BAD_REQUEST, UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 400, 401, 429, 500
STRANGER = ("not found", "unauthorized")  # RXON-HB-16: what an answer says to an unknown worker
CANCEL = "cancel_task"  # the one command that a worker knows


@dataclass(frozen=True, slots=True)
class Orders:
    """What the answer to a heartbeat asks for."""

    whole: bool = False
    cancelled: tuple[str, ...] = ()
    jitter: float = 0.0  # seconds

    @classmethod
    def of(cls, said: Any) -> "Orders":
        """Read an answer; what makes no sense asks for nothing."""
        told = said if isinstance(said, dict) else {}
        listed = told.get("cancel_task_ids")
        ids = listed if isinstance(listed, list) else []
        return cls(
            told.get("require_full_sync") is True,
            tuple(each for each in ids if isinstance(each, str)),
            milliseconds(told.get("next_heartbeat_jitter_ms")),
        )


def milliseconds(value: object) -> float:
    """Read a jitter as seconds; what is no number, or negative, is none (RXON-HB-17)."""
    try:
        number = float(value) / 1000 if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if isfinite(number) and number > 0 else 0.0


def is_to_register(answer: Answer) -> bool:
    """Say whether an answer tells a worker that it is not registered (RXON-HB-16)."""
    text = answer.body.decode("utf-8", "replace").lower()
    return answer.status == UNAUTHORIZED or any(word in text for word in STRANGER)


def is_final(answer: Answer) -> bool:
    """Say whether an answer to a result is the last word on it (RXON-EXE-07, -08).

    A page of a proxy is none, nor is 401: the worker will have registered when it asks again.
    """
    refused = BAD_REQUEST <= answer.status < SERVER_ERROR
    return answer.ok or (refused and answer.status not in {UNAUTHORIZED, TOO_MANY})


def task_to_cancel(frame: bytes) -> str | None:
    """Return the task that a frame calls off; None when it is another command, or no command."""
    try:
        command = canonical.read_json(frame)
    except canonical.JSONError:
        return None
    if not isinstance(command, dict) or command.get("command") != CANCEL:
        return None
    task_id = command.get("task_id")
    return task_id if isinstance(task_id, str) else None
