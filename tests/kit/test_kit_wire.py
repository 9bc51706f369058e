from __future__ import annotations

import asyncio
import ssl

import kit_world
import pytest

from conformance.kit.wire.tcp import Address, Tcp, Unreachable


@pytest.mark.parametrize(
    ("url", "host", "port", "authority"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"),
        ("http://example.invalid/path?x=1", "example.invalid", 80, "example.invalid:80"),
        ("ws://[::1]:9", "::1", 9, "[::1]:9"),
        ("tcp://h:1", "h", 1, "h:1"),
    ],
)
def test_an_address_is_read_from_a_url(url: str, host: str, port: int, authority: str) -> None:
    address = Address.of(url)
    assert (address.host, address.port, address.authority) == (host, port, authority)
    assert address.tls is None


def test_https_gets_a_context_and_http_never_has_one() -> None:
    context = ssl.create_default_context()
    assert Address.of("https://h").port == 443
    assert isinstance(Address.of("wss://h").tls, ssl.SSLContext)
    assert Address.of("https://h", tls=context).tls is context
    assert Address.of("http://h", tls=context).tls is None


def test_a_dead_port_is_unreachable_and_recorded() -> None:
    recorder, url = kit_world.recorder(), kit_world.dead_url()
    with pytest.raises(Unreachable, match=url.removeprefix("http://")):
        kit_world.talk(Tcp.open(recorder, Address.of(url)))
    assert [event.kind for event in recorder.transcript.events] == ["tcp.refused"]


def test_bytes_silence_and_the_end_are_told_apart() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(4))
        await reader.readexactly(3)

    async def conversation() -> list[str]:
        async with kit_world.serving(handle) as url:
            tcp = await Tcp.open(kit_world.recorder(), Address.of(url))
            await tcp.send_bytes(b"ping", tag="hello")
            heard = [
                await tcp.receive_bytes(within=5),
                await tcp.receive_bytes(within=0.01, tag="quiet"),
            ]
            await tcp.send_bytes(b"bye")
            heard.append(await tcp.receive_bytes(within=5))
            tcp.close()
            tcp.close()
            assert heard[0].body == b"ping"
            assert (heard[1].data["seconds"], heard[1].tag) == (0.01, "quiet")
            return [event.kind for event in heard]

    assert kit_world.talk(conversation()) == ["tcp.bytes", "tcp.silence", "tcp.close"]


def test_a_cut_is_recorded_and_felt_at_once() -> None:
    felt = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            felt.set()

    async def conversation() -> None:
        recorder = kit_world.recorder()
        async with kit_world.serving(handle) as url:
            tcp = await Tcp.open(recorder, Address.of(url))
            tcp.abort()
            await felt.wait()
        assert [event.data["why"] for event in recorder.transcript.events] == ["cut"]

    kit_world.talk(conversation())
