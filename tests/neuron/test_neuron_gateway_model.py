"""The model of a gateway, played by hand."""

from typing import Any

import pytest

from conformance.neuron import gateway_model as model
from conformance.neuron.gateway_model import STEPS, Lease, Step, World

INJECT: Step = {"do": "inject"}
CANCEL: Step = {"do": "cancel", "task": 0}
DROP: Step = {"do": "drop", "neuron": 0}
JOIN: Step = {"do": "join", "neuron": 0}
ONE: Step = {"do": "update", "neuron": 0, "concurrency": 1}
OK = {"status": 200}


def answer(outcome: str, lease: int = 0) -> Step:
    return {"do": "answer", "lease": lease, "outcome": outcome}


def came(number: int, *, task: int = 1, neuron: int = 0) -> Lease:
    return Lease(f"l{number}", f"t{task}", neuron)


Talk = list[tuple[Step, dict[str, Any]] | Lease]

BEGUN: Talk = [(INJECT, {"task_id": "t1"}), came(1)]
DONE: Talk = [*BEGUN, (answer("success"), OK)]
FAILED: Talk = [*BEGUN, (answer("terminal"), OK)]
CROWDED: Talk = [
    *BEGUN,
    (INJECT, {"task_id": "t2"}),
    came(2, task=2),
    (INJECT, {"task_id": "t3"}),
]


def surprises(talk: Talk, states: dict[str, str] | None = None) -> list[str]:
    """Play a conversation; return whose rules surprised."""
    world, found = World(), []
    for each in talk:
        if isinstance(each, Lease):
            found.append(model.lease_surprise(world, each))
            if found[-1] is None:
                model.learn_lease(world, each)
            continue
        step, seen = each
        kind = STEPS[step["do"]]
        assert kind.playable(world, step), step
        found.append(kind.surprise(world, step, seen))
        kind.learn(world, step, seen)
    if states is not None:
        found.append(model.end_surprise(world, states))
    return [each.requirement for each in found if each is not None]


@pytest.mark.parametrize(
    ("talk", "states"),
    [
        (DONE, {"t1": "done"}),
        (FAILED, {"t1": "failed"}),
        ([*BEGUN, (answer("retryable"), OK), came(2, neuron=1)], {"t1": "leased"}),
        ([*DONE, (answer("terminal"), {"status": 409})], {"t1": "done"}),
        ([*DONE, (answer("terminal"), OK)], {"t1": "done"}),
        ([*BEGUN, (CANCEL, {}), (answer("retryable"), OK)], {"t1": "cancelled"}),
        ([*BEGUN, (CANCEL, {}), (answer("success"), OK)], {"t1": "cancelled"}),
        ([*BEGUN, (CANCEL, {}), (answer("success"), OK)], {"t1": "done"}),
        ([*BEGUN, (DROP, {}), came(2, neuron=1)], {"t1": "leased"}),
        ([*BEGUN, (DROP, {}), (JOIN, OK), came(2)], {"t1": "leased"}),
        ([*CROWDED, came(3, task=3, neuron=1)], {"t1": "leased", "t2": "leased", "t3": "leased"}),
    ],
)
def test_a_gateway_that_keeps_to_the_rules_does_not_surprise(
    talk: Talk, states: dict[str, str]
) -> None:
    assert surprises(talk, states) == []


@pytest.mark.parametrize(
    ("talk", "requirement"),
    [
        ([*DONE, came(2)], "NEURON-GW-RES-01"),
        ([*FAILED, came(2)], "NEURON-GW-RES-04"),
        ([*BEGUN, (CANCEL, {}), (answer("cancelled"), OK), came(2)], "NEURON-GW-RES-06"),
        ([*BEGUN, came(2, neuron=1)], "NEURON-GW-LEASE-11"),
        ([*BEGUN, (answer("retryable"), OK), came(1)], "NEURON-GW-LEASE-05"),
        ([*CROWDED, came(3, task=3)], "NEURON-GW-LEASE-03"),
        ([(ONE, OK), *BEGUN, (INJECT, {"task_id": "t2"}), came(2, task=2)], "NEURON-GW-LEASE-03"),
        ([came(1)], "NEURON-GW-LEASE-01"),
        ([*BEGUN, (answer("success"), {"status": 409})], "NEURON-GW-RES-01"),
        ([*DONE, (answer("success"), {"status": 404})], "NEURON-GW-RES-09"),
        ([*DONE, ({"do": "progress", "lease": 0}, {"status": 500})], "NEURON-GW-RES-12"),
    ],
)
def test_a_broken_rule_is_a_surprise_of_its_own_requirement(talk: Talk, requirement: str) -> None:
    assert surprises(talk) == [requirement]


@pytest.mark.parametrize(
    ("talk", "states", "requirement"),
    [
        (FAILED, {"t1": "cancelled"}, "NEURON-GW-RES-09"),
        (DONE, {"t1": "pending"}, "NEURON-GW-RES-09"),
        (BEGUN, {"t1": "done"}, "NEURON-GW-RES-01"),
        (BEGUN, {}, "NEURON-GW-RES-01"),
    ],
)
def test_a_task_has_the_one_outcome_that_was_reported(
    talk: Talk, states: dict[str, str], requirement: str
) -> None:
    assert surprises(talk, states) == [requirement]


def test_a_task_that_waits_beside_a_free_slot_is_owed() -> None:
    world = World()
    STEPS["inject"].learn(world, INJECT, {"task_id": "t1"})
    assert world.owed() == 1
    surprise = model.owed_surprise(world)
    assert surprise is not None
    assert surprise.requirement == "NEURON-GW-LEASE-04"
    world.there[:] = [False, False]
    assert model.owed_surprise(world) is None


def test_the_result_of_a_lease_that_was_lost_is_not_asked_for() -> None:
    world = World()
    for each in [*BEGUN, (DROP, {}), came(2, neuron=1)]:
        if isinstance(each, Lease):
            model.learn_lease(world, each)
        else:
            STEPS[each[0]["do"]].learn(world, *each)
    assert not STEPS["answer"].playable(world, answer("success", lease=1))
    assert STEPS["answer"].playable(world, answer("success", lease=0))
