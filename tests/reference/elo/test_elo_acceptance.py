from __future__ import annotations

import math
from typing import Any

import pytest

from reference.elo.acceptance import LONGEST_LIFE, REMEMBERED, Executor
from reference.elo.capabilities import Capabilities

NOW = 1_700_000_000.0


def task(**members: Any) -> dict[str, Any]:
    return {
        "type": "task",
        "id": "t",
        "caller": "c",
        "capability": "echo",
        "timestamp": NOW,
        "ttl_s": 60,
        **members,
    }


def executor() -> Executor:
    return Executor("n" * 43, Capabilities.named(("echo",)), verifies=False)


def code(node: Executor, message: dict[str, Any], *, now: float = NOW) -> str:
    refusal = node.refusal(message, now=now)
    return "" if refusal is None else refusal.code


def test_a_task_is_taken_once() -> None:
    node = executor()
    assert [code(node, task()) for _ in range(3)] == ["", "DUPLICATE", "DUPLICATE"]


def test_a_task_is_remembered_beyond_its_life() -> None:
    node = executor()
    code(node, task())
    assert code(node, task(), now=NOW + 60) == "DUPLICATE"
    assert code(node, task(), now=NOW + 61) == "EXPIRED"


@pytest.mark.parametrize(
    "life",
    [
        {"ttl_s": math.inf},
        {"ttl_s": 1e308, "timestamp": 1e308},
        {"timestamp": NOW + 10**9},
        {"ttl_s": math.nan},
        {"ttl_s": 10**400},
        {"timestamp": 10**400},
        {"ttl_s": "60"},
        {"ttl_s": None},
    ],
)
def test_no_task_is_remembered_for_ever(life: dict[str, Any]) -> None:
    node = executor()
    assert code(node, task(**life)) == ""
    assert code(node, task(**life), now=NOW + REMEMBERED - 1) == "DUPLICATE"
    later = NOW + LONGEST_LIFE + REMEMBERED + 1
    code(node, task(id="other", timestamp=later), now=later)
    assert not node.has_done(task(**life), now=later)


def test_what_has_been_forgotten_takes_no_room() -> None:
    node = executor()
    for number in range(10_000):
        now = NOW + number
        assert code(node, task(id=str(number), timestamp=now), now=now) == ""
    assert len(node._done) < 600


def test_a_life_before_all_time_is_over() -> None:
    assert code(executor(), task(ttl_s=-math.inf)) == "EXPIRED"
