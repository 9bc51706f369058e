"""What surrounds the core of a neuron: its clock, its connections, whoever listens."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from neuron_core_bench import OFFERS, lease
from neuron_scripted_gateway import Say, ScriptedGateway

from reference.neuron.neuron_core import NeuronCore
from reference.neuron.neuron_effects import News, Opened
from reference.neuron.neuron_handlers import Context
from reference.neuron.neuron_pace import Pace
from reference.neuron.neuron_shell import Clock, NeuronShell, watched_socket

SECONDS = 10


async def echo(given: Any, _context: Context) -> Any:
    return given


def play(
    scene: Callable[[ScriptedGateway], Awaitable[None]],
    *,
    listener: Callable[[News], None] | None = None,
    **pace: float,
) -> None:
    async def run() -> None:
        gateway = ScriptedGateway()
        await gateway.start()
        shell = NeuronShell(
            NeuronCore("n1", OFFERS, Pace(reconnect_delay=0.01, **pace)),
            url=gateway.url + "/",
            token=lambda: "t",
            handlers={offer.capability.type: echo for offer in OFFERS},
            listener=listener,
        )
        await shell.start()
        try:
            async with asyncio.timeout(SECONDS):
                await scene(gateway)
        finally:
            await shell.stop()
            await gateway.close()

    asyncio.run(run())


def test_the_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert clock.now() >= before > 1_700_000_000


def test_a_socket_notices_when_its_peer_is_gone_without_a_word() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0))
    with watched_socket(address) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


def test_three_hundred_leases_at_once_are_answered() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        await gateway.serving()
        await gateway.send(*(lease(number) for number in range(300)))
        await gateway.until(lambda: len(gateway.results()) == 300)

    play(scene)


def test_an_error_of_a_listener_is_its_own() -> None:
    told: list[News] = []

    def listen(news: News) -> None:
        told.append(news)
        raise RuntimeError("not my fault")

    async def scene(gateway: ScriptedGateway) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        await gateway.serving()
        await gateway.send(lease(1))
        await gateway.asked_for("ack")

    play(scene, listener=listen)
    assert told[0] == Opened()


def test_a_post_without_an_answer_is_given_up_in_time() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        gateway.answers["register"].append(Say(after=5))
        await gateway.asked_for("register", 2)

    play(scene, post_timeout=0.1)


def test_a_dialling_without_an_answer_is_given_up_in_time() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        gateway.answers["events"].append(Say(after=5))
        await gateway.asked_for("register")
        assert len(gateway.of("events")) == 2

    play(scene, post_timeout=0.1)


def test_an_idle_stream_is_not_given_up() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        await gateway.serving()
        await asyncio.sleep(0.3)
        await gateway.send(lease(1))
        await gateway.asked_for("ack")
        assert len(gateway.of("events")) == 1

    play(scene, post_timeout=0.1)


def test_a_redirected_post_is_not_followed() -> None:
    async def scene(gateway: ScriptedGateway) -> None:
        gateway.answers["register"].append(Say(307))
        await gateway.serving()
        gateway.end_stream()
        await gateway.asked_for("register", 2)
        assert {each.path for each in gateway.asked} <= {
            "/neuron/events",
            "/neuron/register",
            "/neuron/heartbeat",
        }

    play(scene)
