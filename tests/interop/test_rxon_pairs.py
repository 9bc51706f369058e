"""Real jobs through real pairs: the reference with every published package, in both directions.

What a published package is known to do otherwise stands in a table with its number in the fact
sheet's list of bugs; a package that mends it fails here and has its row changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pairs import ORCHESTRATORS, REFERENCE, WORKERS, is_a, together

from conformance.rxon.hearing import body_of, is_delivery

if TYPE_CHECKING:
    from pairs import Pair

PAIRS = [
    *[(orchestrator, REFERENCE) for orchestrator in ORCHESTRATORS],
    *[(REFERENCE, worker) for worker in WORKERS if worker != REFERENCE],
]
both = pytest.mark.parametrize(("orchestrator", "worker"), PAIRS)
SELDOM = {"heartbeat_interval": 20, "heartbeat_cooldown": 20}  # heartbeats, unless they must come
with_every_worker = pytest.mark.parametrize("worker", WORKERS)


@both
def test_a_job_is_done(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("echo", word="hello", number=3.0, nothing=None)
        await pair.ended(job_id, as_="finished")
        [task], [result] = pair.deliveries(job_id), pair.results(job_id)
        assert task["params"] == {"word": "hello", "number": 3}
        assert {name: result[name] for name in ("job_id", "task_id", "worker_id")} == {
            "job_id": job_id,
            "task_id": task["task_id"],
            "worker_id": "interop",
        }
        assert result.get("status", "success") == "success"
        assert result["data"] == {"word": "hello", "number": 3}
        [sent] = pair.said("result")
        assert body_of(pair.answer_to(sent))["status"] == "accepted"

    together(orchestrator, worker, scene)


@both
def test_the_worker_registers_before_it_polls(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        await pair.seen(2, is_a("poll"))
        first = pair.said("registration")[0]
        assert first.number < pair.said("poll")[0].number
        assert pair.answer_to(first).data["status"] == 200
        offered = {skill["name"] for skill in body_of(first)["supported_skills"]}
        assert {"echo", "slow", "fail"} <= offered

    together(orchestrator, worker, scene)


@both
def test_several_jobs_are_each_done_once(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        jobs = [await pair.submit("echo", number=number) for number in range(5)]
        for number, job_id in enumerate(jobs):
            await pair.ended(job_id, as_="finished")
            assert [each["data"] for each in pair.results(job_id)] == [{"number": number}]

    together(orchestrator, worker, scene)


@both
def test_progress_reaches_the_job(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        await pair.seen(1, lambda event: event.kind == "http.response" and is_upgrade(event.data))
        job_id = await pair.submit("slow", seconds=0.6)
        job = await pair.ended(job_id, as_="finished")
        assert job["progress"] in {0.5, 1}
        told = [body_of(event)["payload"]["progress"] for event in pair.said("event")]
        assert told == [0.5, 1]
        assert {event.kind for event in pair.said("event")} == {"ws.message"}

    together(orchestrator, worker, scene, **SELDOM)


def is_upgrade(data: object) -> bool:
    return isinstance(data, dict) and data.get("status") == 101


@both
def test_without_a_socket_progress_is_posted(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("slow", seconds=0.6)
        job = await pair.ended(job_id, as_="finished")
        assert job["progress"] in {0.5, 1}
        sent = pair.said("event")
        assert {event.kind for event in sent} == {"http.request"}
        assert [body_of(pair.answer_to(event)) for event in sent] == [
            {"status": "event_accepted"}
        ] * len(sent)

    together(orchestrator, worker, scene, websockets="false", **SELDOM)


@both
def test_heartbeats_are_accepted(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        await pair.seen(4, is_a("heartbeat"))
        answers = [pair.answer_to(event) for event in pair.said("heartbeat")[:3]]
        assert [answer.data["status"] for answer in answers] == [200, 200, 200]
        assert len(pair.said("registration")) == 1

    together(orchestrator, worker, scene)


@both
def test_a_failure_is_tried_again_and_then_given_up(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("fail", message="on purpose")
        job = await pair.ended(job_id, as_="quarantined")
        tasks, results = pair.deliveries(job_id), pair.results(job_id)
        assert len({task["task_id"] for task in tasks}) == 2
        assert [result["task_id"] for result in results] == [task["task_id"] for task in tasks]
        for result in results:
            assert result["status"] == "failure"
            assert result["error"]["code"] == "TRANSIENT_ERROR"
            assert "on purpose" in result["error"]["message"]
        assert "on purpose" in job["error_message"]

    together(orchestrator, worker, scene)


@with_every_worker
def test_a_cancelled_job_is_called_off_over_the_socket(worker: str) -> None:
    async def scene(pair: Pair) -> None:
        await pair.seen(1, lambda event: event.kind == "http.response" and is_upgrade(event.data))
        job_id = await pair.submit("slow", seconds=60)
        await pair.seen(1, is_delivery)
        [task] = pair.deliveries(job_id)
        await pair.cancel(job_id)
        await pair.seen(1, is_a("result"))
        command = {"command": "cancel_task", "task_id": task["task_id"], "job_id": job_id}
        assert pair.commands() == [command]
        assert [result["status"] for result in pair.results(job_id)] == ["cancelled"]
        assert (await pair.job(job_id))["status"] == "cancelled"

    together(REFERENCE, worker, scene, **SELDOM)


@with_every_worker
def test_without_a_socket_a_heartbeat_calls_it_off(worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("slow", seconds=60)
        await pair.seen(1, is_delivery)
        await pair.cancel(job_id)
        await pair.seen(1, is_a("result"))
        assert [result["status"] for result in pair.results(job_id)] == ["cancelled"]
        called_off = [answer.get("cancel_task_ids") for answer in pair.answers("heartbeat")]
        assert [pair.deliveries(job_id)[0]["task_id"]] in called_off

    together(REFERENCE, worker, scene, websockets="false")


# What becomes of a task that runs while its worker sends a heartbeat.
HEARTBEAT_MEANWHILE = {
    REFERENCE: "finished",
    "1.0b24": "cancelled",  # B1: every task that a heartbeat lists is called off
    "1.0b30": "finished",
}
RESULTS = {"finished": "success", "cancelled": "cancelled"}


@both
def test_a_task_may_last_longer_than_a_heartbeat(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("slow", seconds=3)
        await pair.ended(job_id, as_=HEARTBEAT_MEANWHILE[orchestrator])

    together(orchestrator, worker, scene)


@both
def test_a_worker_that_is_stopped_finishes_first(orchestrator: str, worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("slow", seconds=1)
        await pair.seen(1, is_delivery)
        await pair.drain()
        assert pair.exit_code == 0
        end = HEARTBEAT_MEANWHILE[orchestrator]
        assert [each.get("status", "success") for each in pair.results(job_id)] == [RESULTS[end]]
        await pair.ended(job_id, as_=end)
        statuses = [body_of(event).get("status") for event in pair.said("heartbeat")]
        assert "offline" in statuses
        offline = pair.said("heartbeat")[statuses.index("offline")]
        assert all(poll.number < offline.number for poll in pair.said("poll"))

    together(orchestrator, worker, scene, **SELDOM)


@with_every_worker
def test_a_worker_finds_its_way_to_an_orchestrator_that_has_forgotten_it(worker: str) -> None:
    async def scene(pair: Pair) -> None:
        job_id = await pair.submit("echo", word="before")
        await pair.ended(job_id, as_="finished")
        await pair.anew()
        await pair.seen(2, is_a("registration"))
        await pair.seen(
            2,
            lambda event: (
                event.kind == "http.response" and body_of(event).get("status") == "registered"
            ),
        )
        again = await pair.submit("echo", word="after")
        await pair.ended(again, as_="finished")
        assert pair.results(again)[0]["data"] == {"word": "after"}

    together(REFERENCE, worker, scene)
