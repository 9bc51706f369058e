"""What properties of a library are tried with: examples that can be asked, and not all alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from conformance.connectonion import strategies_library as strategies
from conformance.connectonion.conditions import HOLDS
from reference.connectonion import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = settings(max_examples=50, deadline=None, database=None)
JUDGED = (strategies.precedences, strategies.blocked, strategies.denied)
REPEATED = (strategies.unchanging, strategies.repeated)


@FEW
@given(strategies.respellings())
def test_two_spellings_are_of_one_payload(example: dict[str, Any]) -> None:
    assert json.loads(example["one"]) == json.loads(example["other"])


@pytest.mark.parametrize("strategy", [*JUDGED, *REPEATED])
@FEW
@given(st.data())
def test_every_policy_is_one(strategy: Callable[[], Any], data: st.DataObject) -> None:
    example = data.draw(strategy())
    asked = {name: each for name, each in example.items() if name != "rules"}
    assert LIBRARY["evaluate_trust"](asked)["verdict"] in {"allow", "deny", "ask"}


@pytest.mark.parametrize("verdict", ["allow", "deny"])
def test_rules_come_to_either_verdict(verdict: str) -> None:
    found = find(
        strategies.precedences(),
        lambda example: next(a for c, a in example["rules"] if HOLDS[c](example)) == verdict,
        settings=settings(database=None),
    )
    assert found["rules"][-1] == ["always", "deny"]


@FEW
@given(strategies.blocked() | strategies.denied())
def test_who_is_blocked_is_on_the_list(example: dict[str, Any]) -> None:
    assert "blocklist" in example["lists"]


def test_a_stranger_can_be_promoted() -> None:
    found = find(
        strategies.repeated(),
        lambda example: bool(LIBRARY["evaluate_trust"](example)["changes"]),
        settings=settings(database=None),
    )
    assert found["lists"] == []
