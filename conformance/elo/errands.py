"""Having the target send a task: by its own capability ``ask``, else by its driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.peer import COMES
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.elo.peer import Peer
    from conformance.elo.wire import Message

ASK, SEND = "ask", "send_task"
MARGIN = 2.0  # seconds that the target has to tell how it ended


def need_errands(asker: Peer) -> None:
    """Demand that the target can be made to send tasks; raises NotObserved."""
    if ASK not in asker.offers and not asker.stage.can(SEND):
        raise NotObserved(
            f"needs a target that can be made to send tasks: by a capability `{ASK}`"
            f" (the conformance profile has it) or by the driver method `{SEND}`"
        )


async def errand(  # noqa: PLR0913  (the parts of a task, and what it is about)
    asker: Peer,
    about: str,
    *,
    target: str = "",
    capability: str = "echo",
    payload: Any = 1,
    ttl_s: int = 60,
    within: float = COMES,
) -> dict[str, Any]:
    """Have the target send a task, and note as ``about`` what it says came of it.

    The note has ``status``, and ``payload`` or ``code`` and ``message``; after too long a silence
    its status is ``none``. Raises NotObserved where the target cannot be made to send tasks.
    """
    need_errands(asker)
    asked = {"target": target, "capability": capability, "payload": payload, "ttl_s": ttl_s}
    if ASK in asker.offers:
        found = await asker.give(asker.task(ASK, asked), within=within + MARGIN)
        said = _told(found) if found is not None else {"status": "none"}
    else:
        said = await asker.stage.call(SEND, **asked)
    outcome = _outcome(said)
    asker.stage.note(about, **outcome)
    return outcome


def _told(answer: Message) -> dict[str, Any]:
    said = answer.body.get("payload")
    if not isinstance(said, dict):
        raise Unmet("a task for `ask` was not answered with what came of it", answer.event)
    return said


def _outcome(said: dict[str, Any]) -> dict[str, Any]:
    """Bring both ways of telling it into one form."""
    error = said.get("error")
    told = error if isinstance(error, dict) else said
    return {
        "status": said.get("status"),
        "payload": said.get("payload"),
        "code": told.get("code"),
        "message": told.get("message"),
    }
