"""What becomes of a task at a worker (RXON-EXE)."""

from typing import Any

import pytest

from reference.rxon import execution
from reference.rxon.execution import Catalogue, Outcome

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
    refused = execution.refusal({"type": "nope"}, CATALOGUE)
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
    refused = execution.refusal({"type": "strict", "params": params}, CATALOGUE)
    assert refused == execution.failure("INVALID_INPUT_ERROR", message)


@pytest.mark.parametrize("params", [{"n": 1}, {"n": 3.0}, {"n": 1, "m": None}])
def test_params_are_normalised_before_they_are_checked(params: Any) -> None:
    assert execution.refusal({"type": "strict", "params": params}, CATALOGUE) is None


def test_a_task_without_params_hands_over_nothing() -> None:
    assert execution.params_of({"type": "free"}) == {}
    assert execution.refusal({"type": "free"}, CATALOGUE) is None


def test_data_that_keeps_the_contract_is_a_success() -> None:
    assert execution.finished({"n": 1}, CATALOGUE["strict"]) == Outcome("success", {"n": 1})
    assert execution.finished([5], CATALOGUE["free"]) == Outcome("success", [5])


def test_data_that_breaks_the_contract_is_a_failure() -> None:
    told = execution.finished({}, CATALOGUE["strict"])
    expected = execution.failure("CONTRACT_VIOLATION_ERROR", "Missing required field: 'n'")
    assert told == expected


def test_an_error_without_text_is_told_by_its_name() -> None:
    assert execution.crashed(KeyError()) == execution.failure("TRANSIENT_ERROR", "KeyError")
