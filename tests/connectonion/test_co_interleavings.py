"""What the property of a WebSocket is tried with: everything that a client can say."""

from __future__ import annotations

from hypothesis import find, given, settings

from conformance.connectonion import scenarios_ws_interleaved as played
from conformance.connectonion.strategies_ws import Steps, interleavings

SAYINGS = {*played.INPUTS, *played.OTHERS, "binary"}
MANY = settings(max_examples=500, deadline=None, database=None, derandomize=True)


def test_everything_that_can_be_played_is_said_and_nothing_else() -> None:
    said: set[str] = set()

    @settings(MANY, max_examples=200)
    @given(interleavings())
    def collect(example: Steps) -> None:
        said.update(step["say"] for step in example)

    collect()
    assert said == SAYINGS


def test_a_second_prompt_comes_during_a_run() -> None:
    wanted = ["question", "pong", "prompt"]

    def comes(steps: Steps) -> bool:
        said = [step["say"] for step in steps]
        return any(said[at : at + 3] == wanted for at in range(len(said)))

    assert find(interleavings(), comes, settings=MANY)
