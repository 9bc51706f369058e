"""Host, client and relay on real sockets, with each other."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from co_world import ME, envelope, running, talk, visited

from reference.connectonion import canonical
from reference.role import ParameterError, SettingError

if TYPE_CHECKING:
    from reference.role import Role


def test_a_client_onboards_asks_answers_and_goes_on_with_its_session() -> None:
    async def conversation() -> None:
        async with (
            running("host") as host,
            running("client", connect=f"{host.url}/", invite_code="OpenOnion") as client,
        ):
            first = await client.call("ask", {"prompt": "hé"})
            assert (first["done"], first["result"]) == (True, "echo:hé")
            asked = await client.call("ask", {"prompt": "ask:why"})
            assert (asked["done"], asked["asked"]["text"]) == (False, "why")
            told = await client.call("answer", {"answer": "so"})
            assert told["result"] == "answer:so"
            assert told["session_id"] == first["session_id"]
            approved = await client.call("ask", {"prompt": "approve"})
            assert approved["done"] is False
            assert (await client.call("answer", {"approved": True}))["result"] == "approved:true"
            assert (await client.call("ask", {"prompt": "raise:no"}))["error"] == "no"
            await client.reset()
            with pytest.raises(ParameterError):
                await client.call("ask", {"prompt": 5})

    talk(conversation())


def test_a_client_recovers_what_another_life_of_it_asked() -> None:
    async def conversation() -> None:
        async with running("host", trust="open") as host:
            async with running("client", connect=host.url) as client:
                begun = await client.call("ask", {"prompt": "sleep:0.3", "wait": False})
                await asyncio.sleep(0.1)  # the prompt is on its way
            async with running("client", connect=host.url, poll_interval=0.1) as client:
                told = await client.call("recover", {"session_id": begun["session_id"]})
                assert told["result"] == "slept"

    talk(conversation())


def test_a_client_without_a_host_gives_up_in_the_end() -> None:
    async def conversation() -> None:
        async with running(
            "client", connect="http://127.0.0.1:9", poll_interval=0.01, poll_attempts=2
        ) as client:
            told = await client.call("ask", {"prompt": "hi"})
            assert "polling brought no result" in told["error"]
        with pytest.raises(SettingError, match="connect"):
            async with running("client"):
                pass

    talk(conversation())


def test_a_client_that_nobody_drives_asks_once_or_again_and_again() -> None:
    async def conversation() -> None:
        async with visited() as (host, http):
            habits: list[tuple[dict[str, Any], int]] = [({}, 1), ({"every": 0.01}, 3)]
            for again, runs in habits:
                begun: set[float] = set()
                async with running("client", connect=host.url, prompt="hi", **again):
                    while len(begun) < runs:
                        async with http.get("/sessions") as answer:
                            begun |= {each["created"] for each in (await answer.json())["sessions"]}

    talk(conversation())


def test_a_host_that_says_what_is_no_websocket_is_asked_for_its_record() -> None:
    async def conversation() -> None:
        async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            said = await reader.readuntil(b"\r\n\r\n")
            if said.startswith(b"GET /ws "):
                key = said.lower().partition(b"sec-websocket-key: ")[2].partition(b"\r")[0]
                writer.write(_accepting(said[said.lower().index(key) :].partition(b"\r")[0]))
                await reader.read(65536)
                writer.write(b"\xff\xff\xff")
            else:
                body = b'{"status": "done", "result": "r"}'
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(garbage, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, running("client", connect=f"http://127.0.0.1:{port}") as client:
            assert (await client.call("ask", {"prompt": "hi"}))["result"] == "r"

    talk(conversation())


def _accepting(key: bytes) -> bytes:
    """Accept a WebSocket (RFC 6455, 4.2.2)."""
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    told = base64.b64encode(digest).decode()
    return f"{head}Sec-WebSocket-Accept: {told}\r\n\r\n".encode()


def test_a_relay_forgets_an_agent_that_falls_silent() -> None:
    async def conversation() -> None:
        async with (
            running("relay", forgotten_after=0.2) as relay,
            running("host", relay_url=relay.url, relay_heartbeat=60.0) as host,
        ):
            address = {"address": host.facts["address"]}
            for online in (True, False):
                while (await relay.call("lookup", address))["online"] is not online:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await relay.reset()

    talk(conversation())


def test_a_relay_forgets_an_agent_that_broke_off() -> None:
    async def conversation() -> None:
        async with running("relay") as relay, aiohttp.ClientSession(relay.url) as client:
            socket = await client.ws_connect("/ws/announce")
            told = {"type": "ANNOUNCE", "address": ME.address, "timestamp": int(time.time())}
            frame = {**told, "summary": "s", "endpoints": []}
            await socket.send_json({**frame, "signature": ME.sign(canonical.announcement(frame))})
            await until_online(relay, online=True)
            socket.get_extra_info("socket").shutdown(2)
            await until_online(relay, online=False)

    async def until_online(relay: Role, *, online: bool) -> None:
        while True:
            if (await relay.call("lookup", {"address": ME.address}))["online"] is online:
                return
            await asyncio.sleep(0.01)

    talk(conversation())


def test_a_host_is_reached_through_a_relay_by_the_same_policy() -> None:
    async def conversation() -> None:
        async with (
            running("relay") as relay,
            running("host", relay_url=relay.url.replace("http", "ws")) as host,
        ):
            address = host.facts["address"]
            while not (  # noqa: ASYNC110  (nothing announces it)
                await relay.call("lookup", {"address": address})
            )["online"]:
                await asyncio.sleep(0.01)
            async with running(
                "client", connect=relay.url, to=address, invite_code="OpenOnion"
            ) as client:
                assert (await client.call("ask", {"prompt": "hi"}))["result"] == "echo:hi"
                await client.call("ask", {"prompt": "events"})
                assert "thinking" in {e.get("type") for e in await client.call("events", {})}
            async with running("client", connect=relay.url, to=address) as stranger:
                assert "onboarding" in (await stranger.call("ask", {"prompt": "x"}))["error"]

    talk(conversation())


@pytest.mark.parametrize(("agent", "status"), [("cautious", 403), ("yes", 200), ("broken", 403)])
def test_a_host_has_the_second_tier_that_it_is_started_with(agent: str, status: int) -> None:
    async def conversation() -> None:
        async with (
            visited(trust="careful", agent=agent) as (host, client),
            client.post("/input", json=envelope(prompt="x")) as answer,
        ):
            assert answer.status == status
            assert await host.call("agent_calls", {}) == {"calls": 1}

    talk(conversation())
