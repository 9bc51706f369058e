"""What the property of a WebSocket is tried with: everything that a client can say."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings

from conformance.connectonion import scenarios_ws_interleaved as played
from conformance.connectonion.strategies_ws import Steps, interleavings

SAYINGS = {*played.INPUTS, *played.OTHERS, "binary"}
MANY = settings(max_examples=2000, deadline=None, database=None, derandomize=True)


@settings(max_examples=50, deadline=None, database=None)
@given(interleavings())
def test_everything_can_be_played(example: Steps) -> None:
    assert {step["say"] for step in example} <= SAYINGS


@pytest.mark.parametrize("saying", sorted(SAYINGS))
def test_everything_is_said_and_alone_when_shrunk(saying: str) -> None:
    found = find(
        interleavings(), lambda steps: any(s["say"] == saying for s in steps), settings=MANY
    )
    assert len(found) == 1


def test_a_second_prompt_comes_during_a_run() -> None:
    wanted = ["question", "pong", "prompt"]
    find(interleavings(), lambda steps: [s["say"] for s in steps] == wanted, settings=MANY)
