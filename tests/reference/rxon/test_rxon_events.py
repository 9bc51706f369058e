from typing import Any

import pytest
from rxon_world import World

ACCEPTED = {"status": "event_accepted"}
DECLARING = {
    "name": "echo",
    "events_schema": {"step": {"type": "object", "properties": {"n": {"type": "integer"}}}},
}


@pytest.fixture
def world() -> World:
    world = World()
    world.register("w", skills=[DECLARING])
    return world


def about(task: dict[str, Any]) -> dict[str, Any]:
    return {"target_job_id": task["job_id"], "target_task_id": task["task_id"]}


def test_progress_is_shown(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    payload = {"progress": 0.5, "message": "half"}
    reply = world.event("w", payload=payload, **about(task))
    assert (reply.status, reply.body) == (200, ACCEPTED)
    job = world.job(job_id)
    assert (job["progress"], job["progress_message"]) == (0.5, "half")


def test_an_event_of_another_worker_is_refused_without_effect(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    world.register("other", skills=[])
    reply = world.event("other", payload={"progress": 0.5}, **about(task))
    assert reply.status == 403
    assert "progress" not in world.job(job_id)


def test_a_relayed_event_is_accepted(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    relayed = {"origin_worker_id": "leaf", "bubbling_chain": ["leaf"]}
    reply = world.event("w", payload={"progress": 0.5}, **relayed, **about(task))
    assert (reply.status, reply.body) == (200, ACCEPTED)
    assert world.job(job_id)["progress"] == 0.5


@pytest.mark.parametrize("members", [{}, {"target_job_id": "unknown"}])
def test_an_event_about_no_known_job_is_accepted(world: World, members: dict[str, Any]) -> None:
    reply = world.event("w", **members)
    assert (reply.status, reply.body) == (200, ACCEPTED)


def test_a_payload_that_breaks_the_declared_schema_has_no_effect(world: World) -> None:
    job_id = world.submit(event_transitions={"step": "finished"})
    task = world.take("w")
    reply = world.event("w", event_type="step", payload={"n": "x"}, **about(task))
    assert reply.status == 200
    assert reply.body["status"] == "error"
    assert reply.body["code"] == "CONTRACT_VIOLATION_ERROR"
    assert world.job(job_id)["status"] == "waiting_for_worker"


def test_a_payload_about_no_task_is_checked_against_the_catalogue(world: World) -> None:
    assert world.event("w", event_type="step", payload={"n": "x"}).body["status"] == "error"
    assert world.event("w", event_type="step", payload={"n": 1.0}).body == ACCEPTED


def test_a_missing_member_is_told_under_200(world: World) -> None:
    reply = world.send("event", {"event_id": "e", "worker_id": "w", "event_type": "progress"})
    assert reply.status == 200
    assert reply.body["status"] == "error"


def test_an_event_may_move_the_job_on_and_the_result_is_stale(world: World) -> None:
    job_id = world.submit(event_transitions={"step": "finished"})
    task = world.take("w")
    world.event("w", event_type="step", payload={"n": 3}, **about(task))
    job = world.job(job_id)
    assert (job["status"], job["state_history"]) == ("finished", {"n": 3})
    assert world.result("w", task)["reason"] == "stale_task"


def test_an_event_of_an_old_attempt_has_no_effect(world: World) -> None:
    job_id = world.submit()
    old = world.take("w")
    world.fail("w", old, "TRANSIENT_ERROR")
    assert world.event("w", payload={"progress": 0.9}, **about(old)).body == ACCEPTED
    assert "progress" not in world.job(job_id)


def test_an_event_does_not_touch_an_ended_job(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    world.cancel(job_id)
    assert world.event("w", payload={"progress": 0.9}, **about(task)).body == ACCEPTED
    assert "progress" not in world.job(job_id)
