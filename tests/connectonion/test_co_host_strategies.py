"""What the properties of a host range over: plain JSON, and nothing that would be right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from conformance.connectonion import strategies_host as strategies

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = (
    strategies.respelled,
    strategies.changed,
    strategies.flipped,
    strategies.spoilt,
    strategies.nameless,
    strategies.names,
)


def every(strategy: Any, judge: Callable[[Any], None]) -> None:
    @settings(max_examples=60, database=None, derandomize=True, deadline=None)
    @given(strategy)
    def check(example: Any) -> None:
        judge(example)

    check()


@pytest.mark.parametrize("make", ALL)
def test_examples_are_plain_json(make: Any) -> None:
    def judge(example: Any) -> None:
        assert json.dumps(json.loads(json.dumps(example))) == json.dumps(example)

    every(make(), judge)


def test_what_is_changed_is_another_value() -> None:
    def judge(example: Any) -> None:
        assert json.dumps(example["value"]) != json.dumps(example["other"])

    every(strategies.changed(), judge)


def test_what_is_spoilt_is_not_right_any_more() -> None:
    right: dict[str, Callable[[Any], Any]] = {
        "prompt": lambda value: isinstance(value, str),
        "session": lambda value: not value or isinstance(value, dict),
        "timestamp": lambda value: not value or strategies.is_now(value),
        "body": lambda value: isinstance(value, dict),
    }

    def judge(example: Any) -> None:
        is_right = right.get(example["place"])
        assert is_right is None or not is_right(example["value"])

    every(strategies.spoilt(), judge)


@pytest.mark.parametrize(
    ("value", "now"), [(1_700_000_000, True), (1.7e9, True), (5, False), ("1700000000", False)]
)
def test_a_time_of_today_is_known(value: Any, *, now: bool) -> None:
    assert strategies.is_now(value) is now


def test_no_client_id_is_a_text() -> None:
    def judge(example: Any) -> None:
        assert not isinstance(example["client_id"], str)

    every(strategies.nameless(), judge)
