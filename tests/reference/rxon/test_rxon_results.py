from typing import Any

import pytest
from rxon_world import World

from reference.rxon.state import Policy

INTEGER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
STRICT = {"name": "echo", "output_schema": INTEGER}


@pytest.fixture
def world() -> World:
    world = World()
    world.register("w")
    return world


def accepted(transition: str) -> dict[str, str]:
    return {"status": "accepted", "transition": transition}


def reason(answer: Any) -> str:
    assert answer["status"] == "ignored"
    assert answer["message"]
    return str(answer["reason"])


@pytest.mark.parametrize("members", [{"status": "success"}, {}, {"status": None}])
def test_success_finishes_the_job_and_its_data_is_the_result(
    world: World, members: dict[str, Any]
) -> None:
    job_id = world.submit()
    answer = world.result("w", world.take("w"), data={"x": 1.0}, **members)
    assert answer == accepted("success_transition")
    job = world.job(job_id)
    assert (job["status"], job["result"], job["state_history"]) == ("finished", 1, {"x": 1})


@pytest.mark.parametrize("data", [5, "x", [1], False])
def test_data_that_is_no_object_is_the_result_as_it_is(world: World, data: Any) -> None:
    job_id = world.submit()
    world.result("w", world.take("w"), data=data)
    assert world.job(job_id)["result"] == data


def test_a_result_for_an_unknown_job_is_ignored(world: World) -> None:
    answer = world.result("w", {"job_id": "j", "task_id": "t"})
    assert reason(answer) == "job_not_found"


def test_a_result_of_another_worker_is_ignored_and_the_job_goes_on(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    world.register("other")
    assert reason(world.result("other", task)) == "worker_mismatch"
    assert world.job(job_id)["status"] == "waiting_for_worker"
    assert world.result("w", task)["status"] == "accepted"


def test_a_result_of_an_old_attempt_is_ignored(world: World) -> None:
    world.submit()
    old = world.take("w")
    world.fail("w", old, "TRANSIENT_ERROR")
    assert reason(world.result("w", old)) == "stale_task"
    assert world.result("w", world.take("w"))["status"] == "accepted"


def test_a_second_result_is_ignored(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    world.result("w", task, data={"x": 1})
    assert reason(world.result("w", task, data={"x": 2})) == "job_already_terminated"
    assert world.job(job_id)["result"] == 1


def test_a_result_does_not_revive_a_cancelled_job(world: World) -> None:
    job_id = world.submit()
    task = world.take("w")
    world.cancel(job_id)
    assert reason(world.result("w", task)) == "job_already_terminated"
    assert world.job(job_id)["status"] == "cancelled"


def test_a_result_after_the_time_out_of_the_last_attempt_is_too_late() -> None:
    world = World(policy=Policy(execution_timeout=5.0, max_retries=0))
    world.register("w")
    job_id = world.submit()
    task = world.take("w")
    world.wait(5.0)
    assert world.job(job_id)["status"] == "quarantined"
    assert reason(world.result("w", task)) == "deadline_exceeded"


def test_a_transient_failure_is_tried_again_until_no_attempt_is_left(world: World) -> None:
    job_id = world.submit()
    first = world.take("w")
    assert world.fail("w", first, "TRANSIENT_ERROR") == accepted("failure_handled")
    second = world.take("w")
    assert second["job_id"] == first["job_id"]
    assert second["task_id"] != first["task_id"]
    world.fail("w", second, "WHATEVER")
    assert world.has_none("w")
    job = world.job(job_id)
    assert (job["status"], job["retry_count"]) == ("quarantined", 1)
    assert job["error_message"] == "Task failed after 2 attempts: oops"


@pytest.mark.parametrize("error", [None, "text", {}, {"code": 5}])
def test_an_error_without_a_code_is_transient(world: World, error: Any) -> None:
    world.submit()
    task = world.take("w")
    assert world.result("w", task, status="failure", error=error)["status"] == "accepted"
    assert world.take("w")["job_id"] == task["job_id"]


def test_a_retry_goes_to_its_own_worker_when_nobody_is_idle(world: World) -> None:
    world.submit()
    task = world.take("w")
    world.beat("w", status="full")
    world.fail("w", task, "TRANSIENT_ERROR")
    assert world.take("w")["job_id"] == task["job_id"]


@pytest.mark.parametrize("code", ["PERMANENT_ERROR", "SECURITY_ERROR", "DEPENDENCY_ERROR"])
def test_a_permanent_failure_quarantines_without_retry(world: World, code: str) -> None:
    job_id = world.submit()
    assert world.fail("w", world.take("w"), code) == accepted("failure_handled")
    assert world.has_none("w")
    job = world.job(job_id)
    assert job["status"] == "quarantined"
    assert job["error_message"] == f"Task failed with permanent error ({code}): oops"
    assert world.record("w")["reputation"] == 0.95


@pytest.mark.parametrize("code", ["INVALID_INPUT_ERROR", "INTEGRITY_MISMATCH_ERROR"])
def test_a_failure_of_the_input_fails_the_job_without_penalty(world: World, code: str) -> None:
    job_id = world.submit()
    world.fail("w", world.take("w"), code)
    assert world.has_none("w")
    assert world.job(job_id)["status"] == "failed"
    assert world.record("w")["reputation"] == 1.0


def test_data_that_breaks_the_output_schema_is_a_contract_violation() -> None:
    world = World()
    world.register("w", skills=[STRICT])
    job_id = world.submit()
    answer = world.result("w", world.take("w"), data={"n": "x"})
    assert answer == accepted("failure_handled")
    assert world.job(job_id)["status"] == "quarantined"
    assert world.record("w")["reputation"] == 0.8  # once, not twice


@pytest.mark.parametrize("number", [1, 1.0])
def test_an_integral_float_is_an_integer_in_the_output(number: float) -> None:
    world = World()
    world.register("w", skills=[STRICT])
    job_id = world.submit()
    world.result("w", world.take("w"), data={"n": number})
    assert world.job(job_id)["status"] == "finished"


def test_success_repairs_a_reputation_by_little() -> None:
    world = World()
    world.register("w")
    world.submit()
    world.fail("w", world.take("w"), "PERMANENT_ERROR")
    world.submit()
    world.result("w", world.take("w"))
    assert round(world.record("w")["reputation"], 6) == 0.951


@pytest.mark.parametrize(("state", "status"), [("finished", "finished"), ("custom", "failed")])
def test_a_custom_status_follows_its_transition(world: World, state: str, status: str) -> None:
    job_id = world.submit(transitions={"done": state})
    answer = world.result("w", world.take("w"), status="done", data={"x": 1})
    assert answer == accepted("success_transition")
    assert world.job(job_id)["status"] == status


@pytest.mark.parametrize("status", ["strange", "SUCCESS", 5, [1]])
def test_an_unknown_status_fails_the_job(world: World, status: Any) -> None:
    job_id = world.submit()
    answer = world.result("w", world.take("w"), status=status)
    assert answer == accepted("unhandled_status_failure")
    job = world.job(job_id)
    assert job["status"] == "failed"
    assert job["error_message"] == f"Worker returned unhandled status: {status}"


def test_a_worker_s_cancellation_cancels_the_job(world: World) -> None:
    job_id = world.submit()
    answer = world.result("w", world.take("w"), status="cancelled")
    assert answer == accepted("cancelled_handled")
    assert world.job(job_id)["status"] == "cancelled"


def test_a_cancellation_may_have_a_transition(world: World) -> None:
    job_id = world.submit(transitions={"cancelled": "finished"})
    world.result("w", world.take("w"), status="cancelled")
    assert world.job(job_id)["status"] == "finished"


def two_branches() -> tuple[World, str, dict[str, Any], dict[str, Any]]:
    world = World()
    world.register("a", skills=["left"])
    world.register("b", skills=["right"])
    job_id = world.submit(parallel=[{"type": "left"}, {"type": "right"}])
    return world, job_id, world.take("a"), world.take("b")


def test_branches_on_several_workers_are_all_accepted() -> None:
    world, job_id, left, right = two_branches()
    assert not left["task_id"].startswith("task-")
    assert "skill_version" not in left
    assert world.result("a", left, data={"l": 1}) == accepted("parallel_branch_accepted")
    assert world.job(job_id)["status"] == "waiting_for_parallel_tasks"
    assert world.result("b", right, data={"r": 2}) == accepted("parallel_branch_accepted")
    job = world.job(job_id)
    assert job["status"] == "finished"
    assert job["result"] == {left["task_id"]: {"l": 1}, right["task_id"]: {"r": 2}}


def test_unknown_repeated_and_foreign_branches_are_refused() -> None:
    world, job_id, left, right = two_branches()
    assert reason(world.result("a", {**left, "task_id": "zz"})) == "stale_task"
    assert reason(world.result("a", right)) == "worker_mismatch"
    world.result("a", left)
    assert reason(world.result("a", left)) == "stale_task"
    assert world.job(job_id)["status"] == "waiting_for_parallel_tasks"


def test_a_branch_that_fails_for_good_fails_the_job_after_the_others() -> None:
    world, job_id, left, right = two_branches()
    assert world.fail("a", left, "PERMANENT_ERROR") == accepted("parallel_branch_accepted")
    assert world.job(job_id)["status"] == "waiting_for_parallel_tasks"
    world.result("b", right)
    job = world.job(job_id)
    assert (job["status"], job["error_message"]) == ("failed", "oops")


def test_a_branch_that_fails_for_now_is_tried_again() -> None:
    world, job_id, left, right = two_branches()
    world.fail("a", left, "TRANSIENT_ERROR")
    world.result("b", right)
    world.result("a", world.take("a"))
    assert world.job(job_id)["status"] == "finished"
