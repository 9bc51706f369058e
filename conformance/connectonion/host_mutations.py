"""How the host's mutants take hold: of what it answers over HTTP and says on a WebSocket."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.kit.proof.mutation import mutant
from reference.connectonion import replies
from reference.connectonion.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.connectonion.host_core import Asked, Host
    from reference.connectonion.running import Run

    Answer: TypeAlias = "Callable[..., Reply | Run]"
    Replacement: TypeAlias = "Callable[[Any], Any]"

ANSWER = "reference.connectonion.host_core:Host.answer"

of_the_host = partial(mutant, role="hst")


def answers(change: Callable[[Asked, Reply], Reply | None]) -> Replacement:
    """Have answers that are no runs changed: ``change`` returns another one, or None."""

    def replaced(answer: Answer) -> Answer:
        def answered(host: Host, asked: Asked, *, now: float) -> Reply | Run:
            reply = answer(host, asked, now=now)
            return (change(asked, reply) or reply) if isinstance(reply, Reply) else reply

        return answered

    return replaced


def member(path: str, name: str, change: Callable[[Any], Any]) -> Replacement:
    """Have one member of what a path is answered changed."""

    def changed(asked: Asked, reply: Reply) -> Reply | None:
        if asked.path != path or not reply.body:
            return None
        body = json.loads(reply.body)
        return replies.of({**body, name: change(body.get(name))}, reply.status)

    return answers(changed)


def refusal(text: str, status: int, *, says: str = "") -> Replacement:
    """Have one refusal told with another status, and in other words if there are any."""

    def changed(_asked: Asked, reply: Reply) -> Reply | None:
        if reply.body != replies.error(text, reply.status).body:
            return None
        return replies.error(says or text, status)

    return answers(changed)
