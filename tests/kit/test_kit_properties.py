from __future__ import annotations

import time
import types
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import kit_world
import pytest

from conformance.kit.running import properties
from conformance.kit.running.properties import prove
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.judging.seen import Seen
    from conformance.kit.judging.suite import Check


def holds(seen: Seen, example: Any) -> None:
    raise AssertionError("the play of these tests judges by itself")


def check(*, examples: int = 50) -> Check:
    return kit_world.checking(holds, for_all="kit_world:small_numbers", examples=examples)


class Target:
    """Judges examples by a rule, and remembers them."""

    def __init__(self, rule: Callable[[int], Verdict]) -> None:
        self.rule = rule
        self.examples: list[int] = []

    def __call__(self, example: Any, number: int) -> Outcome:
        self.examples.append(example)
        assert number == len(self.examples)
        return Outcome(self.rule(example), f"said about {example}", subjects=2)


def fails_from(limit: int) -> Callable[[int], Verdict]:
    return lambda example: Verdict.FAIL if example >= limit else Verdict.PASS


def test_a_property_that_holds_counts_examples_and_subjects() -> None:
    target = Target(lambda _: Verdict.PASS)
    outcome = prove(check(examples=20), target, seed=None)
    assert (outcome.verdict, outcome.reason) == (Verdict.PASS, "20 examples")
    assert outcome.subjects == 40


def test_a_counter_example_is_shrunk_to_the_smallest() -> None:
    outcome = prove(check(), Target(fails_from(137)), seed=None)
    assert (outcome.verdict, outcome.example) == (Verdict.FAIL, 137)
    assert outcome.reason == "said about 137"
    assert outcome.details == "smallest example: 137"


def test_examples_are_the_same_every_time_and_others_with_another_seed() -> None:
    def tried(seed: int | None) -> list[int]:
        target = Target(lambda _: Verdict.PASS)
        prove(check(examples=30), target, seed=seed)
        return target.examples

    assert tried(None) == tried(None)
    assert tried(7) == tried(7)
    assert tried(7) != tried(8)


@pytest.mark.parametrize("verdict", [Verdict.NOT_OBSERVED, Verdict.KIT_ERROR, Verdict.UNSUPPORTED])
def test_what_says_nothing_about_the_target_ends_the_search(verdict: Verdict) -> None:
    target = Target(lambda _: verdict)
    assert prove(check(), target, seed=None).verdict is verdict
    assert len(target.examples) == 1


def test_an_unmet_prerequisite_is_red_and_nothing_to_shrink() -> None:
    class Hangs(Target):
        def __call__(self, example: Any, number: int) -> Outcome:
            return replace(super().__call__(example, number), met=False)

    target = Hangs(lambda _: Verdict.FAIL)
    assert prove(check(), target, seed=None).verdict is Verdict.FAIL
    assert len(target.examples) == 1


def test_a_flaky_target_is_red_with_what_was_found() -> None:
    verdicts = iter([Verdict.FAIL])
    outcome = prove(check(), Target(lambda _: next(verdicts, Verdict.PASS)), seed=None)
    assert outcome.verdict is Verdict.FAIL


def test_a_slow_target_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    target = Target(fails_from(137))

    def clock() -> float:  # every example takes a third of the bound
        return begun + properties.PROPERTY_BOUND / 3 * len(target.examples)

    monkeypatch.setattr(properties, "time", types.SimpleNamespace(monotonic=clock))
    prove(check(), target, seed=None)
    assert len(target.examples) <= 4


def test_a_target_that_hangs_in_every_example_is_red_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = time.monotonic()
    target = Target(lambda _: Verdict.FAIL)

    def clock() -> float:
        return begun + 12.0 * len(target.examples)

    monkeypatch.setattr(properties, "time", types.SimpleNamespace(monotonic=clock))
    assert prove(check(), target, seed=None).verdict is Verdict.FAIL
    assert len(target.examples) <= 4


def test_a_strategy_that_crashes_is_our_own_fault() -> None:
    broken = kit_world.checking(holds, for_all="kit_world:absent", examples=5)
    outcome = prove(broken, Target(lambda _: Verdict.PASS), seed=None)
    assert (outcome.verdict, outcome.reason) == (Verdict.KIT_ERROR, "the search crashed")
    assert "absent" in outcome.details
