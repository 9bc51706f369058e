"""The worker as a role, dialling a reference orchestrator on the loopback interface."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from reference.role import CannotError, SettingError
from reference.rxon.orchestrator import OrchestratorRole
from reference.rxon.skills import SKILLS
from reference.rxon.worker import WorkerRole

T = TypeVar("T")
SECONDS = 10  # the bound of every scene
QUICK = {"heartbeat_interval": 0.05, "heartbeat_cooldown": 0.01, "idle_delay": 0.01}

Scene = Callable[[OrchestratorRole, WorkerRole], Awaitable[None]]


def play(scene: Scene, **settings: Any) -> None:
    """Play a scene with an orchestrator and a worker that dials it."""

    async def run() -> None:
        orchestrator, worker = OrchestratorRole(), WorkerRole()
        await orchestrator.start(
            host="127.0.0.1", port=0, settings={"poll_hold": 5, "max_retries": 0}, store=None
        )
        given = {**QUICK, "connect": orchestrator.url, **settings}
        try:
            async with asyncio.timeout(SECONDS):
                await worker.start(host="", port=0, settings=given, store=None)
                await scene(orchestrator, worker)
        finally:
            await worker.stop()
            await orchestrator.stop()

    asyncio.run(run())


async def until(look: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
    """Look until it fits; the scene's bound ends what never does."""
    while not fits(seen := await look()):  # noqa: ASYNC110  the driver announces nothing
        await asyncio.sleep(0.005)
    return seen


async def hired(
    orchestrator: OrchestratorRole, fits: Callable[[dict[str, Any]], bool] = bool
) -> dict[str, Any]:
    """Return the record of the one worker once it is there and fits."""

    async def look() -> dict[str, Any]:
        records = (await orchestrator.call("workers", {}))["workers"]
        return dict(records[0]) if records else {}

    return await until(look, lambda record: bool(record) and fits(record))


async def job_with(orchestrator: OrchestratorRole, job_id: str, **members: Any) -> dict[str, Any]:
    """Return a job once it has these members."""

    async def look() -> dict[str, Any]:
        return dict((await orchestrator.call("job", {"job_id": job_id}))["job"])

    return await until(look, lambda job: members.items() <= job.items())


async def submit(orchestrator: OrchestratorRole, skill: str, **params: Any) -> str:
    answer = await orchestrator.call("submit_job", {"dispatch": {"type": skill, "params": params}})
    return str(answer["job_id"])


def test_a_worker_registers_and_works() -> None:
    async def scene(orchestrator: OrchestratorRole, _worker: WorkerRole) -> None:
        record = await hired(orchestrator)
        assert {skill["name"] for skill in record["supported_skills"]} == set(SKILLS)
        job_id = await submit(orchestrator, "echo", said="hello")
        job = await job_with(orchestrator, job_id, status="finished")
        assert job["result"] == "hello"

    play(scene)


def test_an_error_in_a_skill_is_reported_with_its_message() -> None:
    async def scene(orchestrator: OrchestratorRole, _worker: WorkerRole) -> None:
        await hired(orchestrator)
        job_id = await submit(orchestrator, "fail", message="oops")
        job = await job_with(orchestrator, job_id, status="quarantined")
        assert "oops" in job["error_message"]

    play(scene)


@pytest.mark.parametrize("websockets", [True, False])
def test_a_slow_skill_tells_its_progress_and_can_be_cancelled(*, websockets: bool) -> None:
    async def scene(orchestrator: OrchestratorRole, _worker: WorkerRole) -> None:
        await hired(orchestrator)
        job_id = await submit(orchestrator, "slow", seconds=0.1)
        await job_with(orchestrator, job_id, progress=0.5)
        await job_with(orchestrator, job_id, status="finished")
        await hired(orchestrator, lambda record: record["status"] == "idle")
        endless = await submit(orchestrator, "slow", seconds=100)
        task_id = (await job_with(orchestrator, endless, retry_count=0))["task_id"]
        await hired(orchestrator, lambda record: task_id in record["current_tasks"])
        await orchestrator.call("cancel_job", {"job_id": endless})
        await hired(orchestrator, lambda record: not record["current_tasks"])

    play(scene, websockets=websockets)


def test_a_worker_registers_again_with_an_orchestrator_that_forgot_it() -> None:
    async def scene(orchestrator: OrchestratorRole, _worker: WorkerRole) -> None:
        await hired(orchestrator)
        await orchestrator.reset()
        await hired(orchestrator)
        job_id = await submit(orchestrator, "echo", said="again")
        await job_with(orchestrator, job_id, status="finished")

    play(scene)


def test_a_worker_that_is_stopped_finishes_and_says_that_it_is_offline() -> None:
    async def scene(orchestrator: OrchestratorRole, worker: WorkerRole) -> None:
        await hired(orchestrator)
        job_id = await submit(orchestrator, "slow", seconds=0.2)
        await job_with(orchestrator, job_id, progress=0.5)
        await worker.stop()
        await job_with(orchestrator, job_id, status="finished")
        assert (await hired(orchestrator))["status"] == "offline"

    play(scene)


def test_a_worker_whose_orchestrator_is_gone_stops_all_the_same() -> None:
    async def scene(orchestrator: OrchestratorRole, worker: WorkerRole) -> None:
        await hired(orchestrator)
        await orchestrator.stop()
        await worker.stop()

    play(scene)


def test_reset_begins_again_as_a_stranger() -> None:
    async def scene(orchestrator: OrchestratorRole, worker: WorkerRole) -> None:
        await hired(orchestrator)
        await worker.reset()
        await hired(orchestrator, lambda record: record["status"] != "offline")

    play(scene)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"connect": "localhost:1"},
        {"connect": "http://127.0.0.1:1", "worker_id": "a b"},
        {"connect": "http://127.0.0.1:1", "colour": "red"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings: dict[str, Any]) -> None:
    async def start() -> None:
        with pytest.raises(SettingError):
            await WorkerRole().start(host="", port=0, settings=settings, store=None)

    asyncio.run(start())


def test_a_worker_keeps_no_store_and_has_no_methods() -> None:
    async def scene(_orchestrator: OrchestratorRole, worker: WorkerRole) -> None:
        with pytest.raises(CannotError):
            await worker.call("dance", {})
        with pytest.raises(CannotError):
            await WorkerRole().start(host="", port=0, settings={}, store="file")
        with pytest.raises(CannotError):
            await WorkerRole().reset()

    play(scene)
