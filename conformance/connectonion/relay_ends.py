"""The kit at both ends of a relay: as agents that announce themselves, and as their clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import COMES, Caller, given
from conformance.connectonion.talk import Talk
from conformance.kit.verdict import Unmet
from reference.connectonion.canonical import announcement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.talk import Frame
    from conformance.kit.running.stage import Stage

ANNOUNCE_AT, INPUT_AT = "/ws/announce", "/ws/input"
AGENTS = "/api/relay/agents/"
ATTEMPTS = 200  # to reach an agent that has just announced itself


class Agent(Talk):
    """An agent's connection to the relay."""

    @property
    def address(self) -> str:
        """By which clients find it."""
        return self.caller.address

    def announcement(self, **members: Any) -> dict[str, Any]:
        """Return an announcement of now; members replace, None takes away; signed at last."""
        message = given(
            {
                "type": "ANNOUNCE",
                "address": self.address,
                "timestamp": int(self.stage.now()),
                "summary": "assay",
                "endpoints": [],
                **members,
            }
        )
        signature = self.caller.identity.sign(announcement(message))
        return {**message, "signature": signature}

    async def passed(self, frame: Mapping[str, Any]) -> Frame | None:
        """Wait for a prompt that a client has sent."""
        return await self.await_frame(
            lambda each: each.body.get("input_id") == frame.get("input_id")
        )

    async def output(self, asked: Frame | None, result: str, **members: Any) -> None:
        """Answer a prompt, if there was one."""
        if asked is not None:
            told = {"type": "OUTPUT", "input_id": asked.body.get("input_id"), "result": result}
            await self.say({**told, **members})

    async def prompted(self, *, after: int = 0, within: float = COMES) -> Frame | None:
        """Wait for the next prompt."""
        return await self.hear("INPUT", after=after, within=within)


class Guest(Talk):
    """A client's connection to the relay."""

    def prompt_for(self, to: str, *, about: str, **members: Any) -> dict[str, Any]:
        """Return a signed prompt for an agent; its id and prompt are noted for the checks."""
        word, input_id = self.stage.unique("word"), self.stage.unique("input")
        self.stage.note(about, input_id=input_id, prompt=word)
        frame = {**self.input(word, to=to), "input_id": input_id, "prompt": word, "to": to}
        return {**frame, "timestamp": int(self.stage.now()), **members}

    async def asks(self, to: str, *, about: str, **members: Any) -> dict[str, Any]:
        """Send a prompt for an agent, and return it."""
        frame = self.prompt_for(to, about=about, **members)
        await self.say(frame)
        return frame


async def connected(stage: Stage, tag: str, *, caller: Caller | None = None) -> Agent:
    """Return an agent that has not announced itself; it is of nobody yet unless told."""
    return await Agent.open(caller or Caller(stage), tag=tag, path=ANNOUNCE_AT)


async def announced(stage: Stage, tag: str, *, caller: Caller | None = None) -> Agent:
    """Return an agent that can be reached; raises Unmet when it cannot."""
    agent = await connected(stage, tag, caller=caller)
    await agent.say(agent.announcement())
    await reached(stage, agent)
    return agent


async def guest(stage: Stage, tag: str) -> Guest:
    """Return a client."""
    return await Guest.open(Caller(stage), tag=tag, path=INPUT_AT)


async def reached(stage: Stage, agent: Agent) -> None:
    """Ask until an agent hears it: nothing tells when its announcement has been read."""
    visitor = await guest(stage, "a visitor")
    for _ in range(ATTEMPTS):
        sent = await visitor.say(visitor.prompt_for(agent.address, about="a first word"))
        answered = asyncio.create_task(visitor.hear(after=sent.number))
        heard = asyncio.create_task(agent.prompted(after=sent.number))
        await asyncio.wait({answered, heard}, return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()
        if heard.done() and heard.result() is not None:
            return
        heard.cancel()
    raise Unmet("an agent that announced itself was never passed a prompt")
