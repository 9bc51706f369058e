"""What the neuron's properties range over: plain JSON, and right about what fits a schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.neuron import strategies_neuron as strategies

ALL = (strategies.streams, strategies.contracts, strategies.lives, strategies.troubles)


@pytest.mark.parametrize("make", ALL)
def test_examples_are_plain_json(make: Any) -> None:
    @settings(max_examples=10, database=None, derandomize=True)
    @given(make())
    def check(example: Any) -> None:
        assert json.loads(json.dumps(example)) == example

    check()


@pytest.mark.parametrize("pair", strategies.PAIRS, ids=lambda pair: json.dumps(pair)[:60])
def test_what_fits_a_contract_is_said_right(pair: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(pair["schema"])
    assert validator.is_valid(pair["input"]) is pair["fits"]


@settings(max_examples=20, database=None, derandomize=True)
@given(st.data())
def test_a_life_begins_with_a_lease(data: st.DataObject) -> None:
    first, *_ = data.draw(strategies.lives())
    assert first["do"] == "lease"
