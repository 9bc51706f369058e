"""The kit as a relay before the reference host, and at both ends of the reference relay."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import talk

from conformance.connectonion.peer import Caller
from conformance.connectonion.relay_ends import announced, connected, guest, reached
from conformance.connectonion.switchboard import ANNOUNCE, Switchboard
from conformance.connectonion.talk import frames
from conformance.kit.judging.seen import Seen
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.instance import Instance
from conformance.kit.verdict import Unmet
from reference.connectonion import ROLES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from reference.role import Role

NEXT_TO_NOTHING = 0.05  # seconds


class Embedded(Instance):
    """A reference role in this process."""

    def __init__(self, role: Role) -> None:
        super().__init__(role.url, dict(role.facts))
        self._role = role

    async def stop(self) -> None:
        await self._role.stop()


async def start(name: str, settings: Mapping[str, Any]) -> Instance:
    role = ROLES[name]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
    return Embedded(role)


@asynccontextmanager
async def stage(name: str) -> AsyncIterator[Stage]:
    """Give a stage on a reference role, which can be started again."""

    async def another(settings: Mapping[str, Any]) -> Instance:
        return await start(name, settings)

    instance = await start(name, {})
    found = Stage(
        kit_world.recorder(), instance, run="r", certificates=Certificates(), start=another
    )
    try:
        yield found
    finally:
        await found.closing.aclose()
        await instance.stop()


def test_a_host_dials_the_switchboard_and_answers_prompts() -> None:
    async def conversation() -> None:
        async with stage("host") as here:
            board = await Switchboard.open(here)
            await board.host(trust="open")
            line = await board.dialled(tag="a line")
            assert await line.asks("an echo")
            assert await line.asks("another", "big:3", input_id="mine")
            notes = {e.tag: e.data for e in here.recorder.transcript.events if e.kind == "note"}
            assert notes["an echo"]["answer"]["result"] == f"echo:{notes['an echo']['prompt']}"
            assert notes["another"]["answer"]["input_id"] == "mine"
            said = list(frames(Seen(here.recorder.transcript.events, {}), "a line"))
            assert [each.type for each in said] == [ANNOUNCE, "OUTPUT", "OUTPUT"]
            await line.leave()
            assert await board.arrival(tag="the next line") is not None

    talk(conversation())


def test_a_host_that_does_not_dial_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation() -> None:
        async with stage("host") as here:
            board = await Switchboard.open(here)
            assert await board.arrival(tag="nobody", within=NEXT_TO_NOTHING) is None
            monkeypatch.setattr("conformance.connectonion.switchboard.COMES", NEXT_TO_NOTHING)
            with pytest.raises(Unmet, match="did not dial its relay"):
                await board.dialled(tag="nobody")

    talk(conversation())


def test_a_prompt_goes_through_a_relay_from_end_to_end() -> None:
    async def conversation() -> None:
        async with stage("relay") as here:
            agent, client = await announced(here, "an agent"), await guest(here, "a client")
            frame = await client.asks(agent.address, about="a prompt")
            await agent.output(await agent.passed(frame), "a result")
            answer = await client.hear("OUTPUT")
            assert answer is not None
            assert (answer.body["input_id"], answer.body["result"]) == (
                frame["input_id"],
                "a result",
            )
            await agent.output(None, "nobody asked")

    talk(conversation())


def test_an_agent_that_was_not_announced_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.connectonion.relay_ends.ATTEMPTS", 2)

    async def conversation() -> None:
        async with stage("relay") as here:
            agent = await connected(here, "an agent", caller=Caller(here))
            with pytest.raises(Unmet, match="never passed a prompt"):
                await reached(here, agent)

    talk(conversation())
