"""Fresh inputs for the functions of an Elo driver: shaped well, and not all alike."""

from __future__ import annotations

from random import Random

import pytest

from conformance.elo.vectors import ANSWERS, FRESH
from conformance.kit import schemas
from reference.elo import LIBRARY

INPUTS = 100
DRIVER = "elo/driver"
VARIED = {  # members of answers that must be seen to vary
    "verify": "valid",
    "public_key": "refused",
    "route": "to",
    "answer_query": "ttl",
    "read_result": "payload",
}


def seeded(number: int) -> Random:
    return Random(number)  # noqa: S311  (inputs, not secrets)


def test_every_function_gets_fresh_inputs_unless_packages_disagree() -> None:
    assert FRESH.keys() == LIBRARY.keys() - {"open_key_file"}
    assert ANSWERS is LIBRARY


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
    assert any(FRESH[method](seeded(3)) != FRESH[method](seeded(each)) for each in range(4, 8))


@pytest.mark.parametrize(("method", "member"), VARIED.items())
def test_answers_are_not_all_alike(method: str, member: str) -> None:
    random = seeded(11)
    seen = {str(LIBRARY[method](FRESH[method](random)).get(member)) for _ in range(INPUTS)}
    assert len(seen) > 1
