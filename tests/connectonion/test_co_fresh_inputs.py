"""Fresh inputs for the functions of a ConnectOnion driver: shaped well, and not all alike."""

from __future__ import annotations

from random import Random

import pytest

from conformance.connectonion.vectors import ANSWERS, FRESH
from conformance.kit import schemas
from conformance.kit.golden import vectors
from reference.connectonion import LIBRARY

INPUTS = 200
DRIVER = "connectonion/driver"
BAD = ({"valid": False}, {"same": False}, {"listed": False})


def seeded(number: int) -> Random:
    return Random(number)  # noqa: S311  (inputs, not secrets)


def test_every_function_gets_fresh_inputs() -> None:
    assert FRESH.keys() == LIBRARY.keys() == ANSWERS.keys()


@pytest.mark.parametrize("method", FRESH)
def test_inputs_and_answers_have_their_shapes(method: str) -> None:
    random = seeded(7)
    for _ in range(INPUTS):
        params = FRESH[method](random)
        assert schemas.problem(DRIVER, f"{method}.params", params) == ""
        answer = LIBRARY[method](params)
        assert schemas.problem(DRIVER, f"{method}.result", answer) == ""


@pytest.mark.parametrize("method", FRESH)
def test_inputs_follow_from_the_seed(method: str) -> None:
    assert [FRESH[method](seeded(3))] == [FRESH[method](seeded(3))]
    assert FRESH[method](seeded(3)) != FRESH[method](seeded(4))


@pytest.mark.parametrize(
    "method",
    ["verify", "verify_headers", "authenticate", "same_person", "list_matches", "load_policy"],
)
def test_good_inputs_and_bad_ones_are_asked(method: str) -> None:
    random = seeded(11)
    outcomes = [vectors.outcome(ANSWERS[method](FRESH[method](random))) for _ in range(INPUTS)]
    bad = [each for each in outcomes if "refused" in each or each in BAD]
    assert INPUTS * 0.1 < len(bad) < INPUTS * 0.9


def test_all_verdicts_are_asked_for() -> None:
    random = seeded(2)
    answers = [ANSWERS["evaluate_trust"](FRESH["evaluate_trust"](random)) for _ in range(INPUTS)]
    assert {answer["verdict"] for answer in answers} == {"allow", "deny", "ask"}
    assert any(answer["changes"] for answer in answers)


def test_nobody_is_asked_for_a_trail() -> None:
    assert "trail" not in ANSWERS["apply_operations"](FRESH["apply_operations"](seeded(1)))
