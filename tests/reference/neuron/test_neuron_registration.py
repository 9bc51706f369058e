from typing import Any

import pytest
from gateway_world import ALICE, BOB, World, capability

from reference.neuron.registration import speaks


def test_the_answer_on_the_stream_is_the_effective_set() -> None:
    world = World()
    stream = world.open()
    sent = [capability(leaseTtlMs=1000), capability("conf/user", scope={"onBehalfOf": ALICE})]
    assert world.register(*sent).body == {"ok": True}
    frame = world.frame(stream)
    assert frame == {
        "type": "registered",
        "sessionId": frame["sessionId"],
        "capabilities": sent,
        "acceptedAt": world.instant(),
    }


def test_a_contract_is_accepted_and_not_repeated() -> None:
    world = World()
    stream = world.open()
    contract = {"description": "d", "inputSchema": {}, "outputSchema": True}
    assert world.register({**capability(), **contract}).status == 200
    assert world.frame(stream)["capabilities"] == [capability()]


def test_leases_follow_the_registered_frame() -> None:
    world = World()
    world.inject()
    stream = world.open()
    world.register()
    assert [frame["type"] for frame in world.frames(stream)] == ["registered", "lease"]


def test_every_register_is_a_new_session_and_replaces_the_set() -> None:
    world = World()
    stream = world.connect(capability("conf/old"))
    first = world.core.neurons(now=world.now)[0]["session_id"]
    world.register(capability("conf/new"))
    assert world.frame(stream)["sessionId"] != first
    world.inject("conf/old")
    assert world.frame(stream) is None
    world.inject("conf/new")
    assert world.lease(stream)["task"]["capability"] == "conf/new"


def test_without_a_stream_there_is_no_register() -> None:
    world = World()
    assert (world.register().status, world.register().body["code"]) == (409, "NO_STREAM")
    world.close(world.open())
    assert world.register().body["code"] == "NO_STREAM"


@pytest.mark.parametrize(
    "members",
    [
        {"capabilities": []},
        {"capabilities": [capability(), capability()]},
        {"capabilities": [capability("a")]},
        {"capabilities": [capability(scope="ANY")]},
        {"capabilities": [capability(concurrency=0)]},
        {"capabilities": [capability(leaseTtlMs=999)]},
        {"neuronId": ""},
        {"protocolVersion": ""},
        {"zz": 1},
    ],
)
def test_what_is_not_valid_is_refused_and_changes_nothing(members: dict[str, Any]) -> None:
    world = World()
    stream = world.connect()
    reply = world.register(**members)
    assert (reply.status, reply.body["code"]) == (400, "INVALID_FRAME")
    assert world.frame(stream) is None
    world.inject()
    assert world.lease(stream)


@pytest.mark.parametrize(
    ("version", "understood"),
    [
        ("1.0.0", True),
        ("1.0.1", True),
        ("1.9", True),
        ("1", True),
        ("kit", True),
        ("v2", True),
        ("0.9.0", False),
        ("2.0.0", False),
        ("99.0.0", False),
    ],
)
def test_a_version_with_another_major_number_is_refused(version: str, understood: bool) -> None:  # noqa: FBT001
    assert speaks(version) is understood
    world = World()
    world.open()
    assert world.register(protocolVersion=version).status == (200 if understood else 400)


def test_a_scope_of_another_user_is_forbidden() -> None:
    world = World()
    world.open()
    reply = world.register(capability(scope={"onBehalfOf": BOB}))
    assert (reply.status, reply.body["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("denied_types", "CAPABILITY_DENIED"),
        ("pending_types", "CAPABILITY_PENDING_APPROVAL"),
    ],
)
def test_a_type_may_be_denied_or_wait_for_approval(policy: str, code: str) -> None:
    world = World(**{policy: frozenset({"conf/echo"})})
    stream = world.open()
    reply = world.register()
    assert (reply.status, reply.body["code"]) == (403, code)
    assert world.frames(stream) == []
    assert world.register(capability("conf/other")).status == 200
    assert world.update(capability()).body["code"] == code


def test_the_stream_of_another_identity_is_not_taken_over() -> None:
    world = World()
    stream = world.connect()
    reply = world.core.open_stream("n", subject=BOB, now=world.now)
    assert not isinstance(reply, int)
    assert reply.status == 403
    assert world.register(subject=BOB).status == 403
    assert world.beat(subject=BOB).status == 403
    assert world.update(capability(), subject=BOB).status == 403
    assert world.frame(stream) is None
    world.close(stream)
    assert isinstance(world.core.open_stream("n", subject=BOB, now=world.now), int)


def test_an_update_changes_how_much_is_dispatched() -> None:
    world = World()
    stream = world.connect()
    for _ in range(4):
        world.inject()
    assert len(world.frames(stream)) == 1
    assert world.update(capability(concurrency=3)).status == 200
    assert len(world.frames(stream)) == 2


def test_and_may_lower_it() -> None:
    world = World()
    stream = world.connect(capability(concurrency=2))
    for _ in range(3):
        world.inject()
    first, second = (frame["lease"] for frame in world.frames(stream))
    world.update(capability(concurrency=1))
    world.ack(first)
    assert world.frame(stream) is None
    world.ack(second)
    assert world.lease(stream)


def test_an_update_needs_a_session_and_a_registered_type() -> None:
    world = World()
    assert world.update(capability()).body["code"] == "NO_SESSION"
    stream = world.open()
    assert world.update(capability()).body["code"] == "NO_SESSION"
    world.register()
    assert world.frame(stream)["type"] == "registered"
    reply = world.update(capability("conf/other"))
    assert (reply.status, reply.body["code"]) == (404, "UNKNOWN_CAPABILITY")
    assert world.update(capability(concurrency=0)).body["code"] == "INVALID_FRAME"


def test_a_neuron_that_left_is_listed_for_an_hour() -> None:
    world = World()
    world.close(world.connect())
    assert [each["connected"] for each in world.core.neurons(now=world.now)] == [False]
    world.wait(3600)
    assert world.core.neurons(now=world.now) == []
