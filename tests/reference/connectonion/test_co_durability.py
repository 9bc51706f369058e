"""What a reference host has told anybody survives the sudden death of its process."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import pytest

from reference.connectonion import canonical
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SERVE = """
import asyncio
from reference.connectonion import REVISION, ROLES
from reference.driver import serve_stdio
asyncio.run(serve_stdio(ROLES, protocol="connectonion", revision=REVISION))
"""
SECONDS = 30
ME, ADMIN = Identity.of_seed(b"\x07" * 32), Identity.of_seed(b"\x09" * 32)
SETTINGS = {"key": "05" * 32, "admin_key": "09" * 32}


class Life:
    """One process of a host on a store, from start to SIGKILL, and how to talk to it."""

    def __init__(self, store: Path, **settings: Any) -> None:
        self._params = {"role": "host", "store": str(store), "set": {**SETTINGS, **settings}}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._session = aiohttp.ClientSession((await self.call("start", self._params))["url"])
        return self

    async def call(self, method: str, params: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"id": 1, "method": method, "params": params}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        assert "result" in answer, answer
        return answer["result"]

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()
        await self._session.close()

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with self._session.post(path, json=body) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, Any]:
        async with self._session.get(path) as answer:
            return answer.status, await answer.json()


def envelope(who: Identity = ME, **payload: Any) -> dict[str, Any]:
    signed = {"timestamp": int(time.time()), **payload}
    signature = who.sign(canonical.escaped(signed))
    return {"payload": signed, "from": who.address, "signature": signature}


def live_twice(
    store: Path,
    first: Callable[[Life], Awaitable[Any]],
    second: Callable[[Life, Any], Awaitable[None]],
) -> None:
    """Play one part, kill the process, play the other with what the first had returned."""

    async def run() -> None:
        async with asyncio.timeout(SECONDS):
            async with Life(store) as life:
                seen = await first(life)
            async with Life(store) as life:
                await second(life, seen)

    asyncio.run(run())


@pytest.mark.parametrize("result", ['{"a": [1e400, "\\ud800", 1208925819614629174706176]}', '"é"'])
def test_results_survive_whatever_they_are(tmp_path: Path, result: str) -> None:
    async def first(life: Life) -> Any:
        said = envelope(prompt=f"json:{result}", invite_code="OpenOnion")
        status, told = await life.post("/input", {**said, "session": {"session_id": "s"}})
        assert status == 200
        return told["result"]

    async def second(life: Life, told: Any) -> None:
        record = (await life.get("/sessions/s"))[1]
        assert (record["status"], record["result"]) == ("done", told)

    live_twice(tmp_path / "store", first, second)


def test_who_has_come_in_is_in_and_the_trail_says_how(tmp_path: Path) -> None:
    odd = "\ud800 odd"

    async def first(life: Life) -> Any:
        assert (await life.post("/input", envelope(prompt="x", invite_code="OpenOnion")))[0] == 200
        order = envelope(ADMIN, client_id=odd, reason="\udfff")
        assert (await life.post("/admin/trust/block", order))[0] == 200
        await life.call("set_admin", {"client_id": "0xadmin", "by_admin": "0xby"})
        return await life.call("trail", {})

    async def second(life: Life, trail: Any) -> None:
        for client, level in ((ME.address, "contact"), (odd, "blocked"), ("0xadmin", "stranger")):
            told = await life.call("level", {"client_id": client})
            assert told == {"level": level, "is_admin": client == "0xadmin"}
        assert (await life.call("trail", {}))[: len(trail)] == trail
        assert (await life.post("/input", envelope(prompt="again")))[0] == 200

    live_twice(tmp_path / "store", first, second)


def test_a_signature_that_was_taken_stays_taken(tmp_path: Path) -> None:
    said = envelope(prompt="x", invite_code="OpenOnion")

    async def first(life: Life) -> None:
        assert (await life.post("/input", said))[0] == 200

    async def second(life: Life, _: Any) -> None:
        status, told = await life.post("/input", said)
        assert (status, told["error"]) == (401, "unauthorized: signature already used")

    live_twice(tmp_path / "store", first, second)


def test_who_is_forgotten_stays_forgotten(tmp_path: Path) -> None:
    async def first(life: Life) -> None:
        said = {**envelope(prompt="x", invite_code="OpenOnion"), "session": {"session_id": "s"}}
        assert (await life.post("/input", said))[0] == 200
        await life.call("reset", {})

    async def second(life: Life, _: Any) -> None:
        told = await life.call("level", {"client_id": ME.address})
        assert told == {"level": "stranger", "is_admin": False}
        assert (await life.get("/sessions/s"))[0] == 404

    live_twice(tmp_path / "store", first, second)


def test_nothing_that_was_told_is_lost_at_any_moment(tmp_path: Path) -> None:
    """Callers go on until the process dies under them."""
    told: dict[str, Any] = {}

    async def ask(life: Life, caller: int) -> None:
        number = 0
        while True:
            number += 1
            name = f"{caller}-{number}"
            said = envelope(prompt=name, nonce=name, invite_code="OpenOnion")
            answer = await life.post("/input", {**said, "session": {"session_id": name}})
            told[name] = answer[1]["result"]

    async def run() -> None:
        async with asyncio.timeout(SECONDS):
            async with Life(tmp_path / "store") as life:
                asking = [asyncio.create_task(ask(life, caller)) for caller in range(3)]
                while len(told) < 50:  # noqa: ASYNC110  any moment will do
                    await asyncio.sleep(0.01)
                await life.kill()
                await asyncio.wait(asking)
            for task in asking:
                assert isinstance(task.exception(), aiohttp.ClientError)
            async with Life(tmp_path / "store") as again:
                records = (await again.get("/sessions"))[1]["sessions"]
        kept = {each["session_id"]: each["result"] for each in records}
        assert {name: kept.get(name) for name in told} == told

    asyncio.run(run())
