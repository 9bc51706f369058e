"""Host, client and relay on real sockets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from reference.connectonion import ROLES, canonical
from reference.connectonion.host_settings import policy
from reference.connectonion.identity import Identity
from reference.role import ParameterError, SettingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from reference.role import Role

WITHIN = 20.0  # seconds; a test that gets here hangs
ME = Identity.of_seed(b"\x07" * 32)
SECONDS = itertools.count()


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(conversation, WITHIN))


@asynccontextmanager
async def running(name: str, *, store: str | None = None, **settings: Any) -> AsyncIterator[Role]:
    role = ROLES[name]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=store)
    try:
        yield role
    finally:
        await role.stop()


def envelope(who: Identity = ME, **payload: Any) -> dict[str, Any]:
    """Sign a payload; each has a time of its own, so that none is a repetition."""
    signed = {"timestamp": int(time.time()) - next(SECONDS) % 200, **payload}
    return {
        "payload": signed,
        "from": who.address,
        "signature": who.sign(canonical.escaped(signed)),
    }


@asynccontextmanager
async def visited(**settings: Any) -> AsyncIterator[tuple[Role, aiohttp.ClientSession]]:
    async with (
        running("host", **{"trust": "open", **settings}) as host,
        aiohttp.ClientSession(host.url) as client,
    ):
        yield host, client


def admin_of(host: Role) -> Identity:
    return Identity.of_seed(bytes.fromhex(host.facts["admin_key"]))


# HTTP


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/info", 200),
        ("GET", "/docs", 200),
        ("GET", "/sessions", 200),
        ("GET", "/sessions/none", 404),
        ("GET", "/", 404),
        ("PUT", "/input", 404),
        ("GET", "/health/", 404),
        ("OPTIONS", "/anything", 204),
        ("GET", "/admin/logs", 401),
        ("GET", "/admin/sessions", 401),
        ("GET", "/admin/trust/level/x", 401),
        ("POST", "/superadmin/add", 401),
        ("POST", "/trust/promote", 401),
    ],
)
def test_a_route_answers_and_lets_pages_of_others_read(method: str, path: str, status: int) -> None:
    async def conversation() -> None:
        async with visited() as (_, client), client.request(method, path) as answer:
            assert answer.status == status
            assert answer.headers["Access-Control-Allow-Origin"] == "*"

    talk(conversation())


def test_a_signed_prompt_is_answered_and_kept() -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            async with client.post("/input", json=envelope(prompt="hé")) as answer:
                told = await answer.json()
                assert list(told) == ["session_id", "status", "result", "duration_ms", "session"]
                assert (told["status"], told["result"]) == ("done", "echo:hé")
            async with client.get(f"/sessions/{told['session_id']}") as answer:
                record = await answer.json()
                assert (record["status"], record["result"]) == ("done", "echo:hé")

    talk(conversation())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (lambda: b"{", 400),
        (lambda: b"", 401),
        (lambda: b"[]", 401),
        (lambda: b"null", 401),
        (lambda: json.dumps({**envelope(prompt="x"), "signature": "00"}).encode(), 401),
        (lambda: json.dumps(envelope(prompt=5)).encode(), 400),
        (lambda: json.dumps(envelope(timestamp=10**400)).encode(), 401),
        (lambda: json.dumps(envelope(timestamp=-(10**400))).encode(), 401),
        (lambda: json.dumps({**envelope(prompt="x"), "session": "s"}).encode(), 400),
        (lambda: json.dumps({**envelope(prompt="x"), "session": {"session_id": 5}}).encode(), 400),
        (lambda: json.dumps(envelope(prompt="raise:no")).encode(), 500),
        (lambda: b"[" * 100_000, 400),
    ],
)
def test_what_is_no_good_prompt_is_refused_and_the_host_goes_on(
    body: Callable[[], bytes], status: int
) -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            async with client.post("/input", data=body()) as answer:
                assert answer.status == status
                assert "error" in await answer.json()
            async with client.get("/health") as answer:
                assert answer.status == 200

    talk(conversation())


def test_a_host_that_asks_for_proof_tells_owners_alone() -> None:
    def headers(who: Identity) -> dict[str, str]:
        now = time.time()
        signature = who.sign(canonical.escaped({"timestamp": now}))
        return {"X-From": who.address, "X-Signature": signature, "X-Timestamp": repr(now)}

    async def conversation() -> None:
        async with visited(open_sessions=False) as (_, client):
            session = {"session_id": "mine"}
            (
                await client.post("/input", json={**envelope(prompt="x"), "session": session})
            ).release()
            other = Identity.of_seed(b"\x09" * 32)
            for proof, status in ((headers(ME), 200), ({}, 401), (headers(other), 404)):
                async with client.get("/sessions/mine", headers=proof) as answer:
                    assert answer.status == status
            async with client.get("/sessions", headers=headers(other)) as answer:
                assert await answer.json() == {"sessions": []}

    talk(conversation())


def test_an_agent_may_return_what_is_no_text() -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            for prompt, status in (('json:{"a": [1]}', 200), ("json:{", 500)):
                async with client.post("/input", json=envelope(prompt=prompt)) as answer:
                    assert answer.status == status
            async with client.get("/sessions") as answer:
                results = [each["result"] for each in (await answer.json())["sessions"]]
                assert {"a": [1]} in results

    talk(conversation())


def test_admins_with_the_bearer_see_what_was_updated_last_first() -> None:
    async def conversation() -> None:
        async with visited(admin_token="secret") as (_, client):
            for prompt in ("one", "sleep:0.05", "two"):
                async with client.post("/input", json=envelope(prompt=prompt)) as answer:
                    assert answer.status == 200
            bearer = {"Authorization": "Bearer secret"}
            async with client.get("/admin/sessions", headers=bearer) as answer:
                listed = (await answer.json())["sessions"]
            assert [each["prompt"] for each in listed] == ["two", "sleep:0.05", "one"]
            async with client.get("/admin/sessions") as answer:
                assert answer.status == 401

    talk(conversation())


def test_a_long_prompt_keeps_nobody_waiting() -> None:
    async def conversation() -> None:
        async with visited() as (_, client):
            slow = asyncio.create_task(client.post("/input", json=envelope(prompt="sleep:1")))
            async with client.get("/health") as answer:
                assert answer.status == 200
            assert not slow.done()
            (await slow).release()

    talk(conversation())


def test_a_signature_is_good_for_one_deed() -> None:
    async def conversation() -> None:
        async with visited() as (host, client):
            said = envelope(admin_of(host), client_id=ME.address)
            for path, status in (("promote", 200), ("promote", 401), ("block", 401)):
                async with client.post(f"/admin/trust/{path}", json=said) as answer:
                    assert answer.status == status
            assert (await host.call("level", {"client_id": ME.address}))["level"] == "contact"

    talk(conversation())


def test_a_level_can_be_asked_for_by_headers() -> None:
    async def conversation() -> None:
        async with visited() as (host, client):
            admin, now = admin_of(host), int(time.time())
            text = canonical.escaped({"timestamp": float(now)})
            headers = {
                "X-From": admin.address,
                "X-Signature": admin.sign(text),
                "X-Timestamp": str(now),
            }
            async with client.get("/admin/trust/level/a%20b", headers=headers) as answer:
                assert await answer.json() == {"client_id": "a b", "level": "stranger"}
            bad = {**headers, "X-Timestamp": "soon"}
            async with client.get("/admin/trust/level/a", headers=bad) as answer:
                assert answer.status == 400

    talk(conversation())


@pytest.mark.parametrize(("enabled", "status"), [(True, 200), (False, 403)])
def test_the_fixed_routes_work_or_say_that_they_are_off(*, enabled: bool, status: int) -> None:
    async def conversation() -> None:
        async with visited(trust="careful", fixed_routes=enabled) as (_, client):
            said = envelope(invite_code="OpenOnion")
            async with client.post("/trust/verify/invite", json=said) as answer:
                assert answer.status == status
                told = await answer.json()
                assert told.get("level") == "contact" or "disabled" in told["error"]

    talk(conversation())


def test_results_survive_the_host(tmp_path: Path) -> None:
    async def conversation() -> None:
        store = str(tmp_path / "host.db")
        said = {**envelope(prompt="x"), "session": {"session_id": "kept"}}
        async with (
            running("host", store=store, trust="open") as host,
            aiohttp.ClientSession(host.url) as client,
            client.post("/input", json=said) as answer,
        ):
            assert answer.status == 200
        async with (
            running("host", store=store, trust="open") as host,
            aiohttp.ClientSession(host.url) as client,
            client.get("/sessions/kept") as answer,
        ):
            assert (await answer.json())["result"] == "echo:x"

    talk(conversation())


# WebSocket


async def frame(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await socket.receive_str())
    return told


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


# Settings and the driver


@pytest.mark.parametrize(
    ("trust", "name"), [("open", "open"), ("STRICT", "strict"), ("be kind", "custom")]
)
def test_a_policy_is_a_level_or_a_text(trust: str, name: str) -> None:
    assert policy(trust).name == name


def test_a_policy_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("---\ndefault: allow\n---\n")
    assert policy(str(file)).name == "mine.md"
    with pytest.raises(SettingError, match="line 2: 'magic' is not known"):
        policy("---\nmagic: 1\nfast_rules: []\n---\n")


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        ("careful", []),
        ("---\nallow: [whitelisted]\n---\n", []),
        (
            "---\nallow: [whitelist]\ndenny: [blocked]\n---\n",
            ["line 2: allow: 'whitelist' has no effect", "line 3: 'denny' has no effect"],
        ),
        (
            "/no/such/policy.md",
            [
                (
                    "'/no/such/policy.md' is no level and no file, and"
                    " has no rules between two lines of ---: nobody is admitted"
                )
            ],
        ),
    ],
    ids=["a level", "a policy", "words of no effect", "no such file"],
)
def test_what_a_policy_does_not_do_is_told(
    trust: str, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> None:
        async with running("host", trust=trust):
            pass

    talk(conversation())
    assert caplog.messages == [f"trust: {each}" for each in said]


def test_a_driver_puts_clients_where_it_wants_them() -> None:
    async def conversation() -> None:
        async with running("host") as host:
            for level in ("whitelist", "blocked", "contact", "stranger"):
                told = await host.call("seed_client", {"client_id": ME.address, "level": level})
                assert told == {"level": level}
            assert await host.call("set_admin", {"client_id": ME.address, "by_admin": "x"}) == {
                "is_admin": True
            }
            assert (await host.call("trail", {}))[-1]["by"] == "x"
            assert await host.call("remove_admin", {"client_id": ME.address}) == {"is_admin": False}
            await host.call("edit_list", {"roll": "blocklist", "text": "*\n"})
            assert (await host.call("level", {"client_id": "anybody"}))["level"] == "blocked"
            assert await host.call("agent_calls", {}) == {"calls": 0}
            await host.reset()
            assert (await host.call("level", {"client_id": "anybody"}))["level"] == "stranger"
            for method, params in (
                ("level", {}),
                ("seed_client", {"client_id": "a", "level": "king"}),
                ("set_admin", {"client_id": "a\nb"}),
                ("edit_list", {"roll": "x", "text": ""}),
            ):
                with pytest.raises(ParameterError):
                    await host.call(method, params)

    talk(conversation())


@pytest.mark.parametrize("settings", [{"key": "00"}, {"agent": "llm"}, {"colour": "red"}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    async def conversation() -> None:
        with pytest.raises(SettingError):
            async with running("host", **settings):
                pass

    talk(conversation())


# The client and the relay


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
