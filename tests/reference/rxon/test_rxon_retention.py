"""How long jobs are kept that have ended."""

from collections.abc import Callable
from typing import Any

import pytest
from rxon_world import World

from reference.rxon.state import JOB, Policy

KEPT = 100.0


def world(**policy: Any) -> World:
    made = World(policy=Policy(max_retries=1, job_retention=KEPT, **policy))
    made.register("w")
    return made


def finish(world: World) -> str:
    job_id = world.submit()
    world.result("w", world.take("w"), data={"x": 1})
    return job_id


def cancel(world: World) -> str:
    job_id = world.submit()
    world.cancel(job_id)
    return job_id


def quarantine(world: World) -> str:
    return world.submit(type="nobody has it")


def retried(world: World) -> str:
    job_id = world.submit()
    for _ in range(2):
        world.fail("w", world.take("w"), "TRANSIENT_ERROR")
    return job_id


ENDS = [finish, cancel, quarantine, retried]


@pytest.mark.parametrize("end", ENDS)
def test_a_job_that_has_ended_is_kept_for_a_while(end: Callable[[World], str]) -> None:
    here = world()
    job_id = end(here)
    here.wait(0)
    here.wait(KEPT - 0.1)
    assert here.job(job_id)["id"] == job_id
    here.wait(0.2)
    assert here.job(job_id) == {"error": "Job not found"}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_of_it_is_left_behind(end: Callable[[World], str]) -> None:
    here = world()
    end(here)
    here.wait(0)
    here.wait(KEPT)
    state = here.core.state
    left = (state.jobs, state.job_of_task, state.kept, state.ended, state.running)
    assert not any(left)
    assert all(change.document is None for change in here.core.changes() if change.kind == JOB)


def test_a_job_that_goes_on_is_never_forgotten() -> None:
    here = world(worker_ttl=10 * KEPT, execution_timeout=10 * KEPT)
    waiting, running = here.submit(), here.submit()
    here.take("w")
    here.wait(2 * KEPT)
    assert {here.job(job_id)["status"] for job_id in (waiting, running)} == {"waiting_for_worker"}


def test_more_than_so_many_are_not_kept() -> None:
    here = world(jobs_kept=3)
    ended = [finish(here) for _ in range(5)]
    here.wait(0)
    assert [job_id in here.core.state.jobs for job_id in ended] == [False, False, True, True, True]
    here.wait(KEPT)
    assert not here.core.state.jobs


def test_a_result_for_a_forgotten_job_is_one_for_an_unknown_job() -> None:
    here = world(jobs_kept=0)
    here.submit()
    task = here.take("w")
    here.result("w", task)
    here.wait(0)
    assert here.result("w", task)["reason"] == "job_not_found"
    assert here.beat("w", current_tasks=[task["task_id"]]).body == {"status": "ok"}


def test_the_while_begins_anew_when_the_orchestrator_does() -> None:
    here = world()
    job_id = finish(here)
    stored = {change.key: change.document for change in here.core.changes() if change.kind == JOB}
    again = world()
    again.core.restore({JOB: stored})
    again.wait(0)
    again.wait(KEPT - 0.1)
    assert again.job(job_id)["status"] == "finished"
    again.wait(0.2)
    assert again.job(job_id) == {"error": "Job not found"}
