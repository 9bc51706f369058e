from typing import Any

import pytest
from rxon_world import World

from reference.rxon.core import Reply


@pytest.fixture
def world() -> World:
    world = World()
    world.register("w")
    return world


def submit(world: World, body: Any) -> Reply:
    return world.core.submit(body, owner="client-1", now=world.now)


def test_a_job_is_accepted_with_its_id(world: World) -> None:
    reply = submit(world, {"initial_data": {"dispatch": {}}})
    assert reply.status == 202
    assert reply.body["status"] == "accepted"
    assert world.job(reply.body["job_id"])["status"] == "waiting_for_worker"


@pytest.mark.parametrize("body", [None, [], {}, "x", 5])
def test_a_body_that_is_no_object_is_refused(world: World, body: Any) -> None:
    assert submit(world, body) == Reply(400, {"error": "Invalid JSON body"})


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"initial_data": []}, "initial_data"),
        ({"initial_data": {"dispatch": []}}, "initial_data.dispatch: expected object"),
        ({"initial_data": {"dispatch": {"params": 5}}}, "initial_data.dispatch.params"),
        ({"initial_data": {"parallel": []}}, "initial_data.parallel"),
        ({"initial_data": {"parallel": [{"type": 5}]}}, "initial_data.parallel[0].type"),
        ({"metadata": 5}, "metadata"),
        ({"security": "x"}, "security"),
        ({"result_timeout": "soon"}, "result_timeout: expected number"),
    ],
)
def test_a_wrong_member_is_refused_by_its_path(world: World, body: Any, path: str) -> None:
    reply = submit(world, body)
    assert reply.status == 400
    assert reply.body["error"].startswith(path)


@pytest.mark.parametrize("number", [2**64, 1e22])
def test_a_number_that_json_cannot_carry_is_refused(world: World, number: float) -> None:
    assert submit(world, {"initial_data": {"dispatch": {"params": {"n": number}}}}).status == 400


def test_a_foreign_job_is_neither_shown_nor_cancelled(world: World) -> None:
    job_id = world.submit()
    shown = world.core.job(job_id, owner="client-2", fields=None, now=world.now)
    assert shown.status == 403
    assert world.core.cancel(job_id, owner="client-2", now=world.now).status == 403
    assert world.job(job_id)["status"] == "waiting_for_worker"


def test_an_unknown_job_is_not_found(world: World) -> None:
    shown = world.core.job("x", owner="client-1", fields=None, now=world.now)
    assert shown == Reply(404, {"error": "Job not found"})
    assert world.cancel("x").status == 404


def test_a_job_is_cancelled_once(world: World) -> None:
    job_id = world.submit()
    assert world.cancel(job_id) == Reply(200, {"status": "cancellation_request_accepted"})
    assert world.cancel(job_id) == Reply(404, {"error": "Job not found or already terminal."})
    assert world.job(job_id)["status"] == "cancelled"


def test_only_the_fields_asked_for_are_shown(world: World) -> None:
    job_id = world.submit()
    shown = world.core.job(job_id, owner="client-1", fields=["id", "zz"], now=world.now)
    assert shown.body == {"id": job_id}


def test_a_job_without_a_suitable_worker_is_quarantined_at_once(world: World) -> None:
    job = world.job(world.submit(type="x"))
    assert job["status"] == "quarantined"
    assert job["error_message"] == "No suitable workers for task type 'x'"
    assert "client-1" not in str(job)


def test_the_limits_of_a_job_hold_for_tasks_without_their_own(world: World) -> None:
    body = {"result_timeout": 50, "initial_data": {"dispatch": {"result_timeout_seconds": 5}}}
    submit(world, body)
    assert world.take("w")["deadline"] == int(world.now) + 5
    submit(world, {"result_timeout": 50, "initial_data": {}})
    assert world.take("w")["deadline"] == int(world.now) + 50
