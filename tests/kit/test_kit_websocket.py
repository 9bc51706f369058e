from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

import kit_world
import pytest
import wsproto
from kit_world import REFUSED, replying, serving, talk
from wsproto import events as frames

from conformance.kit.verdict import Unmet
from conformance.kit.wire import websocket
from conformance.kit.wire.listening import Listener
from conformance.kit.wire.tcp import Unreachable
from conformance.kit.wire.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from kit_world import Handler

    from conformance.kit.transcript import Event

T = TypeVar("T")


def accepting(*messages: frames.Event, together: bool = False, more: bytes = b"") -> Handler:
    """Return a server that accepts the upgrade, says something, and listens."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        state.receive_data(await reader.readuntil(b"\r\n\r\n"))
        opening = state.send(frames.AcceptConnection())
        said = b"".join(state.send(message) for message in messages) + more
        if together:
            writer.write(opening + said)
        else:
            writer.write(opening)
            await writer.drain()
            writer.write(said)
        await writer.drain()
        while data := await reader.read(65536):
            state.receive_data(data)
            for event in state.events():
                await answer(event, state, writer)

    return handle


async def answer(
    event: frames.Event, state: wsproto.WSConnection, writer: asyncio.StreamWriter
) -> None:
    if isinstance(event, frames.TextMessage):
        writer.write(state.send(frames.TextMessage(data=f"you said {event.data}")))
    elif isinstance(event, frames.BytesMessage):
        writer.write(state.send(frames.BytesMessage(data=bytes(event.data)[::-1])))
    elif isinstance(event, frames.Ping | frames.CloseConnection):
        writer.write(state.send(event.response()))
    await writer.drain()


def with_socket(handler: Handler, scene: Callable[[WebSocket], Awaitable[T]]) -> T:
    """Play a scene on an open WebSocket."""

    async def conversation() -> T:
        async with serving(handler) as url:
            socket, upgrade = await WebSocket.open(kit_world.recorder(), url, "/ws", tag="join")
            assert socket is not None, upgrade.shown()
            try:
                return await scene(socket)
            finally:
                socket.tcp.close()

    return talk(conversation())


async def heard(socket: WebSocket, count: int) -> list[Event | None]:
    return [await socket.receive(within=5) for _ in range(count)]


@pytest.mark.parametrize("segments", [1, 2])
def test_messages_in_the_handshakes_segment_are_not_lost(segments: int) -> None:
    said = (frames.TextMessage(data="one"), frames.BytesMessage(data=b"\x02"))
    handler = accepting(*said, together=segments == 1)
    first, second = with_socket(handler, lambda socket: heard(socket, 2))
    assert first is not None
    assert second is not None
    assert (first.body, first.data["text"]) == (b"one", True)
    assert (second.body, second.data["text"]) == (b"\x02", False)


def test_a_close_in_the_handshakes_segment_is_not_lost() -> None:
    handler = accepting(frames.CloseConnection(code=4001, reason="replaced"), together=True)
    first, again = with_socket(handler, lambda socket: heard(socket, 2))
    assert first is not None
    assert (first.kind, first.data) == ("ws.close", {"code": 4001, "reason": "replaced"})
    assert again is first


def test_fragments_are_one_message() -> None:
    handler = accepting(
        frames.TextMessage(data="gr", message_finished=False),
        frames.TextMessage(data="ü", message_finished=False),
        frames.TextMessage(data="n"),
    )
    (message,) = with_socket(handler, lambda socket: heard(socket, 1))
    assert message is not None
    assert message.body == "grün".encode()


def test_a_message_can_be_sent_in_parts_and_is_recorded_whole() -> None:
    async def scene(socket: WebSocket) -> tuple[Event, list[Event | None]]:
        return await socket.send_parts("gr", "ü", "n"), await heard(socket, 3)

    sent, answers = with_socket(accepting(), scene)
    assert (sent.body.decode(), sent.data["frames"]) == ("grün", 3)
    said = [each.body.decode() for each in answers if each is not None]
    assert said == ["you said gr", "you said ü", "you said n"]  # the server answers every frame


def test_a_large_message_goes_out_whole() -> None:
    got = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        state.receive_data(await reader.readuntil(b"\r\n\r\n"))
        writer.write(state.send(frames.AcceptConnection()))
        got.extend(await reader.readexactly(14 + 1_000_000))
        writer.write(state.send(frames.CloseConnection(code=1009)))
        await writer.drain()

    async def scene(socket: WebSocket) -> None:
        await socket.send_large(b"a" * 1_000_000)
        closed = await socket.receive(within=5)
        assert closed is not None
        assert closed.data["code"] == 1009

    with_socket(handle, scene)
    assert got == b"\x81\xff" + (1_000_000).to_bytes(8, "big") + bytes(4) + b"a" * 1_000_000


def test_a_large_message_is_not_sent_to_who_has_closed_on_its_length() -> None:
    got = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        state.receive_data(await reader.readuntil(b"\r\n\r\n"))
        writer.write(state.send(frames.AcceptConnection()))
        got.extend(await reader.readexactly(14))
        writer.write(state.send(frames.CloseConnection(code=1009)))
        got.extend(await reader.read())

    async def scene(socket: WebSocket) -> None:
        reading = asyncio.ensure_future(socket.receive(within=5))
        await socket.send_large(b"a" * 1_000_000, pause=5)
        closed = await reading
        assert closed is not None
        assert closed.data["code"] == 1009
        socket.tcp.writer.write_eof()
        await socket.tcp.read()

    with_socket(handle, scene)
    assert len(got) < 100  # the header, and the answer to the close


def test_who_is_mute_hears_but_answers_no_ping() -> None:
    answered: list[bool] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        state.receive_data(await reader.readuntil(b"\r\n\r\n"))
        writer.write(state.send(frames.AcceptConnection()))
        await reader.readuntil(b"x")  # the kit is mute from here on
        writer.write(state.send(frames.Ping(payload=b"?")) + state.send(frames.Ping(payload=b"!")))
        writer.write(state.send(frames.CloseConnection(code=1011)))
        answered.append(bool(await reader.read()))

    async def scene(socket: WebSocket) -> None:
        socket.mute = True
        await socket.tcp.write(b"x")
        closed = await socket.receive(within=5)
        assert closed is not None
        assert closed.data["code"] == 1011
        socket.tcp.writer.write_eof()
        await socket.tcp.read()

    with_socket(handle, scene)
    assert answered == [False]


def test_what_is_said_is_heard_and_recorded() -> None:
    async def scene(socket: WebSocket) -> list[bytes]:
        await socket.send_text("hello", tag="a greeting")
        await socket.send_bytes(b"ab")
        events = await heard(socket, 2)
        kinds = [event.kind for event in socket.tcp.recorder.transcript.events]
        assert kinds == ["http.request", "http.response", *["ws.message"] * 4]
        return [event.body for event in events if event is not None]

    assert with_socket(accepting(), scene) == [b"you said hello", b"ba"]


def test_a_ping_is_answered_by_a_pong_and_silence_by_nothing() -> None:
    async def scene(socket: WebSocket) -> None:
        await socket.ping(b"7")
        pong = await socket.receive(within=5)
        assert pong is not None
        assert (pong.kind, pong.body) == ("ws.pong", b"7")
        assert await socket.receive(within=0.01) is None
        await socket.send_text("still there?")
        assert await socket.receive(within=5) is not None

    with_socket(accepting(), scene)


def test_the_targets_ping_is_answered_and_is_no_message() -> None:
    handler = accepting(frames.Ping(payload=b"x"), frames.TextMessage(data="after"))
    (message,) = with_socket(handler, lambda socket: heard(socket, 1))
    assert message is not None
    assert message.body == b"after"


def test_our_own_close_is_recorded_once() -> None:
    async def scene(socket: WebSocket) -> list[str]:
        await socket.close(1001)
        return [event.kind for event in socket.tcp.recorder.transcript.events]

    assert with_socket(accepting(), scene).count("ws.close") == 1


async def ends_abruptly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    state.receive_data(await reader.readuntil(b"\r\n\r\n"))
    writer.write(state.send(frames.AcceptConnection()))
    await writer.drain()
    writer.close()


def test_an_end_without_a_close_frame_has_no_code_of_the_targets() -> None:
    (closed,) = with_socket(ends_abruptly, lambda socket: heard(socket, 1))
    assert closed is not None
    assert closed.kind == "ws.close"
    assert closed.data["code"] in {None, 1006}


@pytest.mark.parametrize(
    "bad",
    [
        b"\x83\x00",  # a reserved opcode
        b"\xc1\x01x",  # a reserved bit without an extension
        b"\x81\x02\xff\xfe",  # text that is no UTF-8
        b"\x89\x7e\x00\x80" + b"x" * 128,  # a control frame that is too long
    ],
)
def test_a_frame_outside_the_standard_is_a_close_with_a_reason(bad: bytes) -> None:
    (closed,) = with_socket(accepting(more=bad), lambda socket: heard(socket, 1))
    assert closed is not None
    assert closed.kind == "ws.close"
    assert closed.data["code"] is None
    assert closed.data["reason"]


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    state = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    state.receive_data(await reader.readuntil(b"\r\n\r\n"))
    writer.write(state.send(frames.AcceptConnection()))
    while True:
        part = frames.BytesMessage(data=b"x" * 65536, message_finished=False)
        writer.write(state.send(part))
        await writer.drain()


def test_an_endless_message_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MESSAGE_LIMIT", 300_000)
    (closed,) = with_socket(endless, lambda socket: heard(socket, 1))
    assert closed is not None
    assert closed.data["reason"] == "a message does not end within 300000 bytes"


def test_sending_to_one_who_has_gone_is_no_crash() -> None:
    async def scene(socket: WebSocket) -> None:
        await heard(socket, 1)
        await socket.send_text("anybody?")
        await socket.ping()
        await socket.close()
        socket.cut()

    with_socket(ends_abruptly, scene)


def test_a_refused_upgrade_is_an_ordinary_answer() -> None:
    async def conversation() -> None:
        async with serving(replying(REFUSED)) as url:
            socket, upgrade = await WebSocket.open(kit_world.recorder(), url, "/ws", tag="join")
            assert socket is None
            assert (upgrade.status, upgrade.request.tag) == (403, "join")

    talk(conversation())


async def hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (kit_world.silent, "no answer to the upgrade within 0.1 s"),
        (hangs_up, "the upgrade failed"),
        (replying(b"220 mail.invalid ESMTP\r\n\r\n"), "the upgrade failed"),
        (
            replying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
            "the upgrade failed",
        ),
    ],
    ids=["silence", "hang-up", "another protocol", "no accept key"],
)
def test_an_upgrade_that_comes_to_nothing_says_why(handler: Handler, why: str) -> None:
    async def conversation() -> None:
        async with serving(handler) as url:
            socket, upgrade = await WebSocket.open(kit_world.recorder(), url, "/", within=0.1)
            assert socket is None
            assert upgrade.failure.startswith(why)

    talk(conversation())


def test_a_dead_port_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        talk(WebSocket.open(kit_world.recorder(), kit_world.dead_url(), "/"))


def test_a_target_that_hangs_is_not_asked_to_upgrade() -> None:
    recorder = kit_world.recorder()
    recorder.transcript.unanswered = 5
    with pytest.raises(Unmet, match="so it was asked nothing more"):
        talk(WebSocket.open(recorder, kit_world.dead_url(), "/"))


def accepted(
    handle: Callable[[str], Coroutine[None, None, None]],
) -> tuple[WebSocket | None, Event | None]:
    """Be dialled by something, and return what became of it; a socket hears one message."""

    async def conversation() -> tuple[WebSocket | None, Event | None]:
        listener = await Listener.open(kit_world.recorder())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(handle(listener.address))
                tcp = await listener.accept(within=5.0)
                assert tcp is not None
                socket, request = await WebSocket.accept(tcp, tag="join", within=0.5)
                if socket is not None:
                    message = await socket.receive(within=5.0)
                    assert message is not None
                    await socket.send_text(f"heard {message.body.decode()}")
                    await socket.receive(within=5.0)
            return socket, request
        finally:
            listener.close()

    return talk(conversation())


def test_a_target_may_be_the_one_that_dials() -> None:
    async def dial(address: str) -> None:
        socket, answer = await WebSocket.open(
            kit_world.recorder(), f"http://{address}", "/ws/announce", headers=[("X-Own", "é")]
        )
        assert socket is not None, answer.shown()
        await socket.send_text("hello")
        message = await socket.receive(within=5.0)
        assert message is not None
        assert message.body == b"heard hello"
        await socket.close()

    socket, request = accepted(dial)
    assert socket is not None
    assert request is not None
    assert (request.direction, request.kind, request.tag) == ("<", "http.request", "join")
    assert request.data["target"] == "/ws/announce"
    assert socket.closed is not None
    assert socket.closed.data["code"] == 1000


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"what?\r\n\r\n", None]
)
def test_who_dials_and_asks_for_no_socket_gets_none(said: bytes | None) -> None:
    async def dial(address: str) -> None:
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        if said is not None:
            writer.write(said or b"GET /")
            if not said:
                writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    assert accepted(dial) == (None, None)
