"""What a reference gateway answered for survives the sudden death of its process."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from neuron_peer import ECHO, Peer, session

SERVE = """
import asyncio
from reference.driver import serve_stdio
from reference.neuron import REVISION, ROLES
asyncio.run(serve_stdio(ROLES, protocol="neuron", revision=REVISION))
"""
SECONDS = 30
TASK = {"capability": "conf/echo"}


class Life:
    """One process of a gateway on a store, from start to SIGKILL."""

    def __init__(self, store: Path, **settings: Any) -> None:
        self._params = {"role": "gateway", "store": str(store), "set": settings}

    async def __aenter__(self) -> Peer:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._session = session((await self.call("start", self._params))["url"])
        return Peer(self._session)

    async def call(self, method: str, params: Any) -> Any:
        """Call a driver method."""
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
        """End the process at once, if it has not ended."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def submit(peer: Peer, **members: Any) -> str:
    answer = await peer.ask("POST", "/tasks", json={**TASK, **members})
    assert answer.status == 202
    return str(answer.json["task_id"])


async def show(peer: Peer, task_id: str) -> Any:
    return (await peer.ask("GET", f"/tasks/{task_id}")).json


Part = Callable[[Peer, Life], Awaitable[Any]]


def live_twice(store: Path, first: Part, second: Callable[[Peer, Any], Awaitable[Any]]) -> Any:
    """Play one part, kill the process, play the other with what the first had returned."""

    async def run() -> Any:
        async with asyncio.timeout(SECONDS):
            life = Life(store)
            async with life as peer:
                seen = await first(peer, life)
            async with Life(store) as peer:
                return await second(peer, seen)

    return asyncio.run(run())


def test_waiting_tasks_survive_in_their_order(tmp_path: Path) -> None:
    big = {"number": 10**40, "text": "\ud800", "float": 1.0}

    async def first(peer: Peer, _life: Life) -> list[str]:
        return [await submit(peer, input=big, on_behalf_of="user:a") for _ in range(3)]

    async def second(peer: Peer, submitted: list[str]) -> None:
        async with peer.registered({**ECHO, "concurrency": 3}) as stream:
            tasks = [(await stream.lease())["task"] for _ in submitted]
        assert [task["taskId"] for task in tasks] == submitted
        assert [task["onBehalfOf"] for task in tasks] == ["user:a"] * 3
        assert json.dumps(tasks[0]["input"]) == json.dumps(big)

    live_twice(tmp_path / "store", first, second)


def test_a_lease_is_answered_after_the_restart(tmp_path: Path) -> None:
    """As a neuron does whose handler ran on: stream, register, heartbeat, result (sheet 5.7)."""

    async def first(peer: Peer, _life: Life) -> Any:
        async with peer.registered() as stream:
            await submit(peer)
            return await stream.lease()

    async def second(peer: Peer, lease: Any) -> None:
        async with peer.registered():
            assert (await peer.beat(lease)).status == 200
            task_id = lease["task"]["taskId"]
            assert (await show(peer, task_id))["lease_id"] == lease["leaseId"]
            assert (await peer.ack(lease, output=1)).status == 200
            assert (await show(peer, task_id))["output"] == 1
            assert (await peer.ack(lease, output=2)).status == 409

    live_twice(tmp_path / "store", first, second)


def test_results_failures_reports_and_cancellations_survive(tmp_path: Path) -> None:
    async def first(peer: Peer, _life: Life) -> Any:
        async with peer.registered({**ECHO, "concurrency": 4}) as stream:
            tasks = [await submit(peer) for _ in range(4)]
            done, failed, running, stopping = [await stream.lease() for _ in tasks]
            await peer.ack(done, output={"a": [None, False]})
            await peer.nack(failed, "terminal", "no")
            for percent in (1, 2):
                await peer.post(
                    "progress",
                    leaseId=running["leaseId"],
                    percent=percent,
                    sentAt="2026-05-09T10:00:00Z",
                )
            await peer.ask("DELETE", f"/tasks/{stopping['task']['taskId']}")
            return [await show(peer, task_id) for task_id in tasks]

    async def second(peer: Peer, before: Any) -> Any:
        after = [await show(peer, task["task_id"]) for task in before]
        assert after == before
        return after

    views = live_twice(tmp_path / "store", first, second)
    assert [view["state"] for view in views] == ["done", "failed", "leased", "leased"]
    assert views[2]["progress"] == [{"percent": 1.0}, {"percent": 2.0}]
    assert views[3]["cancelling"]


def test_who_may_not_come_back_may_not_come_back(tmp_path: Path) -> None:
    async def first(peer: Peer, life: Life) -> str:
        async with peer.registered() as stream:
            await life.call("revoke_capability", {"capability": "conf/gone"})
            goodbye = {"neuron_id": "n1", "reason": "bye", "reconnectable": False}
            await life.call("disconnect", goodbye)
            await stream.frame("disconnect")
        return str((await life.call("rotate_token", {}))["token"])

    async def second(peer: Peer, token: str) -> None:
        assert (await peer.beat()).status == 401
        peer.token = token
        assert (await peer.ask("GET", "/neuron/events?neuronId=n1")).status == 403
        async with peer.open("n2") as stream:
            await peer.register({**ECHO, "type": "conf/gone"}, ECHO, neuron_id="n2")
            assert (await stream.frame("registered"))["capabilities"] == [ECHO]

    live_twice(tmp_path / "store", first, second)


def test_nothing_acknowledged_is_lost_at_any_moment(tmp_path: Path) -> None:
    """Planners and a neuron go on until the process dies under them."""
    store = tmp_path / "store"
    submitted: list[str] = []
    answered: dict[str, int] = {}

    async def plan(peer: Peer) -> None:
        while True:
            submitted.append(await submit(peer))

    async def work(peer: Peer) -> None:
        async with peer.registered({**ECHO, "concurrency": 4}) as stream:
            while True:
                lease = await stream.lease()
                if (await peer.ack(lease, output=len(answered))).status == 200:
                    answered[lease["task"]["taskId"]] = len(answered)

    async def run() -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            life = Life(store)
            async with life as peer:
                parts = [asyncio.create_task(part(peer)) for part in (plan, plan, work)]
                while len(answered) < 50:  # noqa: ASYNC110  any moment will do
                    await asyncio.sleep(0.01)
                await life.kill()
                await asyncio.wait(parts)
            for part in parts:
                assert isinstance(part.exception(), aiohttp.ClientError | AssertionError)
            async with Life(store) as again:
                tasks = {*submitted, *answered}
                return {task_id: await show(again, task_id) for task_id in tasks}

    views = asyncio.run(run())
    assert {view.get("state") for view in views.values()} <= {"pending", "leased", "done"}
    assert {task_id: views[task_id]["output"] for task_id in answered} == answered
