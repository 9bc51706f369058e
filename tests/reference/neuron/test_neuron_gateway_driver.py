from typing import Any

import pytest
from gateway_world import World

from reference.neuron.gateway import GatewayRole
from reference.neuron.gateway_driver import METHODS, Call, run
from reference.role import CannotError, ParameterError


def call(world: World, method: str, **params: Any) -> Any:
    wish = Call(params=params, now=world.now, subject="user:alice", new_token="new")
    answer = run(world.core, method, wish)
    world.settle()
    return answer


def test_the_role_has_every_method() -> None:
    assert set(GatewayRole.methods) == set(METHODS)


def test_a_task_is_handed_in_looked_at_and_called_off() -> None:
    world = World()
    task_id = call(world, "inject_task", capability="conf/echo", input=1)["task_id"]
    assert call(world, "task", task_id=task_id)["state"] == "pending"
    assert call(world, "cancel_task", task_id=task_id, reason="r") == {}
    assert call(world, "task", task_id=task_id)["state"] == "cancelled"


def test_a_bearer_is_rotated_at_once_or_after_a_grace() -> None:
    world = World()
    assert call(world, "rotate_token", grace=1) == {"token": "new"}
    assert world.core.identify("Bearer alice", now=world.now) == "user:alice"
    world.now += 1
    assert world.core.identify("Bearer alice", now=world.now) is None
    assert world.core.identify("Bearer new-7", now=world.now) == "user:alice"


def test_neurons_are_told_and_sent_away() -> None:
    world = World()
    stream = world.connect()
    call(world, "revoke_capability", capability="conf/echo")
    call(world, "disconnect", reason="bye", reconnectable=False, code="C")
    frames = [world.frame(stream) for _ in range(3)]
    assert frames[0]["type"] == "capability-revoked"
    assert (frames[1]["code"], frames[2]) == ("C", "end")
    assert len(call(world, "neurons")) == 1
    world.close(stream)
    world.connect(neuron_id="m")
    assert call(world, "end_stream", neuron_id="m") == {}


@pytest.mark.parametrize(
    ("method", "params", "fault"),
    [
        ("inject_task", {}, "capability: "),
        ("inject_task", {"capability": "a/b", "zz": 1}, "zz: "),
        ("cancel_task", {}, "task_id: is needed"),
        ("cancel_task", {"task_id": 5}, "task_id: str is needed"),
        ("task", {"task_id": "t", "zz": 1}, "zz: unknown parameter"),
        ("revoke_capability", {"capability": "a"}, "capability: "),
        ("disconnect", {"reason": "r"}, "reconnectable: is needed"),
        ("disconnect", {"reason": "", "reconnectable": True}, "reason: "),
        ("disconnect", {"reason": "r", "reconnectable": 1}, "reconnectable: bool is needed"),
        ("end_stream", {}, "neuron_id: is needed"),
        ("neurons", {"zz": 1}, "zz: unknown parameter"),
        ("rotate_token", {"grace": True}, "grace: int or float is needed"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(
    method: str, params: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{fault}"):
        call(World(), method, **params)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("task", {"task_id": "nobody"}),
        ("cancel_task", {"task_id": "nobody"}),
        ("end_stream", {"neuron_id": "nobody"}),
        ("disconnect", {"neuron_id": "nobody", "reason": "r", "reconnectable": True}),
    ],
)
def test_what_is_not_there_cannot_be_done(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(CannotError):
        call(World(), method, **params)
