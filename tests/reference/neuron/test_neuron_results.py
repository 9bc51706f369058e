from typing import Any

import pytest
from gateway_world import BOB, World, capability

from reference.neuron.gateway_replies import Reply
from reference.neuron.timestamps import at, write

UNKNOWN = {"leaseId": "nobody"}


def leased(**members: Any) -> tuple[World, str, Any]:
    world = World()
    stream = world.connect()
    task_id = world.inject(**members)
    return world, task_id, world.lease(stream)


def refused(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body["code"]


def test_an_ack_is_the_result() -> None:
    world, task_id, lease = leased()
    assert world.ack(lease, output={"a": 1}).body == {"ok": True}
    assert world.task(task_id)["output"] == {"a": 1}


def test_an_ack_without_output_is_null() -> None:
    world, task_id, lease = leased()
    world.ack(lease)
    assert world.task(task_id)["output"] is None


@pytest.mark.parametrize("again", ["ack", "nack"])
def test_a_second_result_changes_nothing(again: str) -> None:
    world, task_id, lease = leased()
    world.ack(lease, output=1)
    assert refused(getattr(world, again)(lease)) == (409, "LEASE_CLOSED")
    assert world.task(task_id)["output"] == 1


@pytest.mark.parametrize("kind", ["ack", "nack", "progress"])
def test_an_unknown_lease_is_unknown(kind: str) -> None:
    world, task_id, _lease = leased()
    assert refused(getattr(world, kind)(UNKNOWN)) == (404, "UNKNOWN_LEASE")
    assert world.state(task_id) == "leased"


@pytest.mark.parametrize("kind", ["ack", "nack", "progress"])
def test_the_lease_of_another_identity_is_forbidden(kind: str) -> None:
    world, task_id, lease = leased()
    assert refused(getattr(world, kind)(lease, subject=BOB)) == (403, "FORBIDDEN")
    view = world.task(task_id)
    assert (view["state"], view["progress"]) == ("leased", [])
    assert world.ack(lease).status == 200


def test_an_output_that_is_not_what_the_planner_wants_is_refused_and_fails_the_task() -> None:
    world, task_id, lease = leased(output_schema={"type": "string"})
    assert refused(world.ack(lease, output=5)) == (422, "OUTPUT_SCHEMA_MISMATCH")
    failure = world.task(task_id)["failure"]
    assert (failure["kind"], failure["code"]) == ("schema-mismatch", "OUTPUT_SCHEMA_MISMATCH")
    assert len(failure["details"]["errors"]) == 1
    assert refused(world.ack(lease, output="s")) == (409, "LEASE_CLOSED")


def test_an_output_that_is_is_taken() -> None:
    world, task_id, lease = leased(output_schema={"type": "string"})
    assert world.ack(lease, output="s").status == 200
    assert world.state(task_id) == "done"


def test_no_output_is_judged_as_null() -> None:
    world, _task_id, lease = leased(output_schema={"type": "null"})
    assert world.ack(lease).status == 200


def test_a_schema_that_cannot_be_applied_is_a_mismatch() -> None:
    for schema in ({"type": "objekt"}, {"$ref": "#"}, {"$ref": "#/$defs/nope"}):
        world, task_id, lease = leased(output_schema=schema)
        assert world.ack(lease, output=1).status == 422
        assert world.state(task_id) == "failed"


def test_a_failure_is_kept_with_all_that_was_said() -> None:
    world, task_id, lease = leased()
    world.nack(lease, "schema-mismatch", code="C", details={"errors": ["e"]})
    assert world.task(task_id)["failure"] == {
        "kind": "schema-mismatch",
        "reason": "r",
        "code": "C",
        "details": {"errors": ["e"]},
    }


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"percent": 50.0},
        {"percent": 0, "message": ""},
        {"percent": 100, "message": "m", "data": {"k": None}},
        {"data": [None]},
    ],
)
def test_progress_may_say_anything_or_nothing(said: dict[str, Any]) -> None:
    world, task_id, lease = leased()
    assert world.progress(lease, **said).status == 200
    assert world.task(task_id)["progress"] == [said]


@pytest.mark.parametrize("said", [{"percent": 101}, {"percent": -0.1}, {"percent": "5"}, {"x": 1}])
def test_progress_is_a_percentage(said: dict[str, Any]) -> None:
    world, task_id, lease = leased()
    assert refused(world.progress(lease, **said)) == (400, "INVALID_FRAME")
    assert world.task(task_id)["progress"] == []


def test_progress_after_the_end_does_no_harm() -> None:
    world, task_id, lease = leased()
    world.ack(lease)
    before = world.task(task_id)
    assert world.progress(lease, percent=1).status == 200
    assert world.task(task_id) == before


@pytest.mark.parametrize(
    "wrong", [{"kind": "fatal"}, {"reason": ""}, {"reason": None}, {"failedAt": "now"}]
)
def test_a_nack_says_what_and_why(wrong: dict[str, Any]) -> None:
    world, task_id, lease = leased()
    frame = {"type": "nack", "kind": "terminal", "reason": "r", "failedAt": write(at(0.0))}
    reply = world.post({**frame, "leaseId": lease["leaseId"], **wrong})
    assert refused(reply) == (400, "INVALID_FRAME")
    assert world.state(task_id) == "leased"


def test_a_heartbeat_needs_a_session_and_without_one_the_stream_ends() -> None:
    world = World()
    assert refused(world.beat()) == (409, "NO_SESSION")
    stream = world.open()
    assert refused(world.beat()) == (409, "NO_SESSION")
    assert world.frame(stream) == "end"
    world.connect()
    assert world.beat().status == 200


def test_a_heartbeat_may_list_what_nobody_knows() -> None:
    world, _task_id, lease = leased()
    assert world.beat(UNKNOWN, lease, UNKNOWN).status == 200


def test_a_heartbeat_does_not_revive_what_is_over() -> None:
    world, task_id, lease = leased()
    world.ack(lease)
    world.beat(lease)
    world.wait(60)
    assert world.state(task_id) == "done"


def test_the_last_heartbeat_has_an_age() -> None:
    world = World()
    world.connect(capability())
    assert world.core.neurons(now=world.now)[0]["last_heartbeat_age"] is None
    world.beat()
    world.wait(2)
    assert world.core.neurons(now=world.now)[0]["last_heartbeat_age"] == 2.0
