from typing import Any

import pytest
from gateway_world import World, capability

from reference.neuron.planning import UnknownError
from reference.neuron.tasks import OrderError


def revoke(world: World, kind: str = "conf/echo", reason: str | None = None) -> None:
    world.core.revoke(kind, reason=reason, now=world.now)
    world.settle()


def opened(world: World) -> Any:
    return world.core.open_stream("n", subject="user:alice", now=world.now)


def test_a_task_is_given_what_it_does_not_bring() -> None:
    world = World(max_attempts=7)
    task_id = world.inject()
    order = world.core.state.tasks[task_id].order
    assert (order.max_attempts, order.created, order.input) == (7, world.now, None)
    assert order.workflow_id


def test_a_task_that_is_none_is_refused() -> None:
    with pytest.raises(OrderError):
        World().inject("nonsense")


def test_a_task_tells_where_it_is() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    view = world.task(task_id)
    assert (view["lease_id"], view["neuron_id"]) == (lease["leaseId"], "n")
    assert "waiting_for" not in view


def test_tasks_are_listed_in_short() -> None:
    world = World()
    first, second = world.inject(), world.inject("conf/other")
    listed = world.core.tasks(now=world.now)
    assert [each["task_id"] for each in listed] == [first, second]
    assert listed[1] == {
        "task_id": second,
        "capability": "conf/other",
        "state": "pending",
        "attempt": 0,
        "created": world.now,
    }


def test_a_neuron_is_shown_with_what_it_does() -> None:
    world = World()
    world.connect(capability(leaseTtlMs=1000))
    world.inject()
    (view,) = world.core.neurons(now=world.now)
    assert view == {
        "neuron_id": "n",
        "subject": "user:alice",
        "connected": True,
        "registered": True,
        "session_id": view["session_id"],
        "capabilities": [capability(leaseTtlMs=1000)],
        "in_flight": 1,
        "last_heartbeat_age": None,
    }


def test_a_revoked_capability_is_told_and_leased_no_more() -> None:
    world = World()
    stream = world.connect(capability(), capability("conf/other"))
    running = world.inject()
    lease = world.lease(stream)
    revoke(world, reason="policy")
    assert world.frame(stream) == {
        "type": "capability-revoked",
        "capability": "conf/echo",
        "reason": "policy",
        "revokedAt": world.instant(),
    }
    assert world.ack(lease).status == 200
    assert world.state(running) == "done"
    world.inject()
    assert world.frame(stream) is None
    world.inject("conf/other")
    assert world.lease(stream)


def test_nor_to_those_who_register_it_later() -> None:
    world = World()
    revoke(world)
    stream = world.open()
    world.inject()
    assert world.register().status == 200
    (frame,) = world.frames(stream)
    assert frame["capabilities"] == []


def test_only_those_who_offer_it_are_told() -> None:
    world = World()
    stream = world.connect(capability("conf/other"))
    revoke(world)
    assert world.frame(stream) is None


def test_a_goodbye_is_the_last_frame() -> None:
    world = World()
    stream = world.connect()
    world.part()
    assert world.frame(stream) == {
        "type": "disconnect",
        "reason": "bye",
        "reconnectable": True,
        "sentAt": world.instant(),
    }
    assert world.frame(stream) == "end"


def test_who_may_come_back_comes_back() -> None:
    world = World()
    stream = world.connect()
    world.part(reconnectable=True)
    assert world.frame(stream)["reconnectable"]
    assert world.frame(stream) == "end"
    world.close(stream)
    assert isinstance(opened(world), int)


def test_who_may_not_is_refused_until_it_is_told_otherwise() -> None:
    world = World()
    stream = world.connect()
    world.part(reconnectable=False)
    assert not world.frame(stream)["reconnectable"]
    assert world.frame(stream) == "end"
    world.close(stream)
    assert (opened(world).status, opened(world).body["code"]) == (403, "DISCONNECTED")
    world.die_and_live()
    assert opened(world).status == 403
    world.part(reconnectable=True)
    assert isinstance(opened(world), int)
    world.die_and_live()
    assert isinstance(opened(world), int)


def test_a_goodbye_may_be_for_all() -> None:
    world = World()
    streams = [world.connect(neuron_id=name) for name in ("a", "b")]
    world.part(None)
    assert [world.frame(stream)["type"] for stream in streams] == ["disconnect", "disconnect"]


def test_a_neuron_that_is_leaving_gets_no_lease_and_no_second_goodbye() -> None:
    world = World()
    stream = world.connect()
    world.part()
    world.part()
    task_id = world.inject()
    assert world.frame(stream)["type"] == "disconnect"
    assert world.frame(stream) == "end"
    assert world.state(task_id) == "pending"


def test_a_stream_may_end_without_a_word() -> None:
    world = World()
    stream = world.connect()
    world.core.end_stream("n", now=world.now)
    assert world.frame(stream) == "end"
    assert not world.core.neurons(now=world.now)[0]["connected"]


def test_who_is_not_there_cannot_be_sent_away() -> None:
    world = World()
    with pytest.raises(UnknownError):
        world.part("nobody")
    with pytest.raises(UnknownError):
        world.core.end_stream("nobody", now=world.now)
