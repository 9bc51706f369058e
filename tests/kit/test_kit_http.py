from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import OK, replying, request_head, serving, talk

from conformance.kit.verdict import Unmet
from conformance.kit.wire import exchange, http
from conformance.kit.wire.http import HttpClient

if TYPE_CHECKING:
    from kit_world import Handler

    from conformance.kit.wire.exchange import Answer

NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
)


def asking(handler: Handler, *methods: str, **options: Any) -> list[Answer]:
    """Ask a server once for every method, over one client."""

    async def conversation() -> list[Answer]:
        async with serving(handler) as url:
            client = HttpClient(kit_world.recorder(), url)
            found = [await client.ask(method, "/path", **options) for method in methods]
            client.close()
            return found

    return talk(conversation())


def asked(handler: Handler, **options: Any) -> Answer:
    return asking(handler, "GET", **options)[0]


def test_a_plain_answer_comes_with_status_headers_and_body() -> None:
    answer = asked(replying(OK))
    assert (answer.status, answer.body, answer.header("content-length")) == (
        200,
        b'{"ok":true}',
        "11",
    )


def test_chunks_are_put_together() -> None:
    assert asked(replying(CHUNKED)).body == b"abcde"


def test_an_answer_that_ends_with_the_connection_is_whole() -> None:
    reply = b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
    assert asked(replying(reply, hang_up=True)).body == b"until the end"


def test_head_and_204_have_no_body_and_the_connection_lives_on() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    answers = asking(replying(head, NOTHING, OK), "HEAD", "GET", "GET")
    assert [(each.status, each.body) for each in answers] == [
        (200, b""),
        (204, b""),
        (200, b'{"ok":true}'),
    ]
    assert {each.request.connection for each in answers} == {"c1"}


def test_an_informational_answer_is_not_the_answer() -> None:
    assert asked(replying(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)).status == 200


@pytest.mark.parametrize(
    "reply",
    [
        OK.replace(b"\r\nContent", b"\r\nConnection: close\r\nContent"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + OK,  # the second was not asked for, and must not be taken for the next answer
    ],
)
def test_a_connection_that_cannot_be_used_again_is_not(reply: bytes) -> None:
    answers = asking(replying(reply), "GET", "GET")
    assert [each.status for each in answers] == [200, 200]
    assert [each.request.connection for each in answers] == ["c1", "c2"]


def test_a_request_goes_out_as_given() -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await request_head(reader))
        writer.write(OK)

    answer = asked(handle, headers=[("Host", "other"), ("X-Name", "grün")], body=b"12345")
    head = heads[0].decode()
    assert head.startswith("GET /path HTTP/1.1\r\n")
    assert head.count("Host:") == 1
    assert "Host: other\r\n" in head
    assert "X-Name: grün\r\n" in head
    assert "Content-Length: 5\r\n" in head
    assert answer.request.body == b"12345"
    assert ["X-Name", "grün"] in answer.request.data["headers"]


async def stops_in_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()
    writer.close()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.transport.abort()


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (hangs_up, "the connection was closed before an answer"),
        (stops_in_the_head, "the connection was closed before an answer"),
        (resets, "the connection was closed before an answer"),
        (replying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "not an HTTP/1.1 answer"),
        (replying(b"\x00\xff" * 600 + b"\r\n\r\n"), "not an HTTP/1.1 answer"),
        (replying(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "not an HTTP/1.1 answer"),
        (replying(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), "not an HTTP/1.1 answer"),
        (replying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000), "not an HTTP/1.1 answer"),
        (
            replying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", hang_up=True),
            "not an HTTP/1.1 answer",
        ),
        (
            replying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
            "not an HTTP/1.1 answer",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_no_answer_is_a_failure_that_says_why(handler: Handler, why: str) -> None:
    answer = asked(handler)
    assert answer.status is None
    assert answer.reply.kind == "http.failure"
    assert why in answer.failure or "the connection broke" in answer.failure


def test_after_a_failure_the_next_request_takes_a_fresh_connection() -> None:
    answers = asking(replying(b"nonsense\r\n\r\n"), "GET", "GET")
    assert [each.request.connection for each in answers] == ["c1", "c2"]


def test_an_endless_body_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_LIMIT", 200_000)
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    assert asked(endless).failure == "the body does not end within 200000 bytes"
    assert sent < 50_000_000  # what the operating system's buffers take, and not what there is


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def endless_hints(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()


@pytest.mark.parametrize("handler", [kit_world.silent, drip, endless_hints])
def test_a_target_that_does_not_come_to_an_end_is_bounded_by_time(handler: Handler) -> None:
    assert asked(handler, within=0.1).failure == "no complete answer within 0.1 s"


async def answers_unread(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


def test_an_answer_before_the_request_was_read_is_an_answer_or_a_break() -> None:
    answer = asked(answers_unread, body=b"x" * 4_000_000)
    assert answer.status == 413 or "the connection broke" in answer.failure


async def never_reads(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def test_a_target_that_never_reads_is_bounded_by_time() -> None:
    answer = asked(never_reads, body=b"x" * 20_000_000, within=0.1)
    assert answer.failure == "no complete answer within 0.1 s"


def test_nothing_there_is_a_failure_without_a_connection() -> None:
    async def conversation() -> Answer:
        client = HttpClient(kit_world.recorder(), kit_world.dead_url())
        return await client.ask("GET", "/", tag="hello")

    answer = talk(conversation())
    assert (answer.status, answer.request.connection, answer.request.tag) == (None, "", "hello")


def test_a_cut_connection_fails_the_answer_that_was_under_way() -> None:
    async def conversation() -> Answer:
        async with serving(kit_world.silent) as url:
            connection = await HttpClient(kit_world.recorder(), url).connect()
            request = await connection.send("GET", "/")
            connection.cut()
            return await connection.receive(request, within=5)

    assert talk(conversation()).status is None


# A target that hangs


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hundredth of a second count as a long wait."""
    monkeypatch.setattr(exchange, "LONG_WAIT", 0.01)


@pytest.mark.usefixtures("impatient")
def test_a_target_that_never_answers_is_not_asked_for_ever() -> None:
    with pytest.raises(Unmet, match="left 5 requests in a row without an answer"):
        asking(kit_world.silent, *["GET"] * 6, within=0.01)


@pytest.mark.usefixtures("impatient")
def test_five_questions_are_not_too_many() -> None:
    answers = asking(kit_world.silent, *["GET"] * 5, within=0.01)
    assert {each.failure for each in answers} == {"no complete answer within 0.01 s"}


def test_short_waits_do_not_count() -> None:
    assert len(asking(kit_world.silent, *["GET"] * 7, within=0.01)) == 7


@pytest.mark.usefixtures("impatient")
def test_one_answer_keeps_a_target_alive() -> None:
    calls = 0

    async def now_and_then(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await (replying(OK, hang_up=True) if calls % 5 == 0 else kit_world.silent)(reader, writer)

    answers = asking(now_and_then, *["GET"] * 12, within=0.05)
    assert [each.status for each in answers].count(200) == 2


def test_refusals_and_nonsense_are_no_silence() -> None:
    assert len(asking(replying(b"nonsense\r\n\r\n"), *["GET"] * 7)) == 7
