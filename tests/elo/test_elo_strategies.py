"""What the node's properties range over: plain JSON, and whole streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.elo import strategies

ALL = (strategies.any_payload, strategies.streams, strategies.respelled)


@pytest.mark.parametrize("make", ALL)
def test_examples_are_plain_json(make: Any) -> None:
    @settings(max_examples=20, database=None, derandomize=True)
    @given(make())
    def check(example: Any) -> None:
        assert json.dumps(json.loads(json.dumps(example))) == json.dumps(example)

    check()
