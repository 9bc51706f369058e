from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import recorder, serving, talk

from conformance.kit.transcript import KEPT_BODY, Direction
from conformance.kit.wire.http import HttpClient

if TYPE_CHECKING:
    from kit_world import Handler

    from conformance.kit.transcript import Event, Recorder

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\n\r\n"


def saying(*pieces: bytes, stay: bool = False) -> Handler:
    """Return a handler that answers one request piece by piece, then goes or stays."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await kit_world.request_head(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if stay:
            await reader.read()
        writer.close()

    return handle


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def told(record: Recorder) -> list[tuple[str, str]]:
    return [(str(each.direction), each.kind) for each in record.transcript.events]


def last(record: Recorder) -> Event:
    return record.transcript.events[-1]


def heard(record: Recorder) -> bytes:
    return b"".join(e.body for e in record.transcript.events if e.kind == "http.chunk")


def test_a_stream_begins_with_its_head_and_ends_with_a_reason() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CHUNKED, chunk(b"one"), chunk(b"two"), b"0\r\n\r\n")) as url:
            stream, answer = await HttpClient(record, url).stream("GET", "/s", tag="a stream")
            assert stream is not None
            await stream.stopped.wait()
        assert answer.ok
        assert answer.reply.data["streaming"] is True
        assert told(record)[:2] == [(">", "http.request"), ("<", "http.response")]
        assert heard(record) == b"onetwo"
        assert stream.received == len(b"onetwo")
        assert last(record).data == {"to": answer.request.number, "why": "the body is complete"}
        assert {event.tag for event in record.transcript.events} == {"a stream"}

    talk(conversation())


def test_a_stream_without_a_length_ends_when_the_connection_does() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CLOSED, b"data")) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            await stream.stopped.wait()
        assert heard(record) == b"data"
        assert (last(record).kind, last(record).direction) == ("http.end", Direction.TARGET)

    talk(conversation())


def test_a_stream_that_breaks_off_says_so() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CHUNKED, b"9\r\nhalf")) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            await stream.stopped.wait()
        assert last(record).data["why"].startswith("not HTTP/1.1: ")

    talk(conversation())


def test_a_refusal_is_no_stream_but_a_whole_answer() -> None:
    async def conversation() -> None:
        record = recorder()
        refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
        async with serving(saying(refusal)) as url:
            stream, answer = await HttpClient(record, url).stream("GET", "/s")
        assert stream is None
        assert (answer.status, answer.body) == (401, b"no")
        assert "streaming" not in answer.reply.data

    talk(conversation())


def test_nobody_there_is_no_stream_and_a_reason() -> None:
    async def conversation() -> None:
        stream, answer = await HttpClient(recorder(), kit_world.dead_url()).stream("GET", "/s")
        assert stream is None
        assert "refused" in answer.failure.lower() or "connect" in answer.failure.lower()

    talk(conversation())


def test_a_head_that_does_not_come_is_no_stream() -> None:
    async def conversation() -> None:
        async with serving(saying(stay=True)) as url:
            stream, answer = await HttpClient(recorder(), url).stream("GET", "/s", within=0.05)
        assert stream is None
        assert answer.failure == "no complete answer within 0.05 s"

    talk(conversation())


def test_who_hangs_up_is_recorded_as_who_ended_it() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CHUNKED, stay=True)) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            await stream.hang_up()
            await stream.hang_up()
        assert (last(record).kind, last(record).direction) == ("http.end", Direction.KIT)
        assert [kind for _, kind in told(record)].count("http.end") == 1
        assert stream.stopped.is_set()

    talk(conversation())


def test_closing_the_client_lets_its_streams_go_unrecorded() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CHUNKED, stay=True)) as url:
            client = HttpClient(record, url)
            stream, _ = await client.stream("GET", "/s")
            assert stream is not None
            client.close()
            assert stream.stopped.is_set()
        assert "http.end" not in [kind for _, kind in told(record)]

    talk(conversation())


def test_a_piece_longer_than_a_record_keeps_is_recorded_in_parts() -> None:
    async def conversation() -> None:
        record = recorder()
        long = b"x" * (2 * KEPT_BODY + 1)
        async with serving(saying(CHUNKED, chunk(long), b"0\r\n\r\n")) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            await stream.stopped.wait()
        assert heard(record) == long

    talk(conversation())


def test_a_paused_reader_reads_on_when_it_resumes() -> None:
    async def conversation() -> None:
        record = recorder()
        release = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await kit_world.request_head(reader)
            writer.write(CHUNKED + chunk(b"one"))
            await release.wait()
            writer.write(chunk(b"two") + b"0\r\n\r\n")
            await reader.read()

        async with serving(handle) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            stream.pause()
            release.set()
            assert not stream.stopped.is_set()
            stream.resume()
            await stream.stopped.wait()
        assert heard(record) == b"onetwo"

    talk(conversation())


def test_an_endless_stream_is_let_go_at_its_limit() -> None:
    async def conversation() -> None:
        record = recorder()
        async with serving(saying(CHUNKED, *[chunk(b"x" * 100)] * 9, stay=True)) as url:
            stream, _ = await HttpClient(record, url).stream("GET", "/s")
            assert stream is not None
            stream.limit = 250
            await stream.stopped.wait()
        assert last(record).data["why"] == "the body does not end within 250 bytes"
        assert len(heard(record)) == 300

    talk(conversation())


@pytest.mark.parametrize("ask", [HttpClient.ask, HttpClient.stream])
def test_a_question_that_is_given_up_leaves_no_connection_behind(ask: Any) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await kit_world.request_head(reader)
        asked.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        gone.set()
        writer.close()

    async def conversation() -> None:
        async with serving(silent) as url:
            question = asyncio.create_task(ask(HttpClient(recorder(), url), "GET", "/s"))
            await asked.wait()
            question.cancel()
            await gone.wait()

    talk(conversation())
