"""Fresh inputs for the functions of a neuron driver: shaped as they must be, and not all alike."""

from __future__ import annotations

from random import Random

import pytest

from conformance.kit import schemas
from conformance.kit.golden import vectors
from conformance.neuron.vectors import ANSWERS, FRESH
from reference.neuron import LIBRARY

INPUTS = 200
DRIVER = "neuron/driver"


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
        answer = ANSWERS[method](params)
        assert schemas.problem(DRIVER, f"{method}.result", answer) == ""


@pytest.mark.parametrize("method", FRESH)
def test_inputs_follow_from_the_seed(method: str) -> None:
    assert [FRESH[method](seeded(3))] == [FRESH[method](seeded(3))]
    assert FRESH[method](seeded(3)) != FRESH[method](seeded(4))


@pytest.mark.parametrize(
    "method", ["read_frame", "is_capability", "read_capability", "read_timestamp", "validate"]
)
def test_good_inputs_and_bad_ones_are_asked(method: str) -> None:
    random = seeded(11)
    outcomes = [vectors.outcome(ANSWERS[method](FRESH[method](random))) for _ in range(INPUTS)]
    bad = [each for each in outcomes if "refused" in each or each.get("valid") is False]
    assert INPUTS * 0.1 < len(bad) < INPUTS * 0.9


def test_how_a_frame_is_spelled_is_not_asked() -> None:
    assert list(ANSWERS["write_frame"](FRESH["write_frame"](seeded(1)))) == ["frame"]
