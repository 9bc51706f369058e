from typing import Any

import orjson
import pytest
from rxon_world import GLOBAL, World, signed

from reference.rxon import presence
from reference.rxon.core import Reply
from reference.rxon.state import Policy, Wake


def brief() -> World:
    return World(policy=Policy(worker_ttl=10.0, execution_timeout=5.0, max_retries=1))


def empty(world: World, worker_id: str, body: bytes = b"") -> Reply:
    return world.core.receive(
        "heartbeat", body, credentials=GLOBAL, path_id=worker_id, now=world.now
    )


def test_a_registration_is_answered_with_the_version() -> None:
    reply = World().register("w")
    assert reply == Reply(200, {"status": "registered", "version": "1.0b11"})


def test_another_version_is_warned_and_registered() -> None:
    assert presence.warning("1.0b11") == {}
    assert presence.warning(None) == {}
    assert presence.warning("9") == {
        "warning": "Protocol version mismatch! Orchestrator: 1.0b11, Worker: 9"
    }


def test_a_heartbeat_extends_the_life_of_a_worker() -> None:
    world = brief()
    world.register("w")
    world.wait(9.0)
    assert world.beat("w") == Reply(200, {"status": "ok"})
    world.wait(9.0)
    assert world.record("w")["worker_id"] == "w"


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_an_empty_heartbeat_extends_the_life_of_a_worker(body: bytes) -> None:
    world = brief()
    world.register("w")
    world.wait(9.0)
    assert empty(world, "w", body) == Reply(200, {"status": "ttl_refreshed"})
    world.wait(9.0)
    assert world.record("w")["worker_id"] == "w"


def test_an_unknown_worker_is_told_to_register_again() -> None:
    world = World()
    answer = Reply(404, {"error": "Worker 'x' not found; register again"})
    assert world.beat("x") == answer
    assert empty(world, "x") == answer


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"5", b"[]", b"0"])
def test_a_heartbeat_that_is_no_object_is_refused(body: bytes) -> None:
    world = World()
    world.register("w")
    assert empty(world, "w", body).status == 400


def test_the_same_heartbeat_is_welcome_again_after_the_worker_registered() -> None:
    world = World()
    body = {"worker_id": "w", "status": "idle", "timestamp": int(world.now)}

    raw = orjson.dumps(signed("heartbeat", body))
    assert empty(world, "w", raw).status == 404
    world.register("w")
    assert empty(world, "w", raw).status == 200
    assert empty(world, "w", raw).status == 403


def test_a_silent_worker_is_forgotten_and_gets_no_task() -> None:
    world = brief()
    world.register("w")
    world.wait(10.0)
    assert world.core.workers() == []
    job = world.job(world.submit())
    assert job["status"] == "quarantined"
    assert job["error_message"] == "No suitable workers for task type 'echo'"


def test_a_silent_worker_s_queue_goes_to_another() -> None:
    world = brief()
    world.register("a")
    job_id = world.submit()
    world.wait(6.0)
    world.register("b")
    world.wait(4.0)
    assert world.has_none("a")
    task = world.take("b")
    assert world.result("b", task)["status"] == "accepted"
    assert world.job(job_id)["retry_count"] == 0


def test_a_queue_that_nobody_else_can_do_waits_for_its_worker() -> None:
    world = brief()
    world.register("a")
    job_id = world.submit()
    world.wait(10.0)
    assert world.has_none("a")
    world.effects()
    world.register("a")
    assert Wake("a") in world.effects()
    assert world.take("a")["job_id"] == job_id


def test_a_silent_worker_s_running_task_is_tried_elsewhere() -> None:
    world = World(policy=Policy(worker_ttl=10.0, max_retries=1))
    world.register("a")
    job_id = world.submit()
    old = world.take("a")
    world.wait(6.0)
    world.register("b")
    world.wait(4.0)
    new = world.take("b")
    assert new["job_id"] == old["job_id"]
    assert new["task_id"] != old["task_id"]
    assert world.job(job_id)["retry_count"] == 1
    assert world.result("a", old)["reason"] == "worker_mismatch"


def test_a_running_task_that_nobody_else_can_do_stays() -> None:
    world = World(policy=Policy(worker_ttl=10.0))
    world.register("a")
    world.submit()
    task = world.take("a")
    world.wait(10.0)
    assert world.result("a", task)["status"] == "accepted"


def test_an_unanswered_task_is_tried_again() -> None:
    world = brief()
    world.register("w")
    job_id = world.submit()
    old = world.take("w")
    world.wait(4.9)
    assert world.has_none("w")
    world.wait(0.1)
    new = world.take("w")
    assert new["job_id"] == old["job_id"]
    assert world.result("w", old)["reason"] == "stale_task"
    world.beat("w")
    world.wait(5.0)
    job = world.job(job_id)
    assert job["status"] == "quarantined"
    assert job["error_message"].startswith("Task failed after 2 attempts: Worker task timed out")


def test_an_unanswered_task_goes_to_another_worker_if_there_is_one() -> None:
    world = brief()
    world.register("a")
    world.register("b")
    world.submit()
    task = world.take("a")
    world.wait(5.0)
    assert world.has_none("a")
    assert world.take("b")["job_id"] == task["job_id"]


def test_a_task_may_have_a_time_limit_of_its_own() -> None:
    world = brief()
    world.register("w")
    world.submit(timeout_seconds=1)
    world.take("w")
    world.wait(1.0)
    assert world.take("w")


def test_a_waiting_task_does_not_run_out_of_execution_time() -> None:
    world = brief()
    world.register("w")
    world.submit()
    world.wait(6.0)
    assert world.take("w")


def test_a_result_deadline_is_told_and_replaces_the_execution_time() -> None:
    world = World(policy=Policy(execution_timeout=5.0, max_retries=0))
    world.register("w")
    job_id = world.submit(result_timeout_seconds=8)
    task = world.take("w")
    assert task["deadline"] == int(world.now) + 8
    world.wait(6.0)
    assert world.job(job_id)["status"] == "waiting_for_worker"
    world.wait(2.0)
    assert world.job(job_id)["status"] == "quarantined"


def test_a_task_that_nobody_picks_up_in_time_fails_the_job() -> None:
    world = World()
    world.register("w")
    job_id = world.submit(dispatch_timeout_seconds=2)
    world.wait(2.0)
    assert world.job(job_id)["status"] == "failed"
    assert world.has_none("w")


def cancel_ids(reply: Reply) -> Any:
    return reply.body.get("cancel_task_ids", [])


def test_a_running_wanted_task_is_not_called_off() -> None:
    world = World()
    world.register("w")
    world.submit()
    task = world.take("w")
    assert cancel_ids(world.beat("w", current_tasks=[task["task_id"], "unknown"])) == []


def test_tasks_of_ended_jobs_are_called_off() -> None:
    world = World()
    world.register("w")
    job_id = world.submit()
    task = world.take("w")
    world.cancel(job_id)
    told = world.beat("w", current_tasks=["unknown", task["task_id"]])
    assert cancel_ids(told) == [task["task_id"]]


def test_a_missing_catalogue_is_asked_for() -> None:
    world = World()
    world.register("w", skills=[], skills_hash="h")
    assert world.beat("w", skills_hash="h").body == {"status": "ok", "require_full_sync": True}


def test_a_worker_that_lost_a_skill_loses_the_tasks_that_need_it() -> None:
    world = World()
    world.register("a", skills=["rare", "echo"])
    world.register("b", skills=["rare"])
    moved, kept = world.submit(type="rare"), world.submit()
    world.beat("a", supported_skills=[{"name": "echo"}], skills_hash="new")
    assert world.take("a")["job_id"] == kept
    assert world.take("b")["job_id"] == moved


def test_a_task_that_nobody_can_do_any_more_is_quarantined() -> None:
    world = World()
    world.register("a")
    job_id = world.submit()
    world.register("a", skills=["other"])
    assert world.job(job_id)["status"] == "quarantined"
    assert world.has_none("a")


def test_a_parallel_job_that_lost_one_branch_gives_out_no_other() -> None:
    world = World()
    world.register("b", skills=["x", "y"])
    world.register("a", skills=["y"])
    job_id = world.submit(parallel=[{"type": "x"}, {"type": "y"}])
    world.register("b", skills=[])
    assert world.job(job_id)["status"] == "quarantined"
    assert world.has_none("a")
