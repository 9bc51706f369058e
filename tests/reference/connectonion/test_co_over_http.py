"""A host over HTTP, and what it can be started and driven with."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from co_world import ME, admin_of, envelope, running, talk, visited

from reference.connectonion import canonical
from reference.connectonion.host_settings import policy
from reference.connectonion.identity import Identity
from reference.role import ParameterError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
