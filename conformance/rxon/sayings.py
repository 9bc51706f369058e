"""One of each kind of signed message, with an effect that can be seen, to be spoiled at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.rxon import REGISTER
from conformance.rxon.peer import EVENTS, RESULT, Body, Worker, path_of, without_none
from reference.rxon import signing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.wire.exchange import Answer

    Sign = Callable[[Worker, Body], Any]

UNSIGNED = ("bubbling_chain",)  # members that a signature leaves out besides `security`


@dataclass(frozen=True, slots=True)
class Saying:
    """Where a kind of message goes, and what a worker with a task says in it."""

    method: str
    path: Callable[[Worker], str]
    body: Callable[[Worker, Mapping[str, Any]], Body]


def progress(worker: Worker, task: Mapping[str, Any]) -> Body:
    """Return an event that moves the progress of the task's job."""
    target = {"target_job_id": task["job_id"], "target_task_id": task["task_id"]}
    payload = {"progress": 0.75, "message": "said in an event"}
    return worker.happening("progress", payload, **target)


SAYINGS: Mapping[str, Saying] = {
    "registration": Saying(
        "POST", lambda _: REGISTER, lambda worker, _: worker.registration(worker_type="changed")
    ),
    "heartbeat": Saying(
        "PATCH", lambda worker: path_of(worker.id), lambda worker, _: worker.beat(status="busy")
    ),
    "event": Saying("POST", lambda _: EVENTS, progress),
    "result": Saying("POST", lambda _: RESULT, lambda worker, task: worker.outcome(task)),
}
KINDS = tuple(SAYINGS)


async def say(  # noqa: PLR0913  (who says what about what, and how)
    worker: Worker,
    kind: str,
    task: Mapping[str, Any],
    *,
    sign: Sign = Worker.signed,
    token: str | None = None,
    tag: str = "",
) -> Answer:
    """Send one message of a kind; ``sign`` makes of its body what goes out."""
    saying = SAYINGS[kind]
    body = sign(worker, saying.body(worker, task))
    return await worker.send(saying.method, saying.path(worker), body, token=token, tag=tag)


def nobodys_task(worker: Worker) -> Body:
    """Return the ids of a task that does not exist."""
    return {"job_id": worker.stage.unique("job"), "task_id": worker.stage.unique("task")}


def secured(whole: Body, **members: Any) -> Body:
    """Return a signed message with other members of ``security``; None takes one away."""
    return {**whole, "security": without_none({**whole["security"], **members})}


def resigned(worker: Worker, whole: Body) -> Body:
    """Return a message with the signature that fits what it says now."""
    signature = signing.sign(whole, secret=worker.secret, ignore=UNSIGNED)
    return secured(whole, signature=signature)


def without(whole: Body, member: str) -> Body:
    """Return a message that lacks a member."""
    return {name: value for name, value in whole.items() if name != member}
