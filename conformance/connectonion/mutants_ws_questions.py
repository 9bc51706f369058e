"""What breaks each requirement of what an agent asks, and hears."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import HEAR, SHELL, type_of
from reference.connectonion.conversation import Begin, Deliver, Effect, Say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.agents import Line
    from reference.connectonion.conversation import Conversation
    from reference.connectonion.host_shell import Socket

    Deed = Callable[[str, Line], Awaitable[str]]
    Hear = Callable[..., list[Effect]]

DEEDS = "reference.connectonion.agents:DEEDS"


def takes_silence_for_consent(_approve: Deed) -> Deed:
    """Take whatever does not deny for an approval."""

    async def approves(_detail: str, line: Line) -> str:
        await line.send({"type": "approval_needed", "tool": "bash", "arguments": {}})
        answer = await line.receive()
        return f"approved:{str(answer.get('approved') is not False).lower()}"

    return approves


class Told:
    """A line on which what is said, or heard, is changed."""

    def __init__(self, line: Line, *, said: Any = None, heard: Any = None) -> None:
        self._line = line
        self._said = said or (lambda frame: frame)
        self._heard = heard or (lambda frame: frame)

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Tell the client."""
        await self._line.send(self._said(frame))

    async def receive(self) -> Mapping[str, Any]:
        """Hear the client."""
        heard: Mapping[str, Any] = self._heard(await self._line.receive())
        return heard


def through(**changes: Any) -> Callable[[Deed], Deed]:
    """Have an agent speak or hear otherwise."""
    return lambda deed: lambda detail, line: deed(detail, Told(line, **changes))


def remembers_early_answers(hear: Hear) -> Hear:
    """Keep an answer that nobody asked for, and give it to the next run."""
    early: dict[int, Any] = {}

    def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
        if talk.run is None and type_of(text) == "APPROVAL_RESPONSE":
            early[id(talk)] = json.loads(text or "")
        effects = hear(talk, text, now=now)
        begins = any(isinstance(effect, Begin) for effect in effects)
        kept = early.pop(id(talk), None) if begins and talk.run is not None else None
        return effects if kept is None else [*effects, Deliver(kept)]

    return heard


def keeps_what_nobody_heard(_perform: Any) -> Any:
    """Give an agent the queue of the run before."""

    async def performs(socket: Socket, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Say(frame):
                    await socket.say(frame)
                case Deliver(frame):
                    socket._heard.put_nowait(frame)  # noqa: SLF001  (a bug)
                case Begin(run):
                    socket._shell.work(socket, run)  # noqa: SLF001

    return performs


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-19",
        "an answer that does not deny approves",
        f"{DEEDS}[approve]",
        takes_silence_for_consent,
    ),
    of_the_host(
        "CO-WS-20",
        "the answer to a question is lost",
        f"{DEEDS}[ask]",
        through(heard=lambda frame: {**frame, "answer": ""}),
        also=("CO-RELAY-23",),  # an agent asks back behind a relay too
    ),
    of_the_host(
        "CO-WS-21",
        "a question stands under `question` alone",
        f"{DEEDS}[ask]",
        through(said=lambda frame: {k: v for k, v in frame.items() if k != "text"}),
    ),
    of_the_host(
        "CO-WS-44",
        "an agent hears what the one before did not",
        f"{SHELL}:Socket.perform",
        keeps_what_nobody_heard,
    ),
    of_the_host("CO-WS-45", "an answer waits for its question", HEAR, remembers_early_answers),
)
