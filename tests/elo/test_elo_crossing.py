"""Two that dial each other: led across each other, and what they say first held back."""

from __future__ import annotations

import asyncio
from typing import Any

import kit_world
from kit_world import talk

from conformance.elo.crossing import crossing
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.instance import Instance


def stage() -> Stage:
    return Stage(
        kit_world.recorder(),
        Instance("elo://127.0.0.1:9", {}, None),
        run="r",
        certificates=Certificates(),
    )


class Side:
    """One of the two: it listens, and dials where it is told to."""

    def __init__(self, name: bytes, *, answers: bool = True) -> None:
        self.name = name
        self.url = ""
        self.log: list[bytes] = []
        self._answers = answers
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", 0)
        self.url = f"elo://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.log.append(b"heard " + await reader.read(99))
        if self._answers:
            writer.write(b"ack of " + self.name)
            await reader.read(99)
        writer.close()

    async def dial(self, address: str) -> bytes:
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"hello of " + self.name)
        self.log.append(b"dialled")
        answer = await reader.read(99)
        self.log.append(b"answered")
        writer.close()
        return answer

    def close(self) -> None:
        assert self._server is not None
        self._server.close()


def across(scene: Any, *sides: Side) -> None:
    async def conversation() -> None:
        one, other = sides
        await one.listen()
        await other.listen()
        kit = stage()
        here, there = await crossing(kit, one.url, other.url)
        await scene(here, there)
        await kit.closing.aclose()
        one.close()
        other.close()

    talk(conversation())


def test_each_is_led_to_the_other_and_neither_is_heard_before_both_have_dialled() -> None:
    one, other = Side(b"one"), Side(b"other")

    async def scene(here: str, there: str) -> None:
        first = asyncio.create_task(one.dial(here))
        await asyncio.wait({first}, timeout=0.1)
        assert other.log == []  # the hello of one is held back
        assert await other.dial(there) == b"ack of one"
        assert await first == b"ack of other"

    across(scene, one, other)
    for side in (one, other):  # whoever is answered has heard the other before
        assert side.log.index(b"answered") == len(side.log) - 1


def test_who_gets_no_answer_holds_nobody_up() -> None:
    one, other = Side(b"one"), Side(b"other", answers=False)

    async def scene(here: str, there: str) -> None:
        answers = await asyncio.gather(one.dial(here), other.dial(there))
        assert list(answers) == [b"", b"ack of one"]

    across(scene, one, other)
