import asyncio
import json
import signal
import sys
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import pytest
from aiohttp import ClientSession, web

from reference.driver import Driver
from reference.role import CannotError, ParameterError, SettingError


class Lamp:
    """A role that has no wire: it only remembers what happened to it."""

    protocol: ClassVar[str] = "light"
    role: ClassVar[str] = "lamp"
    revision: ClassVar[str] = "1"
    methods: ClassVar[Collection[str]] = ("shine", "explode", "burn_out")

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self.stopped = self.was_reset = False

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        if "bad" in settings:
            raise SettingError("unknown setting 'bad'")
        self.url = f"{host}:{port}:{store}"
        self.facts = dict(settings)

    async def stop(self) -> None:
        self.stopped = True

    async def reset(self) -> None:
        self.was_reset = True

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        if method == "explode":
            return 1 // 0
        if method == "burn_out":
            raise CannotError("no current")
        if "colour" not in params:
            raise ParameterError("colour: text is needed")
        return {"seen": f"{params['colour']} at {self.url}"}


class Lantern(Lamp):
    role: ClassVar[str] = "lantern"
    methods: ClassVar[Collection[str]] = ("shine", "hang")


def driver() -> Driver:
    return Driver({"lamp": Lamp, "lantern": Lantern}, protocol="light", revision="1")


def ask(*requests: tuple[str, dict[str, Any]], target: Driver | None = None) -> Any:
    """Make the requests one after the other and return the last answer."""
    target = target or driver()

    async def run() -> Any:
        answer: Any = None
        for number, (method, params) in enumerate(requests):
            answer = await target.handle(
                {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            )
            assert answer["id"] == number
        return answer

    return asyncio.run(run())


def test_describe_tells_protocol_roles_and_methods() -> None:
    described = ask(("describe", {}))["result"]
    assert described["protocol"] == "light"
    assert described["role"] == "lamp"
    assert described["roles"] == ["lamp", "lantern"]
    assert described["revision"] == "1"
    assert described["implementation"]["name"] == "assay-reference"
    assert described["methods"] == [
        "burn_out",
        "describe",
        "explode",
        "hang",
        "reset",
        "shine",
        "start",
        "stop",
    ]


def test_start_returns_where_the_instance_is_and_its_facts() -> None:
    started = ask(("start", {"set": {"a": 1}, "store": "s"}))["result"]
    assert started == {
        "instance": "i1",
        "role": "lamp",
        "url": "127.0.0.1:0:s",
        "set": {"a": 1},
        "store": "s",
    }


def test_what_a_client_role_dials_is_one_of_its_settings() -> None:
    started = ask(("start", {"role": "lantern", "connect": "here", "set": {"a": 1}}))["result"]
    assert started["set"] == {"a": 1, "connect": "here"}


def test_a_method_goes_to_the_newest_instance_unless_one_is_named() -> None:
    target = driver()
    first, second = ("start", {"host": "first"}), ("start", {"host": "second"})
    newest = ask(first, second, ("shine", {"colour": "red"}), target=target)
    assert newest["result"]["seen"] == "red at second:0:None"
    named = ask(("shine", {"colour": "red", "instance": "i1"}), target=target)
    assert named["result"]["seen"] == "red at first:0:None"


def test_an_adopted_instance_is_addressed_like_a_started_one() -> None:
    target = driver()
    lamp = Lamp()
    assert target.adopt(lamp) == "i1"
    ask(("reset", {}), target=target)
    assert lamp.was_reset


def test_a_stopped_instance_is_gone() -> None:
    target = driver()
    lamp = Lamp()
    target.adopt(lamp)
    assert ask(("stop", {"instance": "i1"}), target=target)["result"] == {"instance": "i1"}
    assert lamp.stopped
    assert ask(("shine", {"colour": "red"}), target=target)["error"]["code"] == -32000


def test_close_stops_every_instance() -> None:
    target = driver()
    lamps = [Lamp(), Lamp()]
    for lamp in lamps:
        target.adopt(lamp)
    asyncio.run(target.close())
    assert [lamp.stopped for lamp in lamps] == [True, True]


def double(params: Mapping[str, Any]) -> Any:
    if "n" not in params:
        raise ParameterError("n: a number is needed")
    return {"doubled": 2 * params["n"]}


def test_a_library_function_needs_no_instance() -> None:
    target = Driver({"lamp": Lamp}, protocol="light", revision="1", library={"double": double})
    assert ask(("double", {"n": 2}), target=target)["result"] == {"doubled": 4}
    assert ask(("double", {}), target=target)["error"]["code"] == -32602
    assert "double" in ask(("describe", {}), target=target)["result"]["methods"]


START: tuple[str, dict[str, Any]] = ("start", {})


@pytest.mark.parametrize(
    ("requests", "code", "text"),
    [
        ([("nope", {})], -32601, "nope"),
        ([("shine", {})], -32000, "start"),
        ([START, ("shine", {})], -32602, "colour"),
        ([START, ("shine", {"instance": "i9"})], -32602, "instance"),
        ([START, ("shine", {"instance": []})], -32602, "instance"),
        ([START, ("hang", {})], -32000, "lamp"),
        ([START, ("burn_out", {})], -32000, "no current"),
        ([START, ("stop", {"instanec": "i1"})], -32602, "instanec"),
        ([("start", {"role": "torch"})], -32602, "torch"),
        ([("start", {"role": 5})], -32602, "role"),
        ([("start", {"set": []})], -32602, "set"),
        ([("start", {"port": True})], -32602, "port"),
        ([("start", {"set": {"bad": 1}})], -32000, "bad"),
        ([("describe", {"x": 1})], -32602, "x"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code_and_a_name(
    requests: list[tuple[str, dict[str, Any]]], code: int, text: str
) -> None:
    error = ask(*requests)["error"]
    assert error["code"] == code
    assert text in error["message"]


def test_a_bug_in_a_role_is_an_internal_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(START, ("explode", {}))["error"]["code"] == -32603
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ([], -32600),
        (5, -32600),
        ({"id": 1}, -32600),
        ({"id": 1, "method": 5}, -32600),
        ({"id": 1, "method": "describe", "params": []}, -32602),
    ],
)
def test_a_message_that_is_no_request_is_refused(message: Any, code: int) -> None:
    answer = asyncio.run(driver().handle(message))
    assert answer is not None
    assert answer["error"]["code"] == code


def test_a_notification_is_carried_out_and_not_answered() -> None:
    target = driver()
    lamp = Lamp()
    target.adopt(lamp)
    assert asyncio.run(target.handle({"jsonrpc": "2.0", "method": "reset"})) is None
    assert lamp.was_reset


def test_the_driver_answers_http_posts() -> None:
    async def run() -> tuple[Any, Any]:
        app = web.Application()
        app.router.add_post("/", driver().handle_http)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with ClientSession() as session:
            good = await session.post(url, json={"id": 7, "method": "describe"})
            bad = await session.post(url, data=b"{")
            answers = await good.json(), await bad.json()
        await runner.cleanup()
        return answers

    good, bad = asyncio.run(run())
    assert (good["id"], good["result"]["protocol"]) == (7, "light")
    assert (bad["id"], bad["error"]["code"]) == (None, -32700)


SERVE = """
import asyncio
from reference.driver import serve_stdio
from reference.rxon import REVISION, ROLES
asyncio.run(serve_stdio(ROLES, protocol="rxon", revision=REVISION))
"""


async def stdio() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


def test_stdio_answers_line_by_line_and_ends_with_the_input() -> None:
    async def run() -> tuple[list[Any], int | None]:
        process = await stdio()
        half = b'{"id":"\\ud800","method":"describe"}'  # of a surrogate pair, which has no UTF-8
        lines = [
            b'{"id":"\xc3\xa9","method":"describe"}',
            b"{",
            b"",
            b'{"id":2,"method":"start"}',
            half,
        ]
        async with asyncio.timeout(20):
            output, _ = await process.communicate(b"\n".join(lines))
        return [json.loads(line) for line in output.splitlines()], process.returncode

    answers, code = asyncio.run(run())
    by_id = {answer["id"]: answer for answer in answers}
    assert by_id["é"]["result"]["protocol"] == by_id["\ud800"]["result"]["protocol"] == "rxon"
    assert by_id[None]["error"]["code"] == -32700
    assert by_id[2]["result"]["url"].startswith("http://127.0.0.1:")
    assert (len(answers), code) == (4, 0)


def test_stdio_ends_at_sigterm() -> None:
    async def run() -> int:
        process = await stdio()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"id":1,"method":"start"}\n')
        async with asyncio.timeout(20):
            assert json.loads(await process.stdout.readline())["id"] == 1
            process.send_signal(signal.SIGTERM)
            code = await process.wait()
        process.stdin.close()
        return code

    assert asyncio.run(run()) == 0
