"""What the node's properties range over: plain JSON, whole streams, histories of a mesh."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.elo import strategies, strategies_library, strategies_mesh

ALL = (
    strategies.any_payload,
    strategies.streams,
    strategies.respelled,
    strategies_library.streams,
    strategies_library.respellings,
    strategies_library.changes,
    strategies_mesh.ways,
    strategies_mesh.names,
    strategies_mesh.desertion,
    strategies_mesh.rounds,
    strategies_mesh.answers,
)


@pytest.mark.parametrize("make", ALL)
def test_examples_are_plain_json(make: Any) -> None:
    @settings(max_examples=20, database=None, derandomize=True)
    @given(make())
    def check(example: Any) -> None:
        assert json.dumps(json.loads(json.dumps(example))) == json.dumps(example)

    check()


@settings(max_examples=50, database=None, derandomize=True)
@given(strategies_library.respellings())
def test_two_spellings_are_of_one_message(example: dict[str, Any]) -> None:
    assert json.loads(example["one"]) == json.loads(example["other"])


@settings(max_examples=50, database=None, derandomize=True)
@given(strategies_library.changes())
def test_a_change_changes_something_and_signs_nothing(example: dict[str, Any]) -> None:
    before, after = example["message"], {**example["message"], **example["change"]}
    assert json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True)
    assert "signature" not in after
