from typing import Any

import pytest

from reference.neuron import tasks
from reference.neuron.frames import Progress
from reference.neuron.leases import Stage
from reference.neuron.tasks import Failure, Order, OrderError, TaskRecord
from reference.neuron.timestamps import at

ORDER = Order(task_id="t", workflow_id="w", capability="a/b", created=1.0, max_attempts=2)


def record(**members: Any) -> TaskRecord:
    task = TaskRecord(ORDER, number=1)
    for name, value in members.items():
        setattr(task, name, value)
    return task


@pytest.mark.parametrize(
    "members",
    [
        {"capability": "a/b"},
        {"capability": "a/b", "input": None, "metadata": None, "max_attempts": None},
        {"capability": "a/b", "input_schema": {}, "output_schema": {"$ref": "#/$defs/a"}},
        {"capability": "a/b", "on_behalf_of": "u", "workflow_id": "w", "max_attempts": 1},
    ],
)
def test_a_task_needs_a_capability_and_may_have_more(members: Any) -> None:
    tasks.check_order(members)


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([], "a task is an object"),
        ({}, "capability: expected text"),
        ({"capability": "a"}, "capability: expected a type such as owner/name"),
        ({"capability": "a/b", "zz": 1}, "zz: unknown member"),
        ({"capability": "a/b", "on_behalf_of": ""}, "on_behalf_of: must not be empty"),
        ({"capability": "a/b", "workflow_id": 5}, "workflow_id: expected text or null"),
        ({"capability": "a/b", "metadata": []}, "metadata: expected an object or null"),
        ({"capability": "a/b", "input_schema": False}, "input_schema: expected an object"),
        ({"capability": "a/b", "output_schema": 5}, "output_schema: expected an object"),
        ({"capability": "a/b", "max_attempts": 0}, "max_attempts: must be 1 or more"),
        ({"capability": "a/b", "max_attempts": True}, "max_attempts: expected a whole number"),
        (
            {"capability": "a/b", "input_schema": {"anyOf": [{"$ref": "http://x/y"}]}},
            "input_schema: 'http://x/y' would be fetched by every neuron",
        ),
    ],
)
def test_what_cannot_be_part_of_a_lease_is_refused(members: Any, fault: str) -> None:
    with pytest.raises(OrderError, match=f"^{fault}"):
        tasks.check_order(members)


def test_an_attempt_is_a_delivery_that_left() -> None:
    task = record()
    assert (task.attempt, task.deliveries, task.exhausted) == (0, 0, False)
    task.leases = ["a", "b"]
    assert (task.attempt, task.deliveries, task.exhausted) == (1, 2, True)
    task.withdrawn = 1
    assert (task.attempt, task.deliveries, task.exhausted) == (0, 1, False)


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_name_for_planners(stage: Stage) -> None:
    assert tasks.shown(record(stage=stage))["state"] in {
        "pending",
        "leased",
        "done",
        "failed",
        "cancelled",
    }


def test_an_output_is_shown_even_if_it_is_null() -> None:
    assert tasks.shown(record(stage=Stage.DONE))["output"] is None
    assert "output" not in tasks.shown(record(stage=Stage.LEASED))


def test_a_failure_is_the_last_one_until_it_ends_the_task() -> None:
    failure = Failure(kind="retryable", reason="r")
    shown = {"kind": "retryable", "reason": "r"}
    assert tasks.shown(record(failure=failure))["last_failure"] == shown
    assert tasks.shown(record(failure=failure, stage=Stage.FAILED))["failure"] == shown


def test_reports_are_kept_up_to_a_number() -> None:
    task = record()
    for number in range(1001):
        frame = Progress(lease_id="l", sent_at=at(0.0), percent=float(number % 100), message="")
        tasks.add_report(task, frame)
    assert (len(task.progress), task.reports) == (1000, 1001)
    assert task.progress[0] == {"percent": 1.0, "message": ""}


def test_a_task_that_was_delivered_often_enough_is_not_for_delivery() -> None:
    assert tasks.is_for_delivery(record())
    assert not tasks.is_for_delivery(record(leases=["a", "b"]))
    assert not tasks.is_for_delivery(record(stage=Stage.LEASED))
