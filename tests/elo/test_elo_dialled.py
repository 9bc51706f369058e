"""Being dialled: by the target's driver, else by one more target that is started to dial."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import FakeChannel, talk

from conformance.elo.dialled import answer, be_dialled
from conformance.elo.wire import framed, written
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.driver import Driver
from conformance.kit.targets.instance import Instance
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

HELLO = {"type": "hello", "node_id": "n" * 43}


async def dialling(address: str) -> asyncio.StreamWriter:
    """Dial an address as a target does."""
    host, _, port = address.partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(framed(written(HELLO)))
    await writer.drain()
    return writer


def stage(driver: Driver | None = None, start: Any = None) -> Stage:
    return Stage(
        kit_world.recorder(),
        Instance("elo://127.0.0.1:9", {}, driver),
        run="r",
        certificates=Certificates(),
        start=start,
    )


def test_a_driver_has_its_target_dial() -> None:
    writers: list[asyncio.StreamWriter] = []

    class Channel(FakeChannel):
        async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
            writers.append(await dialling(message["params"]["address"]))
            return await super().exchange(message, within=within)

    async def conversation() -> None:
        one = stage(Driver(Channel(dial={"connected": True}), {"methods": ["dial"]}))
        peer = await be_dialled(one, tag="dialled")
        (hello,) = [e for e in one.recorder.transcript.events if e.kind == "frame"]
        assert (hello.tag, hello.connection) == ("dialled", peer.name)
        await one.closing.aclose()
        writers[0].close()

    talk(conversation())


def test_without_a_driver_one_more_target_is_started_to_dial() -> None:
    asked: list[Mapping[str, Any]] = []

    async def start(settings: Mapping[str, Any]) -> Any:
        asked.append(dict(settings))
        writer = await dialling(settings["peers"])

        async def stop() -> None:
            writer.close()

        return SimpleNamespace(url="elo://h:2", facts={}, stop=stop)

    async def conversation() -> None:
        one = stage(start=start)
        await be_dialled(one, tag="dialled", visibility="private")
        assert [each["visibility"] for each in asked] == ["private"]
        await one.closing.aclose()

    talk(conversation())


def test_a_target_that_cannot_be_made_to_dial_is_not_observed() -> None:
    async def conversation() -> None:
        one = stage()
        try:
            await be_dialled(one, tag="dialled")
        finally:
            await one.closing.aclose()

    with pytest.raises(NotObserved, match="without the driver method `dial`"):
        talk(conversation())


def test_an_answer_is_a_hello_ack_without_a_version() -> None:
    class Peer:
        def hello(self, *agents: str) -> dict[str, Any]:
            return {**HELLO, "agents": agents, "version": "0.5.1"}

    ack = answer(Peer(), "a", known_peers=[1])  # type: ignore[arg-type]
    assert ack == {"type": "hello_ack", "node_id": "n" * 43, "agents": ("a",), "known_peers": [1]}
