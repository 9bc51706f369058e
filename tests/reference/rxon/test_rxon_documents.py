from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from rxon_world import World

from reference.journal import Journal
from reference.rxon.identity import Credentials
from reference.rxon.state import JOB, TOKEN, WORKER, Policy

POLICY = Policy(worker_ttl=100.0, execution_timeout=50.0, max_retries=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(str(tmp_path / "store"))
    yield journal
    journal.close()


def restarted(world: World, journal: Journal, *, after: float = 0.0) -> World:
    """Return a world that knows only what the first one had written."""
    journal.write(world.core.changes())
    again = World(policy=POLICY)
    again.now = world.now + after
    again.core.restore({kind: journal.read(kind) for kind in (WORKER, JOB, TOKEN)})
    return again


@pytest.fixture
def world() -> World:
    world = World(policy=POLICY)
    world.register("w", skills=[{"name": "echo", "output_schema": {"type": "object"}}])
    return world


def test_a_worker_comes_back_with_its_reputation(world: World, journal: Journal) -> None:
    world.submit()
    world.fail("w", world.take("w"), "PERMANENT_ERROR")
    before = world.record("w")
    assert restarted(world, journal).record("w") == before


def test_a_worker_whose_life_ended_meanwhile_is_gone(world: World, journal: Journal) -> None:
    again = restarted(world, journal, after=100.0)
    again.wait(0.0)
    assert again.core.workers() == []


def test_a_queue_comes_back_in_order(world: World, journal: Journal) -> None:
    jobs = [world.submit(priority=priority) for priority in (0, 5, 0)]
    again = restarted(world, journal)
    taken = [again.take("w")["job_id"] for _ in jobs]
    assert taken == [jobs[1], jobs[0], jobs[2]]
    assert again.submit() not in jobs
    assert again.record("w")["current_load"] == 4


def test_a_running_task_may_still_be_answered(world: World, journal: Journal) -> None:
    job_id = world.submit()
    task = world.take("w")
    again = restarted(world, journal)
    assert again.has_none("w")
    assert again.result("w", task, data={"x": 1})["status"] == "accepted"
    assert again.job(job_id)["result"] == 1


def test_the_clock_of_a_running_task_goes_on(world: World, journal: Journal) -> None:
    world.submit()
    old = world.take("w")
    again = restarted(world, journal, after=49.0)
    assert again.has_none("w")
    again.wait(1.0)
    assert again.take("w")["job_id"] == old["job_id"]
    assert again.result("w", old)["reason"] == "stale_task"


def test_an_ended_job_stays_ended(world: World, journal: Journal) -> None:
    done, gone = world.submit(), world.submit()
    task = world.take("w")
    world.result("w", task, data={"x": 1})
    running = world.take("w")
    world.cancel(gone)
    again = restarted(world, journal)
    assert again.job(done) == world.job(done)
    assert again.job(gone)["status"] == "cancelled"
    assert again.result("w", task)["reason"] == "job_already_terminated"
    told = again.beat("w", current_tasks=[running["task_id"]]).body
    assert told["cancel_task_ids"] == [running["task_id"]]


def test_progress_and_branches_come_back(world: World, journal: Journal) -> None:
    job_id = world.submit(parallel=[{}, {}])
    first, second = world.take("w"), world.take("w")
    world.event("w", payload={"progress": 0.5}, target_job_id=job_id)
    world.result("w", first, data={})
    again = restarted(world, journal)
    assert again.job(job_id)["progress"] == 0.5
    again.result("w", second, data={})
    assert again.job(job_id)["status"] == "finished"


def test_an_access_token_comes_back(world: World, journal: Journal) -> None:
    certificate = Credentials(token=None, certificate_name="w")
    issued = world.core.issue_token(credentials=certificate, now=world.now)
    again = restarted(world, journal)
    shown = Credentials(token=issued.body["access_token"])
    assert again.core.let_in("poll", "w", credentials=shown, now=again.now) is None


def test_only_what_changed_is_written(world: World) -> None:
    list(world.core.changes())
    job_id = world.submit()
    written: list[Any] = list(world.core.changes())
    assert [(change.kind, change.key) for change in written] == [(JOB, job_id)]
    assert orjson.loads(orjson.dumps(written[0].document))["status"] == "waiting_for_worker"
    assert list(world.core.changes()) == []


def test_a_silent_worker_s_document_goes_away(world: World) -> None:
    list(world.core.changes())
    world.wait(100.0)
    assert [(change.key, change.document) for change in world.core.changes()] == [("w", None)]
