"""RXON-WS: seeded bugs on the workers' WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon import events
from reference.rxon.core import Reply, parsed

if TYPE_CHECKING:
    from collections.abc import Callable


def open_door(let_in: Callable[..., Any]) -> Callable[..., Any]:
    """Let every upgrade in."""

    def broken(core: Any, kind: str, worker_id: str, **rest: Any) -> Any:
        return None if kind == "socket" else let_in(core, kind, worker_id, **rest)

    return broken


def acknowledging(take_frame: Callable[..., None]) -> Callable[..., None]:
    """Answer a frame in the way of the POST."""

    def broken(api: Any, text: str, worker_id: str) -> None:
        take_frame(api, text, worker_id)
        shell = api._shell  # noqa: SLF001  (a mutant is inside the reference)
        shell._run(shell._sockets[worker_id].send_json(events.ACCEPTED))  # noqa: SLF001

    return broken


def trusting(_receive_frame: Any) -> Callable[..., Reply]:
    """Take every event of a socket as genuine, since its upgrade was authenticated."""

    def broken(core: Any, body: bytes, *, sender: str, now: float) -> Reply:
        core.tick(now=now)
        message, fault = parsed(body)
        if isinstance(message, dict) and "event_type" in message:
            return Reply(*events.apply(core.state, message, sender=sender))
        return fault or Reply(400)

    return broken


MUTANTS = (
    mutant(
        "RXON-WS-01",
        "an upgrade needs no token",
        "reference.rxon.core:Orchestrator.let_in",
        open_door,
        role="orc",
        also=("RXON-AUTH-01", "RXON-AUTH-11"),  # they say the same of every route
    ),
    mutant(
        "RXON-WS-02",
        "frames are acknowledged",
        "reference.rxon.orchestrator_routes:WorkerApi._take_frame",
        acknowledging,
        role="orc",
    ),
    mutant(
        "RXON-WS-03",
        "the signatures of frames are not verified",
        "reference.rxon.core:Orchestrator.receive_frame",
        trusting,
        role="orc",
    ),
    mutant(
        "RXON-WS-04",
        "a replaced socket is closed with 1000",
        "reference.rxon.revision:CLOSE_REPLACED",
        lambda close: (1000, close[1]),
        role="orc",
    ),
    mutant(
        "RXON-WS-05",
        "sockets are closed with 1000 at a shutdown",
        "reference.rxon.revision:CLOSE_SHUTDOWN",
        lambda close: (1000, close[1]),
        role="orc",
    ),
    mutant(
        "RXON-WS-06",
        "the command has the ids of task and job the wrong way round",
        "reference.rxon.orchestrator_shell:cancel_command",
        lambda command: lambda *, task_id, job_id: command(task_id=job_id, job_id=task_id),
        role="orc",
    ),
)
