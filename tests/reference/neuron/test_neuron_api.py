"""A neuron of one's own: handlers in, a client that runs them (sheet 9.1: LIB)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from neuron_core_bench import lease
from neuron_scripted_gateway import ScriptedGateway

from reference.neuron.neuron_api import ANY, Capability, Context, Neuron, News, OnBehalfOf, Pace
from reference.neuron.neuron_effects import Closed, Opened, Received, Reconnecting, RegisteredAs

SECONDS = 10
ECHO = Capability(type="conf/echo", scope=ANY, concurrency=2)
REGISTERED = {
    "type": "registered",
    "sessionId": "s1",
    "capabilities": [{"type": "conf/echo", "scope": "any", "concurrency": 2}],
    "acceptedAt": "2026-01-01T00:00:00Z",
}


async def echo(given: Any, _context: Context) -> Any:
    return given


def play(scene: Callable[[ScriptedGateway], Awaitable[None]]) -> None:
    async def run() -> None:
        gateway = ScriptedGateway()
        await gateway.start()
        try:
            async with asyncio.timeout(SECONDS):
                await scene(gateway)
        finally:
            await gateway.close()

    asyncio.run(run())


def test_a_decorated_handler_is_offered_and_runs() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        neuron = Neuron(gateway.url, neuron_id="n1", token="secret")

        @neuron.handles(
            Capability(type="demo/upper", scope=OnBehalfOf("u"), concurrency=4),
            input_schema={"type": "string"},
        )
        async def upper(text: str, context: Context) -> str:
            context.progress(percent=50, message=context.lease.task.task_id)
            return text.upper()

        async with neuron:
            await gateway.serving()
            await gateway.send(lease(1, "demo/upper", input="é"), lease(2, "demo/upper", input=5))
            ack = await gateway.asked_for("ack")
            assert ack.json["output"] == "É"
            assert (await gateway.asked_for("nack")).json["kind"] == "schema-mismatch"
            assert gateway.of("progress")[0].json["message"] == "t1"
            assert gateway.of("register")[0].json["capabilities"] == [
                {"type": "demo/upper", "scope": {"onBehalfOf": "u"}, "concurrency": 4}
            ]
            assert ack.bearer == "secret"

    play(scene)


def test_of_two_handlers_for_one_type_the_last_counts() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        neuron = Neuron(gateway.url, neuron_id="n1", token="secret")
        neuron.register_handler(ECHO, echo)
        neuron.register_handler(ECHO, lambda _given, _context: "second")
        async with neuron:
            await gateway.serving()
            await gateway.send(lease(1))
            assert (await gateway.asked_for("ack")).json["output"] == "second"
            assert len(gateway.of("register")[0].json["capabilities"]) == 1

    play(scene)


def test_handlers_are_registered_before_the_start_and_there_is_one() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        neuron = Neuron(gateway.url, neuron_id="n1", token="secret")
        with pytest.raises(RuntimeError, match="handler"):
            await neuron.start()
        with pytest.raises(RuntimeError, match="started"):
            neuron.update_capability("conf/echo", concurrency=1)
        neuron.register_handler(ECHO, echo)
        async with neuron:
            with pytest.raises(RuntimeError, match="before"):
                neuron.register_handler(ECHO, echo)
            with pytest.raises(RuntimeError, match="once"):
                await neuron.start()

    play(scene)


def test_what_no_gateway_would_accept_is_not_started() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        neuron = Neuron(gateway.url, neuron_id="n1", token="secret")
        neuron.register_handler(Capability(type="nope", scope=ANY, concurrency=1), echo)
        with pytest.raises(ValueError, match="capability type"):
            await neuron.start()

    play(scene)


def test_an_update_is_checked_before_anything_is_sent() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        neuron = Neuron(gateway.url, neuron_id="n1", token="secret", pace=Pace(reconnect_delay=0))
        neuron.register_handler(ECHO, echo)
        async with neuron:
            await gateway.serving()
            for kind, concurrency in (("conf/none", 1), ("conf/echo", 0), ("conf/echo", -1)):
                with pytest.raises(ValueError, match=r"."):
                    neuron.update_capability(kind, concurrency=concurrency)
            gateway.end_stream()
            await gateway.asked_for("register", 2)
            assert gateway.of("register")[0].body == gateway.of("register")[1].body
            assert gateway.of("update-capability") == []

    play(scene)


@pytest.mark.parametrize("kind", ["function", "coroutine", "task"])
def test_tokens_come_from_any_kind_of_provider(kind: str) -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        async def give() -> str:
            return "given"

        providers: dict[str, Callable[[], Any]] = {
            "function": lambda: "given",
            "coroutine": give,
            "task": lambda: asyncio.create_task(give()),
        }
        neuron = Neuron(gateway.url, neuron_id="n1", token=providers[kind])
        neuron.register_handler(ECHO, echo)
        async with neuron:
            assert (await gateway.asked_for("register")).bearer == "given"

    play(scene)


@pytest.mark.parametrize("token", ["", " ", "a\nb", None, 5, b"bytes"])
def test_what_is_no_token_is_not_sent(token: Any) -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        heard = asyncio.Event()
        news: list[News] = []

        def listen(each: News) -> None:
            news.append(each)
            heard.set()

        neuron = Neuron(gateway.url, neuron_id="n1", token=lambda: token, listener=listen)
        neuron.register_handler(ECHO, echo)
        async with neuron:
            await heard.wait()
        assert isinstance(news[0], Reconnecting)
        assert "token" in news[0].reason
        assert gateway.asked == []

    play(scene)


def test_a_listener_is_told_what_happens() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        news: list[News] = []
        posted_when_opened: list[int] = []

        def listen(each: News) -> None:
            news.append(each)
            if isinstance(each, Opened):
                posted_when_opened.append(len(gateway.of("register")))

        neuron = Neuron(
            gateway.url,
            neuron_id="n1",
            token="secret",
            pace=Pace(reconnect_delay=0.01),
            listener=listen,
        )
        neuron.register_handler(ECHO, echo)
        async with neuron:
            await gateway.serving()
            await gateway.send(REGISTERED)
            gateway.end_stream()
            await gateway.asked_for("register", 2)
        assert posted_when_opened == [0, 1]
        told = [each for each in news if not isinstance(each, Received)]
        assert told == [
            Opened(),
            RegisteredAs("s1", 1),
            Closed("the gateway ended the stream"),
            Reconnecting(1, 0.01, "the gateway ended the stream"),
            Opened(),
            Closed("the neuron stopped"),
        ]
        assert sum(isinstance(each, Received) for each in news) == 1

    play(scene)


def test_a_neuron_stops_without_draining_if_asked_to() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        async def endless(_given: Any, _context: Context) -> None:
            await asyncio.Event().wait()

        neuron = Neuron(gateway.url, neuron_id="n1", token="secret")
        neuron.register_handler(Capability(type="conf/echo", scope=ANY, concurrency=1), endless)
        await neuron.start()
        await gateway.serving()
        await gateway.send(lease(1), lease(2), lease(3, "conf/none"))
        await gateway.asked_for("nack")
        assert [each.lease_id for each in neuron.in_flight] == ["l1"]
        await neuron.stop(drain=False)
        assert gateway.results() == {
            "l3": ["retryable"],
            "l2": ["retryable"],
            "l1": ["cancelled"],
        }

    play(scene)
