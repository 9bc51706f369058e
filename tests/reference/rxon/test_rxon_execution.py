"""What becomes of a task at a worker (RXON-EXE)."""

from typing import Any

import pytest

from reference.rxon import execution
from reference.rxon.execution import Catalogue, Outcome

NOW = 1_700_000_000.0
CATALOGUE: Catalogue = {
    "free": {"name": "free"},
    "strict": {
        "name": "strict",
        "input_schema": {
            "type": "object",
            "properties": {"n": {"type": "integer"}},
            "required": ["n"],
            "additionalProperties": False,
        },
        "output_schema": {"type": "object", "required": ["n"]},
    },
}


def test_an_unknown_type_is_refused_for_good() -> None:
    refused = execution.refusal({"type": "nope"}, CATALOGUE, now=NOW)
    assert refused == execution.failure("PERMANENT_ERROR", "Unsupported skill: nope")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n": "x"}, "Field 'n': Expected integer, got str"),
        ({}, "Missing required field: 'n'"),
        ({"n": 1, "m": 2}, "Unexpected field: 'm'"),
        (None, "Missing required field: 'n'"),
    ],
)
def test_params_that_break_the_contract_are_refused(params: Any, message: str) -> None:
    refused = execution.refusal({"type": "strict", "params": params}, CATALOGUE, now=NOW)
    assert refused == execution.failure("INVALID_INPUT_ERROR", message)


@pytest.mark.parametrize("params", [{"n": 1}, {"n": 3.0}, {"n": 1, "m": None}])
def test_params_are_normalised_before_they_are_checked(params: Any) -> None:
    assert execution.refusal({"type": "strict", "params": params}, CATALOGUE, now=NOW) is None


def test_a_task_without_params_hands_over_nothing() -> None:
    assert execution.params_of({"type": "free"}) == {}
    assert execution.refusal({"type": "free"}, CATALOGUE, now=NOW) is None


@pytest.mark.parametrize("deadline", [NOW + 1, NOW + 0.5, None, "soon", True, [1]])
def test_a_deadline_that_is_not_over_keeps_no_task(deadline: Any) -> None:
    task = {"type": "free", "deadline": deadline}
    assert execution.refusal(task, CATALOGUE, now=NOW) is None


@pytest.mark.parametrize("deadline", [1, NOW - 0.5])
def test_a_task_whose_deadline_is_over_does_not_run(deadline: float) -> None:
    refused = execution.refusal({"type": "free", "deadline": deadline}, CATALOGUE, now=NOW)
    assert refused == execution.failure("TIMEOUT_ERROR", "the deadline of the task is over")


@pytest.mark.parametrize("kind", [None, 5, ["free"], {"free": 1}])
def test_a_type_that_is_no_text_is_an_unknown_type(kind: Any) -> None:
    refused = execution.refusal({"type": kind}, CATALOGUE, now=NOW)
    assert refused is not None
    assert refused.error is not None
    assert refused.error["code"] == "PERMANENT_ERROR"


@pytest.mark.parametrize("params", ["x", 5, [1]])
def test_params_that_are_no_object_are_invalid_whatever_the_skill(params: Any) -> None:
    refused = execution.refusal({"type": "free", "params": params}, CATALOGUE, now=NOW)
    assert refused is not None
    assert refused.error is not None
    assert refused.error["code"] == "INVALID_INPUT_ERROR"


def test_params_that_nest_without_end_are_invalid() -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"d": deep}
    refused = execution.refusal({"type": "free", "params": deep}, CATALOGUE, now=NOW)
    assert refused is not None
    assert refused.status == "failure"


@pytest.mark.parametrize(
    ("said", "task"),
    [
        ({"job_id": "j", "task_id": "t", "type": "free", "timestamp": 1795179538.88}, True),
        ({"job_id": "j", "task_id": "t"}, True),
        ({"job_id": "j"}, False),
        ({"job_id": "j", "task_id": 5, "type": "free"}, False),
        ([1], False),
        ("x", False),
        (None, False),
    ],
)
def test_whatever_has_both_ids_is_a_task(said: Any, *, task: bool) -> None:
    assert execution.is_task(said) is task


MEASURED = {"name": "m", "events_schema": {"measured": {"type": "object", "required": ["value"]}}}


@pytest.mark.parametrize(
    ("skill", "event", "payload", "told"),
    [
        (MEASURED, "measured", {"value": 1}, True),
        (MEASURED, "measured", {}, False),
        (MEASURED, "other", {"value": 1}, False),
        (MEASURED, "progress", {}, True),
        ({"name": "free"}, "other", {}, True),
    ],
)
def test_a_skill_that_declares_its_events_sends_no_others(
    skill: Any, event: str, payload: Any, *, told: bool
) -> None:
    assert execution.may_tell(skill, event, payload) is told


def test_data_that_keeps_the_contract_is_a_success() -> None:
    assert execution.finished({"n": 1}, CATALOGUE["strict"]) == Outcome("success", {"n": 1})
    assert execution.finished([5], CATALOGUE["free"]) == Outcome("success", [5])


def test_data_that_breaks_the_contract_is_a_failure() -> None:
    told = execution.finished({}, CATALOGUE["strict"])
    expected = execution.failure("CONTRACT_VIOLATION_ERROR", "Missing required field: 'n'")
    assert told == expected


def test_an_error_without_text_is_told_by_its_name() -> None:
    assert execution.crashed(KeyError()) == execution.failure("TRANSIENT_ERROR", "KeyError")
