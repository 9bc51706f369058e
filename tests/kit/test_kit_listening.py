from __future__ import annotations

import asyncio

import pytest
from kit_world import recorder, talk

from conformance.kit.wire.listening import Listener


async def dial(listener: Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = listener.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def let_go(listener: Listener, *writers: asyncio.StreamWriter) -> None:
    listener.close()
    for writer in writers:
        writer.close()
    await asyncio.gather(*(each.wait_closed() for each in writers), return_exceptions=True)


def test_connections_are_handed_out_in_the_order_of_arrival() -> None:
    async def conversation() -> None:
        record = recorder()
        listener = await Listener.open(record)
        _, first = await dial(listener)
        one = await listener.accept(within=5)
        _, second = await dial(listener)
        two = await listener.accept(within=5)
        assert one is not None
        assert two is not None
        second.write(b"two")
        assert (await two.receive_bytes(within=5)).body == b"two"
        assert [(e.kind, e.connection) for e in record.transcript.events[:2]] == [
            ("tcp.accepted", one.name),
            ("tcp.accepted", two.name),
        ]
        assert listener.arrivals == 2
        await let_go(listener, first, second)

    talk(conversation())


def test_nobody_comes_in_time() -> None:
    async def conversation() -> None:
        listener = await Listener.open(recorder())
        assert await listener.accept(within=0.01) is None
        await let_go(listener)

    talk(conversation())


def test_closing_lets_connections_go() -> None:
    async def conversation() -> None:
        listener = await Listener.open(recorder())
        reader, writer = await dial(listener)
        await listener.accept(within=5)
        listener.close()
        assert await reader.read() == b""
        await let_go(listener, writer)

    talk(conversation())


def test_a_taken_port_is_an_os_error() -> None:
    async def conversation() -> None:
        listener = await Listener.open(recorder())
        with pytest.raises(OSError, match="in use"):
            await Listener.open(recorder(), port=int(listener.address.rpartition(":")[2]))
        await let_go(listener)

    talk(conversation())
