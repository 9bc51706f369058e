"""Tasks on their way to neurons, with a clock that only moves when told."""

from typing import Any

import pytest
from gateway_world import ALICE, BOB, World, capability

from reference.neuron import timestamps
from reference.neuron.planning import TooLateError, UnknownError


def test_a_task_waits_until_a_neuron_offers_its_capability() -> None:
    world = World()
    task_id = world.inject()
    other = world.connect(capability("conf/other"), neuron_id="other")
    assert world.frame(other) is None
    assert world.task(task_id)["waiting_for"] == (
        "a neuron that offers conf/echo; none is connected"
    )
    stream = world.connect()
    assert world.lease(stream)["task"]["taskId"] == task_id
    assert world.state(task_id) == "leased"


def test_no_lease_before_the_stream_is_registered() -> None:
    world = World()
    stream = world.open()
    world.inject()
    assert world.frames(stream) == []


def test_a_refused_register_brings_no_lease() -> None:
    world = World()
    stream = world.open()
    assert world.register(capability(concurrency=0)).status == 400
    world.inject()
    assert world.frames(stream) == []


def test_unfinished_leases_never_exceed_the_concurrency() -> None:
    world = World()
    stream = world.connect(capability(concurrency=2))
    tasks = [world.inject() for _ in range(4)]
    first, second = (frame["lease"] for frame in world.frames(stream))
    assert [each["task"]["taskId"] for each in (first, second)] == tasks[:2]
    assert world.task(tasks[2])["waiting_for"] == (
        "a free slot; all neurons that offer conf/echo are busy"
    )
    world.ack(second)
    assert world.lease(stream)["task"]["taskId"] == tasks[2]
    world.nack(first, "terminal")
    assert world.lease(stream)["task"]["taskId"] == tasks[3]


def test_capabilities_do_not_share_slots() -> None:
    world = World()
    stream = world.connect(capability("conf/a"), capability("conf/b"))
    for kind in ("conf/a", "conf/a", "conf/b"):
        world.inject(kind)
    assert [frame["lease"]["task"]["capability"] for frame in world.frames(stream)] == [
        "conf/a",
        "conf/b",
    ]


def test_neurons_take_turns() -> None:
    world = World()
    streams = [world.connect(capability(concurrency=2), neuron_id=name) for name in "abc"]
    for _ in range(6):
        world.inject()
    assert [len(world.frames(stream)) for stream in streams] == [2, 2, 2]


@pytest.mark.parametrize(
    ("scope", "user", "delivered"),
    [
        ("any", None, True),
        ("any", ALICE, True),
        ({"onBehalfOf": ALICE}, ALICE, True),
        ({"onBehalfOf": ALICE}, BOB, False),
        ({"onBehalfOf": ALICE}, None, False),
    ],
)
def test_a_scope_receives_only_the_tasks_of_its_user(
    scope: Any,
    user: str | None,
    delivered: bool,  # noqa: FBT001  a column of the table
) -> None:
    world = World()
    stream = world.connect(capability(scope=scope))
    task_id = world.inject(on_behalf_of=user)
    assert (world.frame(stream) is not None) is delivered
    if not delivered:
        assert world.task(task_id)["waiting_for"].startswith("a neuron that offers conf/echo for ")


def test_a_users_own_neuron_comes_before_the_shared_one() -> None:
    world = World()
    shared = world.connect(neuron_id="shared")
    own = world.connect(capability(scope={"onBehalfOf": ALICE}), neuron_id="own")
    world.inject(on_behalf_of=ALICE)
    assert (world.frame(shared), len(world.frames(own))) == (None, 1)


def test_a_task_of_nobody_does_not_hold_up_those_behind_it() -> None:
    world = World()
    stream = world.connect(capability(scope={"onBehalfOf": ALICE}))
    world.inject(on_behalf_of=BOB)
    mine = world.inject(on_behalf_of=ALICE)
    assert world.lease(stream)["task"]["taskId"] == mine


def test_a_lease_lasts_as_long_as_its_capability_asks() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect(capability("conf/a", leaseTtlMs=5000), capability("conf/b"))
    for kind in ("conf/a", "conf/b"):
        world.inject(kind)
    spans = []
    for frame in world.frames(stream):
        sent, expires = frame["sentAt"], frame["lease"]["expiresAt"]
        spans.append((timestamps.read(expires) - timestamps.read(sent)).total_seconds())
    assert spans == [5.0, 30.0]


def test_a_lease_that_is_neither_renewed_nor_answered_is_delivered_again() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    task_id = world.inject()
    first = world.lease(stream)
    world.wait(29.9)
    assert world.frame(stream) is None
    world.beat()
    world.wait(0.2)
    again = world.lease(stream)
    assert again["leaseId"] != first["leaseId"]
    assert (again["task"]["taskId"], again["task"]["attempt"]) == (task_id, 1)
    assert world.ack(first).body["code"] == "LEASE_CLOSED"
    assert world.ack(again).status == 200


def test_a_heartbeat_renews_the_leases_that_it_lists_and_no_others() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect(capability(concurrency=2))
    kept, dropped = world.inject(), world.inject()
    lease = world.frames(stream)[0]["lease"]
    for _ in range(6):
        world.wait(10)
        assert world.beat(lease).status == 200
    assert (world.task(kept)["attempt"], world.task(dropped)["attempt"]) == (0, 1)


def test_a_heartbeat_cannot_renew_the_lease_of_another_neuron() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    world.connect(capability("conf/other"), neuron_id="other")
    task_id = world.inject()
    lease = world.lease(stream)
    for _ in range(4):
        world.wait(10)
        world.beat(lease, neuron_id="other")
        world.beat()
    assert world.task(task_id)["attempt"] == 1


def test_the_lease_of_a_lost_stream_goes_to_another_neuron() -> None:
    world = World()
    stream = world.connect(neuron_id="a")
    other = world.connect(neuron_id="b")
    task_id = world.inject()
    first = world.lease(stream)
    world.close(stream)
    again = world.lease(other)
    assert (again["task"]["taskId"], again["task"]["attempt"]) == (task_id, 1)
    assert world.ack(first).body["code"] == "LEASE_CLOSED"


def test_or_to_the_same_after_it_has_registered_again() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.close(stream)
    assert world.lease(world.connect())["task"]["taskId"] == task_id


def test_a_result_is_taken_while_the_stream_is_down() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.close(stream)
    assert world.state(task_id) == "pending"
    assert world.ack(lease, output=1).status == 200
    assert world.task(task_id)["output"] == 1
    assert world.frames(world.connect()) == []


def test_but_not_after_the_lease_has_expired() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.close(stream)
    world.wait(30)
    assert world.ack(lease).body["code"] == "LEASE_CLOSED"
    assert world.state(task_id) == "pending"


def test_a_new_stream_replaces_the_old_one_and_gets_the_leases() -> None:
    world = World()
    old = world.connect()
    task_id = world.inject()
    world.lease(old)
    new = world.connect()
    assert world.frame(old) == "end"
    assert world.lease(new)["task"]["taskId"] == task_id
    world.close(old)  # its handler only now gets to the end
    assert world.core.neurons(now=world.now)[0]["connected"]


def test_a_neuron_that_is_not_heard_of_is_dead() -> None:
    world = World(lease_ttl=3600.0, dead_after=45.0)
    stream = world.connect()
    other = world.connect(neuron_id="other")
    task_id = world.inject()
    world.lease(stream)
    for _ in range(5):
        world.wait(9)
        world.beat(neuron_id="other")
    assert world.frame(stream) == "end"
    assert world.lease(other)["task"]["taskId"] == task_id


@pytest.mark.parametrize("sign", ["beat", "progress", "update"])
def test_a_neuron_that_says_anything_lives(sign: str) -> None:
    world = World(lease_ttl=3600.0, dead_after=45.0)
    stream = world.connect()
    world.inject()
    lease = world.lease(stream)
    arguments = {"beat": (), "progress": (lease,), "update": (capability(),)}[sign]
    for _ in range(3):
        world.wait(44)
        assert getattr(world, sign)(*arguments).status == 200
        assert world.frame(stream) is None


def test_a_stream_without_a_session_may_be_idle_for_ever() -> None:
    world = World(dead_after=45.0)
    stream = world.open()
    world.wait(3600 * 24)
    assert world.frame(stream) is None


# Nacks


def test_a_retryable_nack_is_delivered_again() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    first = world.lease(stream)
    world.nack(first, code="HANDLER_THREW")
    again = world.lease(stream)
    assert again["task"]["taskId"] == task_id
    assert (again["task"]["attempt"], again["leaseId"] != first["leaseId"]) == (1, True)
    assert world.task(task_id)["last_failure"]["code"] == "HANDLER_THREW"


def test_to_another_neuron_if_there_is_one() -> None:
    world = World()
    first = world.connect(neuron_id="a")
    other = world.connect(neuron_id="b")
    world.inject()
    world.nack(world.lease(first))
    assert (world.frame(first), len(world.frames(other))) == (None, 1)


def test_and_before_the_tasks_that_came_later() -> None:
    world = World()
    stream = world.connect()
    early, _late = world.inject(), world.inject()
    world.nack(world.lease(stream))
    assert world.lease(stream)["task"]["taskId"] == early


def test_the_last_delivery_fails_the_task() -> None:
    world = World(max_attempts=3)
    stream = world.connect()
    task_id = world.inject()
    attempts = []
    for _ in range(3):
        lease = world.lease(stream)
        attempts.append(lease["task"]["attempt"])
        world.nack(lease)
        world.wait(10)
    assert attempts == [0, 1, 2]
    view = world.task(task_id)
    assert (view["state"], view["attempt"]) == ("failed", 2)
    assert view["failure"] == {"kind": "retryable", "reason": "r"}
    assert world.frame(stream) is None


def test_a_task_may_say_itself_how_often_it_is_delivered() -> None:
    world = World(max_attempts=3)
    stream = world.connect()
    task_id = world.inject(max_attempts=1)
    world.nack(world.lease(stream))
    assert world.state(task_id) == "failed"


def test_the_last_expiry_fails_the_task() -> None:
    world = World(max_attempts=1, lease_ttl=30.0)
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.wait(30)
    assert world.task(task_id)["failure"]["kind"] == "expired"


def test_a_last_delivery_whose_stream_is_lost_may_still_succeed() -> None:
    world = World(max_attempts=1, lease_ttl=30.0)
    stream = world.connect()
    done, failed = world.inject(), world.inject()
    lease = world.lease(stream)
    world.close(stream)
    assert world.task(done)["waiting_for"].startswith("the result of its last delivery")
    again = world.connect()
    assert world.lease(again)["task"]["taskId"] == failed
    assert world.ack(lease).status == 200
    world.close(again)
    world.wait(30)
    assert (world.state(done), world.state(failed)) == ("done", "failed")


def test_every_rest_after_the_first_is_longer() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    rests = []
    for _ in range(4):
        world.nack(world.lease(stream))
        waited = 0.0
        while not world.core.state.fleet.on_stream(stream).outbox:  # type: ignore[union-attr]
            world.wait(0.25)
            waited += 0.25
        rests.append(waited)
    assert rests == [0.0, 0.25, 0.5, 1.0]
    assert world.task(task_id)["attempt"] == 4


def test_a_rest_can_be_asked_for() -> None:
    world = World(retry_delay=2.0)
    stream = world.connect()
    task_id = world.inject()
    world.nack(world.lease(stream))
    assert world.task(task_id)["waiting_for"] == "its next attempt, in 2.0 s"
    world.wait(1.9)
    assert world.frame(stream) is None
    world.wait(0.1)
    assert world.lease(stream)["task"]["attempt"] == 1


def test_a_task_that_rests_lets_the_next_go_first() -> None:
    world = World(retry_delay=2.0)
    stream = world.connect()
    early, late = world.inject(), world.inject()
    world.nack(world.lease(stream))
    assert world.lease(stream)["task"]["taskId"] == late
    world.wait(2)
    assert world.state(early) == "pending"


@pytest.mark.parametrize(
    ("kind", "state"),
    [("terminal", "failed"), ("schema-mismatch", "failed"), ("cancelled", "cancelled")],
)
def test_any_other_nack_ends_the_task(kind: str, state: str) -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.nack(world.lease(stream), kind, details={"errors": ["e"]})
    world.wait(3600)
    view = world.task(task_id)
    assert view["state"] == state
    assert ("failure" in view) is (state == "failed")


# Cancelling


def test_a_task_that_waits_is_cancelled_without_a_word() -> None:
    world = World()
    task_id = world.inject()
    world.cancel(task_id)
    assert world.state(task_id) == "cancelled"
    assert world.frames(world.connect()) == []


def test_a_leased_task_is_called_off() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.wait(1)
    world.cancel(task_id, "changed my mind")
    assert world.frame(stream) == {
        "type": "cancel",
        "leaseId": lease["leaseId"],
        "reason": "changed my mind",
        "cancelledAt": world.instant(),
    }
    view = world.task(task_id)
    assert (view["state"], view["cancelling"]) == ("leased", True)
    world.nack(lease, "cancelled")
    assert world.state(task_id) == "cancelled"


def test_a_cancel_keeps_its_distance_from_the_lease() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.cancel(task_id)
    assert world.frame(stream) is None
    world.wait(0.05)
    assert world.frame(stream)["type"] == "cancel"


def test_a_lease_that_has_not_left_never_does() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    assert world.state(task_id) == "leased"
    world.cancel(task_id)
    assert world.state(task_id) == "cancelled"
    assert world.frames(stream) == []
    other = world.inject()
    assert world.lease(stream)["task"]["taskId"] == other


def test_no_cancel_is_sent_for_what_ended_meanwhile() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.cancel(task_id)
    world.ack(lease)
    world.wait(1)
    assert world.frames(stream) == []
    assert world.state(task_id) == "done"


def test_a_second_cancel_is_not_sent() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.wait(1)
    world.cancel(task_id)
    world.cancel(task_id)
    assert len(world.frames(stream)) == 1


@pytest.mark.parametrize(
    ("kind", "state"),
    [("terminal", "failed"), ("retryable", "cancelled"), ("schema-mismatch", "failed")],
)
def test_whatever_a_neuron_answers_to_a_cancel_ends_the_task(kind: str, state: str) -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.cancel(task_id)
    assert world.nack(lease, kind).status == 200
    assert world.state(task_id) == state


def test_a_cancelled_lease_without_an_answer_ends_when_it_expires() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    task_id, after = world.inject(), world.inject()
    world.lease(stream)
    world.cancel(task_id)
    world.wait(30)
    assert world.state(task_id) == "cancelled"
    assert [frame["type"] for frame in world.frames(stream)] == ["cancel", "lease"]
    assert world.state(after) == "leased"


def test_a_cancelled_lease_whose_stream_is_lost_is_not_delivered_again() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.cancel(task_id)
    world.close(stream)
    assert world.state(task_id) == "cancelled"
    assert world.frames(world.connect()) == []


def test_what_is_over_cannot_be_cancelled() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    world.ack(world.lease(stream))
    with pytest.raises(TooLateError):
        world.cancel(task_id)
    with pytest.raises(UnknownError):
        world.cancel("nobody")


# Slow readers


def test_a_neuron_that_does_not_read_gets_no_more_leases_than_it_has_room_for() -> None:
    world = World()
    slow = world.connect(capability(concurrency=10**30), neuron_id="slow")
    tasks = [world.inject() for _ in range(200)]
    assert sum(world.state(task) == "leased" for task in tasks) == 64
    quick = world.connect(capability(concurrency=1000), neuron_id="quick")
    assert len(world.frames(quick)) == 136
    assert len(world.frames(slow)) == 64


def test_and_gets_the_rest_when_it_reads_on() -> None:
    world = World()
    stream = world.connect(capability(concurrency=1000))
    tasks = [world.inject() for _ in range(200)]
    leased = [frame["lease"]["task"]["taskId"] for frame in world.frames(stream)]
    assert leased == tasks


def test_a_lease_that_never_left_is_no_attempt() -> None:
    world = World(lease_ttl=30.0, max_attempts=1)
    stream = world.connect()
    task_id = world.inject()
    world.wait(31)
    world.close(stream)
    lease = world.lease(world.connect())
    assert (lease["task"]["taskId"], lease["task"]["attempt"]) == (task_id, 0)


# Memory


def test_what_is_over_is_forgotten_after_a_day() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.progress(lease, percent=1)
    world.ack(lease)
    world.wait(24 * 3600)
    with pytest.raises(UnknownError):
        world.task(task_id)
    assert world.ack(lease).body["code"] == "UNKNOWN_LEASE"
    assert {kind: found for kind, found in world.stored.items() if found} == {}
    assert not world.core.state.leases
