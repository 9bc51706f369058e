from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import FakeChannel, replying, request_head, serving, talk

from conformance.kit.targets.driver import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Driver,
    DriverError,
    DriverRefused,
    HttpChannel,
    StdioChannel,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ABOUT = {"protocol": "toy", "role": "server", "methods": ["echo"]}


def driven(scene: Callable[[Driver], Awaitable[None]], mood: str = "honest") -> None:
    """Play a scene with the toy driver on stdio."""

    async def conversation() -> None:
        command = [sys.executable, "-S", str(kit_world.DRIVER), mood]
        driver = await Driver.meet(await StdioChannel.start(command))
        try:
            await scene(driver)
        finally:
            await driver.close()

    talk(conversation())


def test_a_driver_says_what_it_is() -> None:
    async def scene(driver: Driver) -> None:
        assert driver.about["protocol"] == "toy"
        assert driver.has("echo")
        assert not driver.has("fly")

    driven(scene)


def test_answers_may_come_in_any_order() -> None:
    async def scene(driver: Driver) -> None:
        order: list[str] = []

        async def call(method: str) -> Any:
            result = await driver.call(method, word=method)
            order.append(method)
            return result

        results = await asyncio.gather(call("later"), call("echo"))
        assert list(results) == ["late", {"word": "echo"}]
        assert order == ["echo", "later"]

    driven(scene)


def test_an_error_answer_is_a_refusal_with_its_code() -> None:
    async def scene(driver: Driver) -> None:
        with pytest.raises(DriverRefused, match="no method fly") as refusal:
            await driver.call("fly")
        assert (refusal.value.method, refusal.value.code) == ("fly", METHOD_NOT_FOUND)

    driven(scene)


def test_silence_is_an_error_and_the_next_call_is_answered() -> None:
    async def scene(driver: Driver) -> None:
        with pytest.raises(DriverError, match=r"did not answer `silence` within 0\.05 s"):
            await driver.call("silence", within=0.05)
        assert await driver.call("echo", n=1) == {"n": 1}

    driven(scene)


def test_a_late_answer_to_a_call_that_was_given_up_is_dropped() -> None:
    async def scene(driver: Driver) -> None:
        with pytest.raises(DriverError):
            await driver.call("later", within=0.01)
        assert await driver.call("later") == "late"

    driven(scene)


def test_death_ends_every_call_and_tells_the_last_words() -> None:
    async def scene(driver: Driver) -> None:
        waiting = asyncio.create_task(driver.call("silence"))
        with pytest.raises(DriverError, match="the driver has gone") as died:
            await driver.call("die")
        assert "ended with code 3" in str(died.value)
        assert "I cannot go on" in str(died.value)
        for call in (waiting, driver.call("echo")):
            with pytest.raises(DriverError, match="the driver has gone"):
                await call

    driven(scene)


def test_garbage_on_stdout_is_shown() -> None:
    with pytest.raises(DriverError, match=r"Welcome to my driver!.*logs belong on stderr"):
        driven(unreachable, mood="garbage")


def test_a_description_outside_the_schema_names_the_member() -> None:
    with pytest.raises(DriverError, match=r"`describe`: .*'protocol' is a required property"):
        driven(unreachable, mood="wrong-schema")


async def unreachable(driver: Driver) -> None:
    raise AssertionError("this driver should not have been met")


def test_a_driver_that_is_not_met_is_not_left_running() -> None:
    started: list[int] = []

    async def conversation() -> None:
        channel = await StdioChannel.start([sys.executable, "-S", str(kit_world.DRIVER), "garbage"])
        started.append(channel._child.pid)
        with pytest.raises(DriverError):
            await Driver.meet(channel)

    talk(conversation())
    assert not Path(f"/proc/{started[0]}").exists()
    with pytest.raises(ChildProcessError):
        os.waitpid(started[0], os.WNOHANG)


def test_a_command_that_does_not_start_is_an_error_of_the_driver() -> None:
    with pytest.raises(DriverError, match="cannot start"):
        talk(StdioChannel.start(["/nowhere/driver"]))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"jsonrpc": "1.0", "id": 1, "result": 1}, "'2.0' was expected"),
        ({"jsonrpc": "2.0", "result": 1}, "'id' is a required property"),
        ({"jsonrpc": "2.0", "id": 1}, "is not valid under any of the given schemas"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"message": "x"}}, "'code' is a required property"),
        ([], "is not of type 'object'"),
        (None, "is not of type 'object'"),
    ],
)
def test_an_answer_outside_the_contract_is_an_error(answer: Any, said: str) -> None:
    class Odd(FakeChannel):
        async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
            return answer

    with pytest.raises(DriverError) as error:
        talk(Driver(Odd()).call("echo"))
    assert str(error.value).startswith("`echo`: ")
    assert said in str(error.value)


def test_a_result_outside_its_schema_is_an_error() -> None:
    with pytest.raises(DriverError, match=r"`start`: .*'instance' is a required property"):
        talk(Driver(FakeChannel(start={"url": "http://h"})).call("start"))


def test_requests_are_numbered_and_carry_their_parameters() -> None:
    channel = FakeChannel(echo="x")
    driver = Driver(channel)
    talk(driver.call("echo"))
    talk(driver.call("echo", word="hi"))
    assert channel.asked == [
        {"jsonrpc": "2.0", "id": 1, "method": "echo", "params": {}},
        {"jsonrpc": "2.0", "id": 2, "method": "echo", "params": {"word": "hi"}},
    ]


# Over HTTP


async def rpc(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        message = json.loads(await reader.readexactly(size))
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        if message["method"] == "describe":
            answer["result"] = {**ABOUT, "url": head.split()[1].decode()}
        elif message["method"] == "echo":
            answer["result"] = message["params"]
        else:
            answer["error"] = {"code": INVALID_PARAMS, "message": "no"}
        body = json.dumps(answer).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


def test_a_driver_over_http_is_called_at_its_path() -> None:
    async def conversation() -> None:
        async with serving(rpc) as url:
            driver = await Driver.meet(HttpChannel(f"{url}/driver?x=1"))
            assert driver.about["url"] == "/driver?x=1"
            assert await driver.call("echo", n=1) == {"n": 1}
            with pytest.raises(DriverRefused):
                await driver.call("fly")
            await driver.close()

    talk(conversation())


async def says_404(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing")


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (says_404, "gave no JSON answer: 404 nothing"),
        (replying(b"nonsense\r\n\r\n"), "gave no JSON answer: not an HTTP/1.1 answer"),
        (replying(kit_world.OK), "`describe`: "),
    ],
    ids=["not found", "not HTTP", "not JSON-RPC"],
)
def test_what_is_no_driver_over_http_is_told(handler: Any, said: str) -> None:
    async def conversation() -> None:
        async with serving(handler) as url:
            with pytest.raises(DriverError) as error:
                await Driver.meet(HttpChannel(url))
            assert said in str(error.value)

    talk(conversation())


def test_a_driver_that_is_not_there_is_told() -> None:
    async def conversation() -> None:
        with pytest.raises(DriverError, match="gave no JSON answer: 127"):
            await Driver.meet(HttpChannel(kit_world.dead_url()))

    talk(conversation())
