from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import kit_world
import pytest
import wsproto.connection
from aiohttp import web
from kit_world import recorder, talk
from wsproto.events import TextMessage

from conformance.kit.transcript import Direction
from conformance.kit.wire.tap import Reply, Tap
from conformance.kit.wire.tap_sockets import whole_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.kit.transcript import Event, Recorder

PACKED = b"\x1f\x8b not really gzip \x00\xff"


class Upstream:
    """A server that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.left = asyncio.Event()
        self.reached = asyncio.Event()
        self.code: int | None = None
        self.more = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/slow", self.slow)
        app.router.add_get("/ws", self.socket)
        app.router.add_get("/stream", self.stream)
        app.router.add_route("*", "/{path:.*}", self.echo)
        return app

    async def echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append((request.method, request.raw_path, dict(request.headers), body))
        if request.path == "/redirect":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return web.Response(status=201, body=PACKED, headers={"X-Own": "yes", "ETag": "1"})

    async def slow(self, _request: web.Request) -> web.Response:
        self.reached.set()
        try:
            await asyncio.sleep(kit_world.WITHIN)
        finally:
            self.left.set()
        return web.Response()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Own": "s"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        try:
            await self.more.wait()
        finally:
            self.left.set()
        await response.write(b"data: 2\n\n")
        return response

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if "X-Token" not in request.headers:
            return web.Response(status=403, text="no token")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.data == "close":
                await socket.close(code=4001)
            elif isinstance(message.data, str):
                await socket.send_str(message.data.upper())
            else:
                await socket.send_bytes(message.data * 2)
        self.code = socket.close_code
        self.left.set()
        return socket


class Place:
    """A client before a tap before a server."""

    def __init__(self, upstream: Upstream, tap: Tap, client: aiohttp.ClientSession) -> None:
        self.upstream, self.tap, self.client = upstream, tap, client
        self.recorder: Recorder = recorder()

    @property
    def events(self) -> list[Event]:
        return self.recorder.transcript.events


@asynccontextmanager
async def place(*, target_is_client: bool = True, heard: bool = True) -> AsyncIterator[Place]:
    upstream = Upstream()
    runner = web.AppRunner(upstream.application(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    tap = Tap(f"http://{host}:{port}", target_is_client=target_is_client)
    await tap.start(host="127.0.0.1", port=0)
    async with aiohttp.ClientSession(tap.url) as client:
        found = Place(upstream, tap, client)
        if heard:
            tap.hear(found.recorder)
        try:
            yield found
        finally:
            await tap.close()
            await runner.cleanup()


def test_a_message_passes_unchanged_both_ways() -> None:
    async def conversation() -> None:
        async with place() as here:
            headers = {"X-Mine": "a", "Content-Type": "application/x"}
            async with here.client.put("/a%2Fb?c=%20d", data=PACKED, headers=headers) as answer:
                assert (answer.status, await answer.read()) == (201, PACKED)
                assert (answer.headers["X-Own"], answer.headers["ETag"]) == ("yes", "1")
            ((method, target, told, body),) = here.upstream.asked
            assert (method, target, body) == ("PUT", "/a%2Fb?c=%20d", PACKED)
            assert (told["X-Mine"], told["Content-Type"]) == ("a", "application/x")

    talk(conversation())


@pytest.mark.parametrize(
    ("target_is_client", "first", "second"),
    [(True, Direction.TARGET, Direction.KIT), (False, Direction.KIT, Direction.TARGET)],
)
def test_both_sides_are_recorded_with_who_is_judged(
    *, target_is_client: bool, first: Direction, second: Direction
) -> None:
    async def conversation() -> None:
        async with place(target_is_client=target_is_client) as here:
            async with here.client.post("/x", data=b"hi"):
                pass
            request, response = here.events
            assert (request.direction, request.kind, request.body) == (first, "http.request", b"hi")
            assert (request.data["method"], request.data["target"]) == ("POST", "/x")
            assert (response.direction, response.kind) == (second, "http.response")
            assert (response.data["to"], response.data["status"]) == (request.number, 201)
            assert response.body == PACKED
            assert request.connection == response.connection

    talk(conversation())


def test_a_redirection_is_not_followed() -> None:
    async def conversation() -> None:
        async with (
            place() as here,
            here.client.get("/redirect", allow_redirects=False) as answer,
        ):
            assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")
            assert len(here.upstream.asked) == 1

    talk(conversation())


def test_the_next_fitting_request_is_answered_in_the_servers_place_and_only_that() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda asked: asked.path == "/b", Reply(418, {"X": "y"}, b"tea"))
            statuses = []
            for path in ("/a?q", "/b?q", "/b?q"):
                async with here.client.get(path) as answer:
                    statuses.append(answer.status)
            assert statuses == [201, 418, 201]
            assert [target for _, target, _, _ in here.upstream.asked] == ["/a?q", "/b?q"]
            assert here.events[3].body == b"tea"

    talk(conversation())


def test_a_cut_breaks_the_connection_and_is_recorded() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(cut=True))
            with pytest.raises(aiohttp.ClientError):
                await here.client.post("/x")
            assert [event.kind for event in here.events] == ["http.request", "http.failure"]
            assert here.upstream.asked == []

    talk(conversation())


def test_requests_wait_until_somebody_listens() -> None:
    async def conversation() -> None:
        async with place(heard=False) as here:
            request = asyncio.create_task(here.client.get("/x"))
            await here.tap.dialled.wait()
            assert not request.done()
            assert here.upstream.asked == []
            here.tap.hear(here.recorder)
            (await request).release()
            assert len(here.events) == 2

    talk(conversation())


def test_between_two_conversations_requests_wait_for_the_second() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.pause()
            here.tap.dialled.clear()
            request = asyncio.create_task(here.client.get("/x"))
            await here.tap.dialled.wait()
            assert here.events == []
            second = recorder("toy.second")
            here.tap.hear(second)
            (await request).release()
            assert here.events == []
            assert {event.scenario for event in second.transcript.events} == {"toy.second"}

    talk(conversation())


def test_what_was_to_be_answered_does_not_outlive_its_conversation() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(418))
            here.tap.pause()
            here.tap.hear(here.recorder)
            async with here.client.get("/x") as answer:
                assert answer.status == 201

    talk(conversation())


def test_a_client_that_hangs_up_hangs_up_on_the_server_too() -> None:
    async def conversation() -> None:
        async with place() as here:
            request = asyncio.create_task(here.client.get("/slow"))
            await here.upstream.reached.wait()
            request.cancel()
            await here.upstream.left.wait()
            assert [event.kind for event in here.events] == ["http.request", "http.failure"]
            assert here.events[1].data["why"] == "the client hung up"

    talk(conversation())


def test_a_server_that_is_gone_is_a_502_that_says_so() -> None:
    async def conversation() -> None:
        tap = Tap(kit_world.dead_url(), target_is_client=True)
        tap.hear(recorder())
        await tap.start(host="127.0.0.1", port=0)
        async with aiohttp.ClientSession(tap.url) as client, client.get("/x") as answer:
            assert answer.status == 502
            assert (await answer.text()).startswith("behind the tap: ")
        await tap.close()

    talk(conversation())


def test_frames_pass_both_ways_and_are_recorded() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.ws_connect("/ws", headers={"X-Token": "t"}) as socket:
                await socket.send_str("hello")
                assert await socket.receive_str() == "HELLO"
                await socket.send_bytes(b"\x00")
                assert await socket.receive_bytes() == b"\x00\x00"
            await here.upstream.left.wait()
            frames = [event for event in here.events if event.kind == "ws.message"]
            assert [(each.direction, each.body, each.data["text"]) for each in frames] == [
                (Direction.TARGET, b"hello", True),
                (Direction.KIT, b"HELLO", True),
                (Direction.TARGET, b"\x00", False),
                (Direction.KIT, b"\x00\x00", False),
            ]
            assert here.events[1].data["status"] == 101

    talk(conversation())


def test_a_close_passes_with_its_code() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.ws_connect("/ws", headers={"X-Token": "t"}) as socket:
                await socket.send_str("close")
                message = await socket.receive()
                assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4001)
            closes: list[Any] = [event for event in here.events if event.kind == "ws.close"]
            assert (closes[0].direction, closes[0].data["code"]) == (Direction.KIT, 4001)

    talk(conversation())


def test_a_refused_upgrade_passes_with_its_status() -> None:
    async def conversation() -> None:
        async with place() as here:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await here.client.ws_connect("/ws")
            assert refusal.value.status == 403
            assert here.events[1].data["status"] == 403

    talk(conversation())


def test_an_address_that_is_taken_is_an_os_error() -> None:
    async def conversation() -> None:
        async with place() as here:
            port = int(here.tap.url.rpartition(":")[2])
            second = Tap("http://127.0.0.1:9", target_is_client=True)
            with pytest.raises(OSError, match="in use"):
                await second.start(host="127.0.0.1", port=port)
            await second.close()

    talk(conversation())


def test_a_tap_that_nobody_heard_has_no_record() -> None:
    with pytest.raises(RuntimeError):
        _ = Tap("http://127.0.0.1:9", target_is_client=True).recorder


# Faults


def test_an_answer_may_come_late() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(None, after=0.05))
            begun = asyncio.get_running_loop().time()
            async with here.client.get("/x") as answer:
                assert answer.status == 201
            assert asyncio.get_running_loop().time() - begun >= 0.05

    talk(conversation())


def test_a_silent_tap_waits_until_the_client_hangs_up() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(silent=True))
            with pytest.raises(TimeoutError):
                await here.client.get("/x", timeout=aiohttp.ClientTimeout(total=0.05))
            event = await until(here, "http.failure")
            assert event.data["why"] == "the client hung up"
            assert here.upstream.asked == []

    talk(conversation())


def test_an_unheard_answer_was_given_all_the_same() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(None, unheard=True))
            with pytest.raises(aiohttp.ClientError):
                await here.client.post("/x")
            assert len(here.upstream.asked) == 1
            assert here.events[-1].data["why"] == "the answer was lost"

    talk(conversation())


def test_an_answer_may_stop_in_its_middle() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(200, body=b"0123456789", stop_after=4))
            async with here.client.get("/x") as answer:
                assert answer.content_length == 10
                with pytest.raises(aiohttp.ClientPayloadError):
                    await answer.read()
            assert here.events[-1].data["why"] == "cut after 4 bytes of the body"

    talk(conversation())


def test_a_rule_may_stand_for_every_request() -> None:
    async def conversation() -> None:
        async with place() as here:
            rule = here.tap.answer(lambda asked: asked.path == "/b", Reply(503))
            statuses = []
            for path in ("/b", "/a", "/b"):
                async with here.client.get(path) as answer:
                    statuses.append(answer.status)
            assert statuses == [503, 201, 503]
            assert rule.used == 2

    talk(conversation())


def test_a_deaf_tap_refuses_connections_and_listens_again_afterwards() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.get("/x"):
                pass
            async with here.tap.deaf():
                with pytest.raises(aiohttp.ClientConnectionError):
                    await here.client.get("/x")
            async with here.client.get("/x") as answer:
                assert answer.status == 201
            assert [event.tag for event in here.events if event.kind == "note"] == [
                "connections are refused",
                "connections are accepted again",
            ]

    talk(conversation())


def test_a_deaf_tap_does_not_hear_a_connection_that_was_open_but_had_not_asked() -> None:
    async def conversation() -> None:
        async with place() as here:
            host, port = here.tap.url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            await asyncio.sleep(0.05)  # for the tap to accept it
            async with here.tap.deaf():
                writer.write(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.transport.abort()
            assert [event for event in here.events if event.kind == "http.request"] == []

    talk(conversation())


# Streams


async def until(here: Place, kind: str) -> Event:
    while True:
        for event in here.events:
            if event.kind == kind:
                return event
        await asyncio.sleep(0.005)


def test_an_event_stream_passes_piece_by_piece() -> None:
    async def conversation() -> None:
        async with place() as here, here.client.get("/stream") as answer:
            assert answer.headers["X-Own"] == "s"
            assert await answer.content.readany() == b"data: 1\n\n"
            here.upstream.more.set()
            assert await answer.content.read() == b"data: 2\n\n"
            kinds = [event.kind for event in here.events]
            assert kinds == ["http.request", "http.response", *["http.chunk"] * 2, "http.end"]
            assert here.events[1].data["streaming"] is True
            assert [e.direction for e in here.events[1:]] == [Direction.KIT] * 4
            assert here.tap.streams == ()

    talk(conversation())


def test_the_kit_may_write_into_a_stream_end_it_or_cut_it() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.get("/stream") as answer:
                await answer.content.readany()
                (stream,) = here.tap.streams
                stream.write(b"data: mine\n\n")
                assert await answer.content.readany() == b"data: mine\n\n"
                stream.end()
                stream.end()
                assert await answer.content.read() == b""
            await here.upstream.left.wait()
            async with here.client.get("/stream") as answer:
                await answer.content.readany()
                here.tap.streams[0].cut()
                with pytest.raises(aiohttp.ClientError):
                    await answer.content.read()
            async with here.client.get("/stream") as answer:
                await answer.content.readany()
                (stream,) = here.tap.streams
                stream.break_off()
                stream.break_off()
                with pytest.raises(aiohttp.ClientPayloadError):
                    await answer.content.read()
            ends = [event.data["why"] for event in here.events if event.kind == "http.end"]
            assert ends == ["the answer is complete", "cut", "closed in the middle of a chunk"]

    talk(conversation())


@pytest.mark.parametrize("chunked", [True, False])
def test_a_stream_may_be_the_kits_own(*, chunked: bool) -> None:
    async def conversation() -> None:
        async with place() as here:
            reply = Reply(200, {"X": "y"}, b"first", streaming=True, chunked=chunked)
            here.tap.answer_next(lambda _: True, reply)
            async with here.client.get("/own") as answer:
                assert (answer.status, answer.headers["X"]) == (200, "y")
                assert ("Transfer-Encoding" in answer.headers) is chunked
                assert await answer.content.readany() == b"first"
                await here.tap.streams[0].write_apart(b"a", b"", b"b")
                here.tap.streams[0].end()
                assert await answer.content.read() == b"ab"
            assert here.upstream.asked == []

    talk(conversation())


def test_a_client_that_leaves_a_stream_is_who_ended_it() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.get("/stream") as answer:
                await answer.content.readany()
            await here.upstream.left.wait()
            event = await until(here, "http.end")
            assert (event.direction, event.data["why"]) == (
                Direction.TARGET,
                "the client hung up",
            )
            assert here.tap.streams == ()

    talk(conversation())


def test_the_end_of_a_conversation_ends_its_streams() -> None:
    async def conversation() -> None:
        async with place() as here, here.client.get("/stream") as answer:
            await answer.content.readany()
            here.tap.pause()
            assert await answer.content.read() == b""

    talk(conversation())


# WebSockets


def test_the_kit_may_speak_on_a_socket_and_close_it() -> None:
    async def conversation() -> None:
        async with place() as here:
            async with here.client.ws_connect("/ws", headers={"X-Token": "t"}) as socket:
                (mine,) = here.tap.sockets
                await mine.say("a word", tag="odd")
                assert await socket.receive_str() == "a word"
                await mine.say(b"\xff")
                assert await socket.receive_bytes() == b"\xff"
                await mine.close(4002)
                message = await socket.receive()
                assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4002)
            said = [e for e in here.events if e.kind == "ws.message"]
            assert [(e.direction, e.tag) for e in said] == [
                (Direction.KIT, "odd"),
                (Direction.KIT, ""),
            ]

    talk(conversation())


def test_the_kit_may_cut_a_socket() -> None:
    async def conversation() -> None:
        async with (
            place() as here,
            here.client.ws_connect("/ws", headers={"X-Token": "t"}) as socket,
        ):
            here.tap.sockets[0].cut()
            message = await socket.receive()
            assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    talk(conversation())


def test_the_kit_may_take_a_socket_in_the_servers_place() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda asked: asked.path == "/nowhere", Reply(101))
            async with here.client.ws_connect("/nowhere", autoping=False) as socket:
                await socket.send_str("a word")
                await socket.send_bytes(b"\xff")
                await socket.ping(b"?")
                assert (await socket.receive()).type is aiohttp.WSMsgType.PONG
                (mine,) = here.tap.sockets
                await mine.say("another")
                assert await socket.receive_str() == "another"
                await socket.close(code=4003)
            closed = await until(here, "ws.close")
            assert (closed.direction, closed.data["code"]) == (Direction.TARGET, 4003)
            heard = [e.body for e in here.events if e.direction is Direction.TARGET]
            assert heard == [b"", b"a word", b"\xff", b""]
            assert here.upstream.asked == []

    talk(conversation())


@pytest.mark.parametrize("length", [5, 200, 70_000])
def test_a_frame_may_end_in_its_middle(length: int) -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(101))
            async with here.client.ws_connect("/ws") as socket:
                (mine,) = here.tap.sockets
                await mine.say("x" * length)
                assert await socket.receive_str() == "x" * length
                mine.say_part("x" * length, length)  # its head is longer than nothing
                message = await socket.receive()
                assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
            assert (await until(here, "tcp.bytes")).body[-1:] == b"x"

    talk(conversation())


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_of_any_length_is_one_that_a_client_reads(length: int) -> None:
    connection = wsproto.connection.Connection(wsproto.connection.ConnectionType.CLIENT)
    connection.receive_data(whole_frame(b"x" * length))
    text = "".join(each.data for each in connection.events() if isinstance(each, TextMessage))
    assert text == "x" * length


def test_the_end_of_a_conversation_cuts_the_sockets_that_the_kit_took() -> None:
    async def conversation() -> None:
        async with place() as here:
            here.tap.answer_next(lambda _: True, Reply(101))
            async with here.client.ws_connect("/ws") as socket:
                here.tap.pause()
                message = await socket.receive()
                assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
            assert (await until(here, "ws.close")).data["code"] is None
            assert not [e for e in here.events if e.kind == "http.failure"]

    talk(conversation())
