"""What a reference orchestrator answered for survives the sudden death of its process."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rxon_peer import Peer, signed

SERVE = """
import asyncio
from reference.driver import serve_stdio
from reference.rxon import REVISION, ROLES
asyncio.run(serve_stdio(ROLES, protocol="rxon", revision=REVISION))
"""
SECONDS = 30


class Life:
    """One process of an orchestrator on a store, from start to SIGKILL."""

    def __init__(self, store: Path, **settings: Any) -> None:
        self._params = {"store": str(store), "set": {"poll_hold": 0.5, **settings}}

    async def __aenter__(self) -> Peer:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"id": 1, "method": "start", "params": self._params}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        self._session = aiohttp.ClientSession(answer["result"]["url"])
        return Peer(self._session)

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()
        await self._session.close()

    async def kill(self) -> None:
        """End the process at once, if it has not ended."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


Part = Callable[[Peer], Awaitable[Any]]


def live_twice(store: Path, first: Part, second: Callable[[Peer, Any], Awaitable[Any]]) -> Any:
    """Play one part, kill the process, play the other with what the first had returned."""

    async def run() -> Any:
        async with asyncio.timeout(SECONDS):
            async with Life(store) as peer:
                seen = await first(peer)
            async with Life(store) as peer:
                return await second(peer, seen)

    return asyncio.run(run())


def test_a_registration_and_queued_jobs_survive(tmp_path: Path) -> None:
    async def first(peer: Peer) -> list[str]:
        await peer.register()
        return [await peer.submit(priority=priority) for priority in (0, 5, 0)]

    async def second(peer: Peer, submitted: list[str]) -> None:
        taken = [(await peer.poll()).json["job_id"] for _ in submitted]
        assert taken == [submitted[1], submitted[0], submitted[2]]

    live_twice(tmp_path / "store", first, second)


def test_a_running_task_is_answered_after_the_restart(tmp_path: Path) -> None:
    async def first(peer: Peer) -> Any:
        await peer.register()
        await peer.submit()
        return (await peer.poll()).json

    async def second(peer: Peer, task: Any) -> None:
        assert (await peer.poll()).status == 204
        assert (await peer.result(task, data={"x": 1}))["status"] == "accepted"
        assert (await peer.job(task["job_id"]))["result"] == 1

    live_twice(tmp_path / "store", first, second)


def test_results_progress_and_cancellations_survive(tmp_path: Path) -> None:
    async def first(peer: Peer) -> Any:
        await peer.register()
        done, shown, gone = [await peer.submit() for _ in range(3)]
        await peer.result((await peer.poll()).json, data={"x": 1})
        await peer.poll()
        event = {
            "event_id": "e",
            "worker_id": "w",
            "origin_worker_id": "w",
            "event_type": "progress",
            "payload": {"progress": 0.5},
            "target_job_id": shown,
        }
        await peer.ask("POST", "/_worker/events", signed("event", event))
        await peer.ask("POST", f"/api/v1/jobs/{gone}/cancel")
        return [await peer.job(job_id) for job_id in (done, shown, gone)]

    async def second(peer: Peer, before: Any) -> Any:
        assert [await peer.job(job["id"]) for job in before] == before
        assert (await peer.poll()).status == 204
        return before

    done, shown, gone = live_twice(tmp_path / "store", first, second)
    assert (done["status"], shown["progress"], gone["status"]) == ("finished", 0.5, "cancelled")


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("registration", "POST", "/_worker/workers/register"),
        ("heartbeat", "PATCH", "/_worker/workers/w"),
        ("event", "POST", "/_worker/events"),
    ],
)
def test_a_captured_message_is_not_good_for_another_time(
    tmp_path: Path, kind: str, method: str, path: str
) -> None:
    """RXON-SIG-19, across the sudden end of the process."""
    body: dict[str, Any] = {"worker_id": "w"}
    if kind == "event":
        body |= {"event_id": "e", "origin_worker_id": "w", "event_type": "x", "payload": {}}
    message = signed(kind, body)

    async def first(peer: Peer) -> int:
        await peer.register()
        return (await peer.ask(method, path, message)).status

    async def second(peer: Peer, status: int) -> list[int]:
        fresh = await peer.ask(method, path, signed(kind, body))
        return [status, fresh.status, (await peer.ask(method, path, message)).status]

    assert live_twice(tmp_path / "store", first, second) == [200, 200, 403]


def test_nothing_acknowledged_is_lost_at_any_moment(tmp_path: Path) -> None:
    """Clients and a worker go on until the process dies under them."""
    store = tmp_path / "store"
    submitted: list[str] = []
    answered: list[str] = []

    async def create(peer: Peer) -> None:
        while True:
            submitted.append(await peer.submit())

    async def work(peer: Peer) -> None:
        while True:
            task = (await peer.poll()).json
            if (await peer.result(task, data={"x": 1}))["status"] == "accepted":
                answered.append(task["job_id"])

    async def run() -> dict[str, str]:
        async with asyncio.timeout(SECONDS):
            life = Life(store)
            async with life as peer:
                await peer.register()
                parts = [asyncio.create_task(part(peer)) for part in (create, create, work)]
                while len(answered) < 20:  # noqa: ASYNC110  any moment will do
                    await asyncio.sleep(0.01)
                await life.kill()
                await asyncio.wait(parts)
            for part in parts:
                assert isinstance(part.exception(), aiohttp.ClientError)
            async with Life(store) as again:
                jobs = {*submitted, *answered}
                return {job: (await again.job(job)).get("status", "lost") for job in jobs}

    statuses = asyncio.run(run())
    assert "lost" not in statuses.values()
    assert {statuses[job_id] for job_id in answered} == {"finished"}
