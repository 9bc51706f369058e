"""The one ack or nack for whatever happened to a lease (sheet 3.6 and 4.2)."""

import math
from typing import Any

import pytest

from reference.neuron.frames import Ack, Nack, NackKind
from reference.neuron.neuron_outcomes import (
    REFUSALS,
    Aborted,
    Failed,
    Outcome,
    Raised,
    Refusal,
    Returned,
    misfit,
    plain,
    refused,
    verdict,
)
from reference.neuron.timestamps import at

NOW = 1_767_225_600.0


def judged(outcome: Outcome, *, schema: Any = None, aborting: Refusal | None = None) -> Ack | Nack:
    return verdict("l1", outcome, schema=schema, aborting=aborting, now=NOW)


def nacked(outcome: Outcome, *, aborting: Refusal | None = None) -> tuple[str, str | None]:
    """Return kind and code."""
    nack = judged(outcome, aborting=aborting)
    assert isinstance(nack, Nack)
    assert nack.reason
    return nack.kind, nack.code


def test_what_a_handler_returns_is_acked() -> None:
    assert judged(Returned((1, 2))) == Ack(lease_id="l1", output=[1, 2], completed_at=at(NOW))


def test_a_failure_is_terminal() -> None:
    assert nacked(Failed("no", "CODE")) == ("terminal", "CODE")
    assert nacked(Failed("no")) == ("terminal", "HANDLER_TERMINAL")
    assert nacked(Failed("", "")) == ("terminal", "HANDLER_TERMINAL")


def test_an_error_is_retryable() -> None:
    assert nacked(Raised("boom")) == ("retryable", "HANDLER_THREW")
    assert nacked(Raised("")) == ("retryable", "HANDLER_THREW")


def test_who_aborts_itself_counts_as_cancelled() -> None:
    assert nacked(Aborted()) == ("cancelled", "CANCELLED")


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (Raised("x"), ("cancelled", "CANCELLED")),
        (Aborted(), ("cancelled", "CANCELLED")),
        (Failed("x"), ("terminal", "HANDLER_TERMINAL")),
    ],
)
def test_an_error_of_a_handler_that_was_asked_to_end_counts_as_cancelled(
    outcome: Outcome, found: tuple[str, str]
) -> None:
    assert nacked(outcome, aborting=Refusal.ABORTED) == found


def test_a_revoked_lease_may_be_done_elsewhere() -> None:
    assert nacked(Aborted(), aborting=Refusal.REVOKED) == ("retryable", None)


def test_a_handler_that_ends_well_all_the_same_is_acked() -> None:
    assert isinstance(judged(Returned(1), aborting=Refusal.ABORTED), Ack)


@pytest.mark.parametrize(
    "output",
    [object(), b"bytes", {1, 2}, ValueError("x"), {(1, 2): 3}, 10**5000, lambda: 0],
    ids=lambda output: type(output).__name__,
)
def test_an_output_that_has_no_json_is_nacked(output: Any) -> None:
    assert nacked(Returned(output)) == ("retryable", "HANDLER_THREW")


def test_an_output_without_a_bottom_is_nacked() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert nacked(Returned(endless)) == nacked(Returned(deep)) == ("retryable", "HANDLER_THREW")


def test_an_output_is_judged_as_it_will_be_sent() -> None:
    assert isinstance(judged(Returned((1,)), schema={"type": "array"}), Ack)
    assert isinstance(judged(Returned(math.nan), schema={"type": "null"}), Ack)
    assert judged(Returned(1), schema=False) == misfit(
        "l1", "False schema does not allow 1", of="output", now=NOW
    )


def test_a_misfit_names_its_problem() -> None:
    nack = misfit("l1", "'a' is missing", of="input", now=NOW)
    assert (nack.kind, nack.code) == (NackKind.SCHEMA_MISMATCH, "INPUT_SCHEMA_MISMATCH")
    assert nack.details == {"errors": ["'a' is missing"]}
    assert misfit("l1", "x", of="output", now=NOW).code == "OUTPUT_SCHEMA_MISMATCH"


def test_every_refusal_has_a_reason() -> None:
    assert REFUSALS.keys() == set(Refusal)
    assert all(refused("l1", refusal, now=NOW).reason for refusal in Refusal)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (None, None),
        (True, True),
        (1.0, 1.0),
        (10**400, 10**400),
        ("\ud800", "\ud800"),
        (math.nan, None),
        ([math.inf, -math.inf], [None, None]),
        ({"a": (1, [2])}, {"a": [1, [2]]}),
        (
            {2: "a", None: "b", True: "c", 1.5: "d"},
            {"2": "a", "null": "b", "true": "c", "1.5": "d"},
        ),
    ],
)
def test_values_become_json(value: Any, json: Any) -> None:
    assert plain(value) == json


def test_a_copy_does_not_change_with_what_it_was_made_of() -> None:
    given = {"a": [1]}
    copy = plain(given)
    given["a"].append(2)
    assert copy == {"a": [1]}
