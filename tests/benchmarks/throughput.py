"""Tasks per second through an orchestrator: submitted, polled and answered by the same client."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import published

from conformance.kit.targets.target import open_target, reference
from conformance.kit.targets.wish import Wish
from conformance.rxon.peer import RESULT, path_of
from reference.rxon import signing

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
WORKERS = 8
TASKS = 50  # per worker and round


def rows() -> Iterator[tuple[str, str]]:
    """Yield tasks per second of both, in alternating rounds, and the ratio."""
    published.python()
    texts = {"reference": reference("rxon", "orchestrator"), "published": published.TARGET}
    found: dict[str, list[float]] = {name: [] for name in texts}
    for _round in range(ROUNDS):
        for name, text in texts.items():
            found[name].append(asyncio.run(_measure(text)))
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        yield name, f"{medians[name]:8.0f} tasks/s   ({min(values):.0f} to {max(values):.0f})"
    yield (
        "ratio (above 1: the reference is faster)",
        f"{medians['reference'] / medians['published']:8.2f}",
    )


async def _measure(text: str) -> float:
    target = await open_target(Wish(text=text))
    try:
        instance = await target.source.instance({})
        async with aiohttp.ClientSession(instance.url) as session:
            workers = [_Worker(session, instance.facts, number) for number in range(WORKERS)]
            for worker in workers:
                await worker.register()
            begun = time.perf_counter()
            await asyncio.gather(*(worker.work() for worker in workers))
            return WORKERS * TASKS / (time.perf_counter() - begun)
    finally:
        await target.source.close()


class _Worker:
    def __init__(self, session: aiohttp.ClientSession, facts: dict[str, Any], number: int) -> None:
        self._session = session
        self._facts = facts
        self._id = f"bench-{number}"
        self._nonce = 0

    def _signed(self, body: dict[str, Any]) -> dict[str, Any]:
        self._nonce += 1
        whole = {**body, "timestamp": int(time.time()), "nonce": f"{self._id}-{self._nonce}"}
        signature = signing.sign(whole, secret=self._facts["token"])
        return {**whole, "security": {"signature": signature, "signer_id": self._id}}

    async def _ask(self, method: str, path: str, body: Any, **headers: str) -> Any:
        data = None if body is None else json.dumps(body)
        lines = {"Content-Type": "application/json", **headers}
        async with self._session.request(method, path, data=data, headers=lines) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def _say(self, method: str, path: str, body: Any) -> Any:
        return await self._ask(method, path, body, **{"X-Worker-Token": self._facts["token"]})

    async def register(self) -> None:
        """Offer a skill of its own, so that every job is for this worker."""
        skills = [{"name": self._id, "type": self._id}]
        body = self._signed({"worker_id": self._id, "supported_skills": skills})
        await self._say("POST", "/_worker/workers/register", body)

    async def work(self) -> None:
        """Submit, poll and answer, one task after the other."""
        client = {"X-Client-Token": self._facts["client_token"]}
        for _task in range(TASKS):
            job = {"initial_data": {"dispatch": {"type": self._id, "params": {"a": 1}}}}
            await self._ask("POST", self._facts["jobs_path"], job, **client)
            task = await self._say("GET", f"{path_of(self._id)}/tasks/next", None)
            done = {key: task[key] for key in ("job_id", "task_id")}
            result = {**done, "worker_id": self._id, "status": "success", "data": {"b": 2}}
            await self._say("POST", RESULT, self._signed(result))
