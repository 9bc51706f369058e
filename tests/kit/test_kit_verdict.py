from __future__ import annotations

import pytest

from conformance.kit.exits import Exit, decide
from conformance.kit.verdict import (
    BROKEN_AT,
    JUDGED,
    RED,
    Broken,
    Level,
    NotObserved,
    NotPassed,
    Unmet,
    Unsupported,
    Verdict,
)


def test_only_a_broken_must_is_a_failure() -> None:
    assert BROKEN_AT == {
        Level.MUST: Verdict.FAIL,
        Level.SHOULD: Verdict.WARN,
        Level.MAY: Verdict.WARN,
    }


def test_red_is_what_a_baseline_may_know() -> None:
    assert {Verdict.FAIL, Verdict.WARN} == RED


def test_not_observed_unsupported_and_kit_errors_say_nothing_about_the_target() -> None:
    silent = {Verdict.NOT_OBSERVED, Verdict.UNSUPPORTED, Verdict.KIT_ERROR}
    assert set(Verdict) - silent == JUDGED


@pytest.mark.parametrize("kind", [Broken, NotObserved, Unsupported, Unmet])
def test_every_ending_carries_its_reason(kind: type[NotPassed]) -> None:
    ending = kind("because")
    assert (str(ending), ending.reason, ending.evidence) == ("because", "because", ())


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"judged": 3}, 0),
        ({"judged": 3, "failed": 1}, 1),
        ({"judged": 3, "pytest_code": 1}, 1),
        ({"judged": 3, "failed": 1, "kit_errors": 1}, Exit.KIT_ERROR),
        ({"judged": 3, "stale": 1}, Exit.STALE_BASELINE),
        ({"judged": 3, "stale": 1, "failed": 1}, 1),
        ({"judged": 0}, Exit.NOTHING_JUDGED),
        ({"judged": 0, "kit_errors": 1}, Exit.KIT_ERROR),
        ({"judged": 0, "pytest_code": 5}, 5),
        ({"judged": 3, "failed": 1, "pytest_code": 2}, 2),
    ],
)
def test_the_gravest_trouble_decides_the_exit_code(case: dict[str, int], code: int) -> None:
    nothing = {"pytest_code": 0, "kit_errors": 0, "failed": 0, "judged": 0, "stale": 0}
    assert decide(**{**nothing, **case}) == code


def test_the_kits_own_exit_codes_are_those_that_scripts_know() -> None:
    assert [int(code) for code in Exit] == [10, 11, 12, 13]
