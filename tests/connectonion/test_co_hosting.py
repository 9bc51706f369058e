"""The kit as a host: before a client that is played here, on real sockets."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import kit_world
import pytest
from kit_world import FakeChannel, talk

from conformance.connectonion.hosting import PING, Hosting
from conformance.connectonion.polls import BROKEN
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.driver import Driver
from conformance.kit.targets.instance import Instance
from conformance.kit.verdict import Unmet
from conformance.kit.wire.tap import Tap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ABOUT = {"protocol": "connectonion", "role": "client", "methods": ["ask", "stop"]}
SESSION = {"session_id": "s1"}


@asynccontextmanager
async def hosting(driver: Driver | None = None, **facts: Any) -> AsyncIterator[Hosting]:
    """Give a host whose client is a test."""
    tap = Tap("http://127.0.0.1:9", target_is_client=True)
    await tap.start(host="127.0.0.1", port=0)

    async def begin(path: str = "") -> Instance | None:
        return None if driver is None else Instance(path, {}, driver, "i1")

    known = {"poll_interval": 0.01, **facts}
    stage = Stage(
        kit_world.recorder(),
        Instance(tap.url, known, tap=tap, begin=begin),
        run="r",
        certificates=Certificates(),
    )
    try:
        yield await Hosting(stage).comes()
    finally:
        await stage.closing.aclose()
        await tap.close()


@asynccontextmanager
async def client(host: Hosting, **frame: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Ask as a client does."""
    async with aiohttp.ClientSession(host.stage.tap.url) as http, http.ws_connect("/ws") as socket:
        await socket.send_json({"type": "INPUT", "prompt": "p", "session": SESSION, **frame})
        yield socket


async def poll(host: Hosting, session_id: str = "s1") -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(host.stage.tap.url) as http,
        http.get(f"/sessions/{session_id}") as answer,
    ):
        return answer.status, await answer.text()


def test_a_client_that_came_by_itself_asks_what_it_likes() -> None:
    async def conversation() -> None:
        async with hosting() as host, client(host) as socket:
            call = await host.asked("something else", about="a call")
            assert (call.prompt, call.session_id) == (None, "s1")
            await host.say(PING)
            assert await socket.receive_json() == PING
            ended = asyncio.create_task(host.done(call))
            told = await socket.receive_json()
            await socket.close()
            assert told["result"] == await ended
            assert (told["session"], "input_id" in told) == (SESSION, False)

    talk(conversation())


def test_of_a_client_with_a_driver_the_prompt_is_awaited() -> None:
    async def conversation() -> None:
        told = {"session_id": "s1", "done": True, "result": 1}
        driver = Driver(FakeChannel(ask=told, stop={"instance": "i1"}), ABOUT)
        async with (
            hosting(driver) as host,
            client(host, prompt="another"),
            client(host, input_id="i", to="0xh"),
        ):
            call = await host.asked("p", about="a call")
            assert call.input is not None
            assert call.input.body["prompt"] == "p"
            assert host.output(call, 1)["input_id"] == "i"  # a relay's client asks for it
            assert await host.over(call)
            assert not await host.comes_back(call, within=0.02)

    talk(conversation())


def test_a_client_that_does_not_ask_is_a_finding() -> None:
    async def conversation() -> None:
        async with hosting(poll_interval=-2.49) as host:  # a patience of next to nothing
            with pytest.raises(Unmet, match="an INPUT did not come"):
                await host.asked("p", about="a call")

    talk(conversation())


def test_polls_are_answered_in_turn_and_then_always() -> None:
    async def conversation() -> None:
        async with hosting() as host, client(host):
            call = await host.asked("p", about="a call")
            assert (await poll(host))[0] == 404
            host.knows(BROKEN, then=host.record(call, result="r"))
            assert (await poll(host))[0] == 500
            status, text = await poll(host)
            record = json.loads(text)
            assert (status, record["status"], record["prompt"]) == (200, "done", "p")
            assert await host.fetched(call, "r", within=1.0)
            assert await host.polled(call, 3)
            await poll(host, "another")
            assert await host.gives_up(call, within=1.0)

    talk(conversation())


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_frame_may_be_broken_off(part: float) -> None:
    async def conversation() -> None:
        async with hosting() as host, client(host) as socket:
            call = await host.asked("p", about="a call")
            host.break_off(host.output(call, "r"), part)
            message = await socket.receive()
            assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
            await host.hears(call, within=0.05)
            await host.say(PING)  # nobody is there to hear it

    talk(conversation())


def test_a_call_that_does_not_end_is_ended_by_force() -> None:
    async def conversation() -> None:
        async with hosting() as host, client(host) as socket:
            call = await host.asked("p", about="a call")
            leaving = asyncio.create_task(host.leave(call))
            assert (await socket.receive_json())["type"] == "OUTPUT"
            await socket.close()
            await leaving
            assert (await poll(host))[0] == 404

    talk(conversation())
