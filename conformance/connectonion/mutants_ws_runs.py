"""What breaks each requirement of runs on a WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import CONVERSATION, SHELL, of_type
from reference.connectonion.agents import CLOSED
from reference.connectonion.conversation import Say, error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation, Effect
    from reference.connectonion.host_shell import Shell, Socket
    from reference.connectonion.running import Run

    Finished = Callable[..., list[Effect]]
    Work = Callable[[Shell, Any, Run], Awaitable[None]]

FINISHED = f"{CONVERSATION}:Conversation.finished"
WORK = f"{SHELL}:Shell._work"
LOOK_EVERY = 0.02  # seconds


def afterthought(finished: Finished) -> Finished:
    """Tell the last event of a run after its OUTPUT."""

    def ends(talk: Conversation, result: Any, session: Any, *, now: float) -> list[Effect]:
        talked = talk.run is not None and talk.run.prompt == "events"
        effects = finished(talk, result, session, now=now)
        late = Say({"type": "thinking", "id": "late", "ts": now})
        return [*effects, late] if talked else effects

    return ends


def own_names(_event: Callable[..., Say]) -> Callable[..., Say]:
    """Give every event an id and a time, also one that has them."""
    return lambda told, *, new_id, now: Say({**told, "id": new_id(), "ts": now})


def stale(finished: Finished) -> Finished:
    """Answer an echo with the one before on its connection."""
    before: dict[int, Any] = {}

    def ends(talk: Conversation, result: Any, session: Any, *, now: float) -> list[Effect]:
        if not str(result).startswith("echo:"):
            return finished(talk, result, session, now=now)
        last, before[id(talk)] = before.get(id(talk), result), result
        return finished(talk, last, session, now=now)

    return ends


def wordless(_failed: Callable[..., list[Effect]]) -> Callable[..., list[Effect]]:
    """Do not say how the agent failed."""

    def fails(talk: Conversation, _message: str, *, now: float) -> list[Effect]:
        talk.finished("", None, now=now)
        return [error("the agent failed")]

    return fails


def _has_said_goodbye(socket: Any) -> bool:
    gone, client = getattr(socket, "_gone", False), getattr(socket, "_client", None)
    return bool(gone) and client is not None and client.close_code == WSCloseCode.OK


def ends_with_its_client(work: Work) -> Work:
    """Stop a run when its client closes the connection; one that breaks off goes on."""

    async def works(shell: Shell, socket: Any, run: Run) -> None:
        task = asyncio.ensure_future(work(shell, socket, run))
        while not task.done():
            await asyncio.wait([task], timeout=LOOK_EVERY)
            if _has_said_goodbye(socket) and not task.done():
                await asyncio.wait([task], timeout=LOOK_EVERY)  # whoever was waiting is told
                task.cancel()
        await asyncio.wait([task])

    return works


def waits_for_ever(
    receive: Callable[[Socket], Awaitable[Mapping[str, Any]]],
) -> Callable[[Socket], Awaitable[Mapping[str, Any]]]:
    """Let an agent wait for who has left."""

    async def receives(socket: Socket) -> Mapping[str, Any]:
        frame = await receive(socket)
        if frame is CLOSED:
            await asyncio.Event().wait()
        return frame

    return receives


def one_after_the_other(work: Work) -> Work:
    """Work on one prompt of a caller at a time."""
    turns: dict[str, asyncio.Lock] = {}

    async def works(shell: Shell, socket: Any, run: Run) -> None:
        async with turns.setdefault(run.caller, asyncio.Lock()):
            await work(shell, socket, run)

    return works


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-04",
        "an OUTPUT tells how long it took as a text",
        FINISHED,
        of_type("OUTPUT", lambda frame: {**frame, "duration_ms": str(frame["duration_ms"])}),
    ),
    of_the_host("CO-WS-05", "an event comes after the OUTPUT", FINISHED, afterthought),
    of_the_host("CO-WS-06", "an event's own id is replaced", f"{SHELL}:event", own_names),
    of_the_host("CO-WS-07", "an OUTPUT has the result before", FINISHED, stale),
    of_the_host(
        "CO-WS-15",
        "nobody is told how the agent failed",
        f"{CONVERSATION}:Conversation.failed",
        wordless,
    ),
    of_the_host(
        "CO-WS-22",
        "a run ends when its client says goodbye",
        WORK,
        ends_with_its_client,
    ),
    of_the_host(
        "CO-WS-23", "the agent waits for who has left", f"{SHELL}:Socket.receive", waits_for_ever
    ),
    of_the_host(
        "CO-WS-38",
        "a caller's runs wait for each other",
        WORK,
        one_after_the_other,
        also=("CO-RELAY-22",),  # behind a relay too
    ),
)
