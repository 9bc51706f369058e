"""The kit as a relay: a host announces itself to it, and takes prompts from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import COMES, Caller
from conformance.connectonion.talk import Talk
from conformance.kit.verdict import Unmet
from conformance.kit.wire.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.talk import Frame
    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.instance import Instance
    from conformance.kit.wire.listening import Listener

ANNOUNCE = "ANNOUNCE"
ANSWERED = 2.0  # seconds within which a host answers a prompt, also on a busy machine
ANSWERS = ("OUTPUT", "ERROR", "ONBOARD_REQUIRED")  # what a relayed prompt may be answered with


class Switchboard:
    """A relay that one host dials; its callers are the kit's too."""

    def __init__(self, stage: Stage, listener: Listener) -> None:
        self.stage = stage
        self.listener = listener
        self.caller = Caller(stage)

    @classmethod
    async def open(cls, stage: Stage) -> Switchboard:
        """Listen."""
        return cls(stage, await stage.listen())

    @property
    def url(self) -> str:
        """What a host is told of the relay."""
        return f"ws://{self.listener.address}"

    async def host(self, **settings: Any) -> Instance:
        """Start a host that announces itself here; raises NotObserved where the kit cannot."""
        return await self.stage.another(relay_url=self.url, **settings)

    async def arrival(self, *, tag: str, within: float = COMES) -> Line | None:
        """Return the next line of a host, once it has announced itself; None when none comes."""
        tcp = await self.listener.accept(within=within)
        if tcp is None:
            return None
        socket, _ = await WebSocket.accept(tcp, tag=tag)
        if socket is None:
            raise Unmet("the host dialled the relay and asked for no WebSocket")
        line = Line(self.caller, socket, tag=tag)
        await line.hear()
        return line

    async def dialled(self, *, tag: str) -> Line:
        """Return the next line; raises Unmet when none comes."""
        line = await self.arrival(tag=tag)
        if line is None:
            raise Unmet(f"the host did not dial its relay within {COMES:g} s")
        return line


class Line(Talk):
    """A host's connection to its relay."""

    def relayed(self, prompt: str = "hi", **members: Any) -> dict[str, Any]:
        """Return a signed prompt as a relay passes it on; members replace, None takes away."""
        frame = {
            **self.input(prompt),
            "input_id": self.stage.unique("input"),
            "prompt": prompt,
            **members,
        }
        return {name: value for name, value in frame.items() if value is not None}

    async def answer(self, frame: Mapping[str, Any], *, after: int) -> Frame | None:
        """Wait for what comes back for a prompt's input_id."""
        return await self.await_frame(
            lambda each: (
                each.type in ANSWERS and each.body.get("input_id") == frame.get("input_id")
            ),
            after=after,
            within=ANSWERED,
        )

    async def answer_of(self, frame: Mapping[str, Any], *, after: int, about: str) -> bool:
        """Wait for what comes back for a prompt, and note it for the checks."""
        answer = await self.answer(frame, after=after)
        told = None if answer is None else answer.body
        number = None if answer is None else answer.event.number
        self.stage.note(about, prompt=frame["prompt"], answer=told, number=number)
        return answer is not None

    async def asks(self, about: str, prompt: str = "", **members: Any) -> bool:
        """Pass a prompt on, and note for the checks what came back; say whether anything did."""
        frame = self.relayed(prompt or self.stage.unique("echo"), **members)
        sent = await self.say(frame)
        return await self.answer_of(frame, after=sent.number, about=about)
