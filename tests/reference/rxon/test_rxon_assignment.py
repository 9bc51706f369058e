from typing import Any

from rxon_world import World

from reference.rxon.state import CancelTask, Policy, Wake


def world_with(*worker_ids: str, **members: Any) -> World:
    world = World(policy=Policy(max_retries=1))
    for worker_id in worker_ids:
        world.register(worker_id, **members)
    world.effects()
    return world


def steal(world: World, worker_id: str) -> dict[str, Any] | None:
    return world.core.steal(worker_id, skills=None, now=world.now)


def test_a_new_task_wakes_its_worker() -> None:
    world = world_with("w")
    world.submit()
    assert world.effects() == [Wake("w")]


def test_a_task_has_the_members_of_the_job_normalised_and_in_order() -> None:
    world = world_with("w")
    body = {
        "initial_data": {"dispatch": {"params": {"a": 1.0, "b": None}, "priority": 2.0}},
        "metadata": {"m": 1.0},
        "security": {"signature": "cl"},
        "result_timeout": 100,
    }
    world.core.submit(body, owner="client-1", now=world.now + 0.7)
    task = world.take("w")
    assert list(task) == [
        "job_id",
        "task_id",
        "type",
        "params",
        "tracing_context",
        "priority",
        "deadline",
        "security",
        "metadata",
        "timestamp",
        "skill_version",
    ]
    assert task["task_id"].startswith("task-")
    assert repr(task["params"]) == "{'a': 1}"
    assert task["security"] == {"signature": "cl"}
    assert (task["timestamp"], task["deadline"]) == (1_700_000_000, 1_700_000_100)
    assert task["skill_version"] == "1.0.0"


def test_a_task_is_delivered_once() -> None:
    world = world_with("w")
    world.submit()
    world.take("w")
    assert world.has_none("w")


def test_a_poll_may_name_the_skills_that_it_can_start() -> None:
    world = world_with("w", skills=["a", "b"])
    world.submit(type="a")
    world.submit(type="b")
    assert world.has_none("w", skills=["c"])
    assert world.take("w", skills=["b"])["type"] == "b"
    assert world.take("w")["type"] == "a"


def test_an_undelivered_task_goes_back_to_the_head() -> None:
    world = world_with("w")
    first, second = world.submit(), world.submit()
    task = world.take("w")
    world.core.give_back(task["task_id"])
    assert [world.take("w")["job_id"], world.take("w")["job_id"]] == [first, second]


def test_an_undelivered_task_of_a_cancelled_job_stays_away() -> None:
    world = world_with("w")
    job_id = world.submit()
    task = world.take("w")
    world.cancel(job_id)
    world.core.give_back(task["task_id"])
    assert world.has_none("w")


def test_a_task_that_nobody_knows_any_more_is_not_taken_back() -> None:
    world = world_with("w")
    world.core.give_back("task-of-yesterday")
    assert world.effects() == []


def test_an_undelivered_task_has_all_its_time_again() -> None:
    world = World(policy=Policy(execution_timeout=5.0, max_retries=0))
    world.register("w")
    job_id = world.submit()
    world.core.give_back(world.take("w")["task_id"])
    world.wait(6.0)
    assert world.job(job_id)["status"] == "waiting_for_worker"


def test_a_cancelled_job_s_queued_task_is_not_delivered() -> None:
    world = world_with("w")
    world.cancel(world.submit())
    assert world.has_none("w")


def test_cancelling_calls_off_a_running_task_only() -> None:
    world = world_with("w")
    queued, running = world.submit(priority=-1), world.submit()
    task = world.take("w")
    world.effects()
    world.cancel(queued)
    assert world.effects() == []
    world.cancel(running)
    assert world.effects() == [CancelTask("w", task["task_id"], running)]


def test_an_idle_worker_steals_from_the_longest_queue_and_may_answer() -> None:
    world = world_with("a", "b")
    job_id = world.submit()
    assert world.has_none("b")
    task = steal(world, "b")
    assert task is not None
    assert world.has_none("a")
    assert world.result("a", task)["reason"] == "worker_mismatch"
    assert world.result("b", task)["status"] == "accepted"
    assert world.job(job_id)["status"] == "finished"


def test_a_thief_must_satisfy_the_requirements() -> None:
    world = world_with("a", resources={"properties": {"ram_gb": 8}})
    world.register("b")
    world.submit(resource_requirements={"resources": {"ram_gb": 8}})
    assert steal(world, "b") is None
    assert world.take("a")


def test_neither_a_busy_nor_an_unknown_worker_steals() -> None:
    world = world_with("a", "b")
    world.submit()
    world.beat("b", status="busy")
    assert steal(world, "b") is None
    assert steal(world, "stranger") is None
    world.beat("b")
    assert steal(world, "b")


def test_nobody_steals_from_a_worker_that_is_gone() -> None:
    world = World(policy=Policy(worker_ttl=10.0))
    world.register("a", skills=["rare"])
    world.submit(type="rare")
    world.wait(10.0)
    world.register("b", skills=["rare"])
    assert steal(world, "b") is None


def test_the_load_of_a_worker_follows_its_tasks() -> None:
    world = world_with("a", "b")
    loads = [world.record("a")["current_load"]]
    world.submit()
    world.submit()
    loads.append(world.record("a")["current_load"])
    task = world.take("a")
    steal(world, "b")
    loads.append(world.record("a")["current_load"])
    world.result("a", task)
    loads.append(world.record("a")["current_load"])
    assert loads == [0, 2, 1, 0]
    assert world.record("b")["current_load"] == 1


def test_a_parallel_job_without_a_worker_for_one_branch_gives_out_none() -> None:
    world = world_with("w")
    job_id = world.submit(parallel=[{"type": "echo"}, {"type": "other"}])
    assert world.job(job_id)["status"] == "quarantined"
    assert world.has_none("w")
