"""A host over WebSockets."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from co_world import ME, envelope, frame, talk, visited

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_run_streams_events_and_ends_with_its_output() -> None:
    async def conversation() -> None:
        async with visited() as (_, client), client.ws_connect("/ws") as socket:
            await socket.send_json({"type": "INPUT", **envelope(prompt="events")})
            kinds = [(await frame(socket))["type"] for _ in range(5)]
            assert kinds == ["thinking", "tool_call", "tool_result", "note", "OUTPUT"]

    talk(conversation())


def test_a_run_is_told_to_be_alive_and_hears_its_client() -> None:
    async def conversation() -> None:
        async with (
            visited(ping_interval=0.05) as (_, client),
            client.ws_connect("/ws") as socket,
        ):
            await socket.send_json({"type": "INPUT", **envelope(prompt="approve")})
            assert (await frame(socket))["type"] == "approval_needed"
            assert await frame(socket) == {"type": "PING"}
            await socket.send_json({"type": "PONG"})
            await socket.send_str("[]")
            await socket.send_json({"type": "x", "approved": True})
            while (told := await frame(socket))["type"] in {"PING", "ERROR"}:
                pass
            assert told["result"] == "approved:true"

    talk(conversation())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (lambda: "{", "Invalid JSON"),
        (lambda: "[]", "a frame is a JSON object"),
        (lambda: json.dumps({"type": "INPUT"}), "unauthorized: signed request required"),
        (lambda: json.dumps({"type": "INPUT", **envelope(prompt="")}), "prompt required"),
        (lambda: json.dumps({"type": "INPUT", **envelope(prompt="raise:boom")}), "boom"),
        (
            lambda: json.dumps({"type": "ADMIN_BLOCK", **envelope(client_id="a")}),
            "forbidden: admin only",
        ),
        (lambda: json.dumps({"type": "ADMIN_DANCE", **envelope()}), "forbidden: admin only"),
    ],
)
def test_a_bad_frame_is_an_error_and_the_socket_stays(
    said: Callable[[], str], message: str
) -> None:
    async def conversation() -> None:
        async with visited() as (_, client), client.ws_connect("/ws") as socket:
            await socket.send_str(said())
            assert await frame(socket) == {"type": "ERROR", "message": message}
            await socket.send_json({"type": "unknown"})
            await socket.send_bytes(b"\xff")
            await socket.send_json({"type": "INPUT", **envelope(prompt="after")})
            assert (await frame(socket))["result"] == "echo:after"

    talk(conversation())


def test_a_stranger_onboards_on_the_socket_and_asks_again() -> None:
    async def conversation() -> None:
        async with visited(trust="careful") as (host, client), client.ws_connect("/ws") as socket:
            said = {"type": "INPUT", **envelope(prompt="hi")}
            await socket.send_json(said)
            told = await frame(socket)
            assert (told["type"], told["identity"]) == ("ONBOARD_REQUIRED", ME.address)
            await socket.send_json({"type": "ONBOARD_SUBMIT", **envelope(invite_code="OpenOnion")})
            assert (await frame(socket))["type"] == "ONBOARD_SUCCESS"
            await socket.send_json(said)  # byte for byte
            assert (await frame(socket))["result"] == "echo:hi"
            trail = await host.call("trail", {})
            assert trail[-1]["operation"] == "promote_to_contact"

    talk(conversation())


def test_a_client_that_leaves_finds_its_result_later() -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            async with client.ws_connect("/ws") as socket:
                said = {"type": "INPUT", **envelope(prompt="recv")}
                await socket.send_json({**said, "session": {"session_id": "left"}})
            while True:
                async with client.get("/sessions/left") as answer:
                    record = await answer.json() if answer.status == 200 else {}
                if record.get("status") == "done":
                    assert record["result"] == "received:io_closed"
                    return
                await asyncio.sleep(0.01)

    talk(conversation())


def test_an_agent_that_waits_hears_that_its_client_broke_off() -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            socket = await client.ws_connect("/ws")
            session = {"session_id": "waits"}
            await socket.send_json({"type": "INPUT", **envelope(prompt="recv"), "session": session})
            await until_said(client, "waits", "running")
            transport = socket.get_extra_info("socket")
            transport.shutdown(2)
            assert await until_said(client, "waits", "done") == "received:io_closed"

    async def until_said(client: aiohttp.ClientSession, name: str, status: str) -> Any:
        while True:
            async with client.get(f"/sessions/{name}") as answer:
                record = await answer.json()
            if record.get("status") == status:
                return record["result"]

    talk(conversation())


def test_a_host_that_stops_says_so() -> None:
    async def conversation() -> None:
        async with visited() as (host, client), client.ws_connect("/ws") as socket:
            await host.stop()
            message = await socket.receive()
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1012)

    talk(conversation())
