from gateway_world import World, capability

from reference.change import Change


def test_what_changed_is_told_once() -> None:
    world = World()
    world.core.inject({"capability": "conf/echo"}, now=world.now)
    kinds = [change.kind for change in world.core.changes()]
    assert sorted(kinds) == ["life", "order"]
    assert list(world.core.changes()) == []


def test_a_large_input_is_not_written_with_every_lease() -> None:
    world = World()
    task_id = world.inject(input="x" * 1000)
    stream = world.open()
    world.core.receive(
        "register",
        b'{"type":"register","neuronId":"n","protocolVersion":"1","capabilities":'
        b'[{"type":"conf/echo","scope":"any","concurrency":1}]}',
        subject="user:alice",
        now=world.now,
    )
    (change,) = world.core.changes()
    assert isinstance(change, Change)
    assert (change.kind, change.key) == ("life", task_id)
    assert len(change.document) < 1000
    assert len(world.frames(stream)) == 2


def test_effects_are_told_once() -> None:
    world = World()
    world.core.inject({"capability": "conf/echo"}, now=world.now)
    assert [type(effect).__name__ for effect in world.core.effects()] == ["Told"]
    assert world.core.effects() == []


def test_a_stream_that_nobody_knows_has_ended() -> None:
    world = World()
    assert world.frame(99) == "end"
    world.core.stream_ended(99, now=world.now)


def test_the_core_says_when_it_has_something_to_do() -> None:
    world = World(lease_ttl=30.0, dead_after=45.0)
    assert world.core.next_deadline() is None
    stream = world.connect()
    assert world.core.next_deadline() == world.now + 45.0
    world.inject()
    world.lease(stream)
    assert world.core.next_deadline() == world.now + 30.0


def test_a_request_that_is_late_meets_what_was_due_before_it() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    world.inject()
    lease = world.lease(stream)
    world.now += 30
    assert world.ack(lease).body["code"] == "LEASE_CLOSED"


def test_an_open_lease_has_its_whole_time_again_after_a_restart() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.wait(29)
    world.die_and_live()
    world.wait(29)
    assert world.ack(lease).status == 200
    assert world.state(task_id) == "done"


def test_a_lease_that_nobody_answers_after_a_restart_is_delivered_again() -> None:
    world = World(lease_ttl=30.0)
    stream = world.connect()
    task_id = world.inject()
    world.lease(stream)
    world.die_and_live()
    stream = world.connect()
    assert world.frame(stream) is None
    world.wait(30)
    assert world.lease(stream)["task"]["taskId"] == task_id


def test_a_lease_takes_its_slot_also_after_a_restart() -> None:
    world = World()
    stream = world.connect()
    world.inject()
    world.inject()
    lease = world.lease(stream)
    world.die_and_live()
    stream = world.connect()
    assert world.frame(stream) is None
    world.ack(lease)
    assert world.lease(stream)


def test_a_neuron_is_told_again_what_to_stop() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    world.cancel(task_id, "why")
    world.die_and_live()
    stream = world.connect()
    cancel = world.frame(stream)
    assert (cancel["type"], cancel["leaseId"], cancel["reason"]) == (
        "cancel",
        lease["leaseId"],
        "why",
    )
    world.register()
    assert [frame["type"] for frame in world.frames(stream)] == ["registered"]
    assert world.nack(lease, "cancelled").status == 200
    assert world.state(task_id) == "cancelled"


def test_reports_survive_in_their_order() -> None:
    world = World()
    stream = world.connect()
    task_id = world.inject()
    lease = world.lease(stream)
    for percent in range(12):
        world.progress(lease, percent=percent)
    before = world.task(task_id)
    world.die_and_live()
    assert world.task(task_id) == before
    world.progress(lease, percent=50)
    assert len(world.task(task_id)["progress"]) == 13


def test_who_a_neuron_was_is_forgotten_in_the_end() -> None:
    world = World()
    world.inject()
    world.lease(world.connect())
    world.die_and_live()
    assert [each["connected"] for each in world.core.neurons(now=world.now)] == [False]
    world.wait(3600)
    assert world.core.neurons(now=world.now) == []


def test_a_rest_goes_on_after_a_restart() -> None:
    world = World(retry_delay=10.0)
    stream = world.connect()
    world.inject()
    world.nack(world.lease(stream))
    world.die_and_live()
    stream = world.connect()
    assert world.frame(stream) is None
    world.wait(10)
    assert world.lease(stream)


def test_a_restart_keeps_the_order() -> None:
    world = World()
    tasks = [world.inject() for _ in range(12)]
    world.die_and_live()
    later = world.inject()
    stream = world.connect(capability(concurrency=20))
    leased = [frame["lease"]["task"]["taskId"] for frame in world.frames(stream)]
    assert leased == [*tasks, later]


def test_a_task_whose_life_was_never_written_is_no_task() -> None:
    world = World()
    task_id = world.inject()
    world.stored["life"].clear()
    world.stored["progress"]["nobody/000000000"] = "{}"
    world.die_and_live()
    assert world.core.tasks(now=world.now) == []
    assert task_id not in world.core.state.tasks
