"""An orchestrator and a worker that talk to each other, with a tap in between that records."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.kit.targets.clients import Dialled
from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from conformance.kit.transcript import Direction, Recorder, Transcript
from conformance.kit.wire.tap import Tap
from conformance.rxon.hearing import body_of, is_delivery, kind_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from conformance.kit.targets.instance import Instance
    from conformance.kit.targets.target import Target
    from conformance.kit.transcript import Event

    Json = dict[str, Any]

REFERENCE = "reference"
ORCHESTRATORS = {
    REFERENCE: "reference-rxon-orchestrator.toml",
    "1.0b24": "avtomatika-1.0b24.toml",
    "1.0b30": "avtomatika-1.0b30.toml",
}
WORKERS = {
    REFERENCE: "reference-rxon-worker.toml",
    "1.0b16": "avtomatika-worker-1.0b16.toml",
    "1.0b20": "avtomatika-worker-1.0b20.toml",
}
ENDS = frozenset({"finished", "failed", "quarantined", "cancelled"})
TIME = 120.0  # seconds for a scene on a busy machine; the first also installs the packages
INSTALLING = 900.0
LOOK_EVERY = 0.02  # seconds between two looks at what nobody announces
SERVED: Json = {"poll_hold": 0.5, "max_retries": 1, "worker_ttl": 60}
HIRED: Json = {
    "heartbeat_interval": 1,
    "heartbeat_cooldown": 0.5,
    "idle_delay": 0.1,
    "max_concurrent_tasks": 1,
    "shutdown_timeout": 10,
    "websockets": "true",
}


@dataclass(eq=False)
class Pair:
    """Both sides and what is between them."""

    orchestrator: Instance
    worker: Instance
    tap: Tap
    transcript: Transcript
    exit_code: int | None = None
    served: Any = None  # starts another orchestrator
    worker_id: str = ""
    others: list[Instance] = field(default_factory=list)

    # The client's side

    async def submit(self, skill: str, **params: Any) -> str:
        """Submit a job of one task."""
        job = {"type": skill, "params": params}
        answer = await self.orchestrator.call("submit_job", dispatch=job)
        return str(answer["job_id"])

    async def cancel(self, job_id: str) -> None:
        """Cancel a job."""
        await self.orchestrator.call("cancel_job", job_id=job_id)

    async def job(self, job_id: str) -> Json:
        """Look at a job."""
        return dict((await self.orchestrator.call("job", job_id=job_id))["job"] or {})

    async def ended(self, job_id: str, *, as_: str) -> Json:
        """Wait until a job has a status."""
        while (job := await self.job(job_id)).get("status") != as_:
            assert job.get("status") not in ENDS, job
            await asyncio.sleep(LOOK_EVERY)
        return job

    async def anew(self) -> None:
        """Put another orchestrator that knows nobody in the place of the first."""
        self.others.append(self.orchestrator)
        self.orchestrator = await self.served()
        self.tap.upstream = self.orchestrator.url
        self.tap.cut_all()

    # The worker's side

    async def drain(self) -> None:
        """Stop the worker as an operator would."""
        child = self.worker.child
        await self.worker.stop()
        self.exit_code = child.returncode if child is not None else 0

    # What was said

    async def seen(self, count: int, fits: Callable[[Event], bool]) -> list[Event]:
        """Wait until so many events fit."""
        while len(found := [e for e in self.transcript.events if fits(e)]) < count:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY)
        return found

    def said(self, kind: str) -> list[Event]:
        """Return the worker's messages of a kind."""
        return [event for event in self.transcript.events if kind_of(event) == kind]

    def answer_to(self, request: Event) -> Event:
        """Return the answer to a request."""
        return next(
            event
            for event in self.transcript.events
            if event.kind == "http.response" and event.data.get("to") == request.number
        )

    def answers(self, kind: str) -> list[Json]:
        """Return the answers so far to the worker's messages of a kind."""
        asked = {event.number for event in self.said(kind)}
        answered = [event for event in self.transcript.events if event.data.get("to") in asked]
        return [body_of(event) for event in answered]

    def deliveries(self, job_id: str) -> list[Json]:
        """Return the tasks of a job that came to the worker."""
        given = [body_of(event) for event in self.transcript.events if is_delivery(event)]
        return [task for task in given if task["job_id"] == job_id]

    def results(self, job_id: str) -> list[Json]:
        """Return what the worker reported of a job."""
        told = [body_of(event) for event in self.said("result")]
        return [result for result in told if result["job_id"] == job_id]

    def commands(self) -> list[Json]:
        """Return the frames that came to the worker."""
        return [
            json.loads(event.body)
            for event in self.transcript.events
            if event.kind == "ws.message" and event.direction is Direction.KIT
        ]


def is_a(kind: str) -> Callable[[Event], bool]:
    """Tell the worker's messages of a kind."""
    return lambda event: kind_of(event) == kind


@cache
def installed(text: str) -> None:
    """Have the environment of a target made, outside of any scene's time."""

    async def once() -> None:
        async with asyncio.timeout(INSTALLING):
            await (await open_target(Wish(text=text))).source.close()

    asyncio.run(once())


def together(
    orchestrator: str, worker: str, scene: Callable[[Pair], Coroutine[Any, Any, None]], **hired: Any
) -> None:
    """Play a scene with these two."""
    for text in (ORCHESTRATORS[orchestrator], WORKERS[worker]):
        installed(text)

    async def play() -> None:
        async with asyncio.timeout(TIME), paired(orchestrator, worker, hired) as pair:
            await scene(pair)

    asyncio.run(play())


@asynccontextmanager
async def paired(orchestrator: str, worker: str, hired: Json) -> AsyncIterator[Pair]:
    """Start both, and wait until the worker was taken in."""
    serving, hiring = [
        await open_target(Wish(text=text))
        for text in (ORCHESTRATORS[orchestrator], WORKERS[worker])
    ]
    tap = None
    try:
        instance = await serving.source.instance(SERVED)
        tap, transcript = await recording(instance.url)
        settings = {**HIRED, "token": instance.facts["token"], "worker_id": "interop", **hired}
        started = await starter_of(hiring).start(tap.url, settings)
        pair = Pair(instance, started, tap, transcript, worker_id="interop")
        pair.served = lambda: serving.source.instance(SERVED)
        await pair.seen(1, lambda event: body_of(event).get("status") == "registered")
        yield pair
    finally:
        await hiring.source.close()
        if tap is not None:
            await tap.close()
        await serving.source.close()


def starter_of(hiring: Target) -> Any:
    """Return what starts workers; the tap and the orchestrator are ours here, not the source's."""
    source = hiring.source
    assert isinstance(source, Dialled)
    assert source.starter is not None
    return source.starter


async def recording(url: str) -> tuple[Tap, Transcript]:
    """Listen in front of an orchestrator."""
    tap = Tap(url, target_is_client=True)
    await tap.start(host="127.0.0.1", port=0)
    transcript = Transcript(clock=asyncio.get_running_loop().time)
    tap.hear(Recorder(transcript, "interop"))
    return tap, transcript
