"""Waits between tries, and Retry-After (sheet 5.6 and 7.2)."""

import pytest

from reference.rxon.backoff import Backoff, retry_after

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(1.0, longest=5.0)
    assert [backoff.failed() for _ in range(5)] == [1, 2, 4, 5, 5]


def test_success_begins_with_the_shortest_wait_again() -> None:
    backoff = Backoff(2.0)
    backoff.failed()
    backoff.failed()
    backoff.succeeded()
    assert backoff.failed() == 2


def test_a_limit_that_tells_the_time_is_believed_and_does_not_lengthen_later_waits() -> None:
    backoff = Backoff(1.0)
    assert backoff.limited(7.0) == 7
    assert backoff.failed() == 1


@pytest.mark.parametrize("told", [None, 0.0])
def test_a_limit_that_tells_no_time_waits_half_a_minute_at_least(told: float | None) -> None:
    backoff = Backoff(1.0)
    assert backoff.limited(told) == 30
    for _ in range(6):
        backoff.failed()
    assert backoff.limited(told) == 60


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("1e3", 1000),
        ("-3", 0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0),
    ],
)
def test_a_time_is_read_as_seconds_from_now(value: str, seconds: float) -> None:
    assert retry_after(value, now=NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "nan",
        "inf",
        "Tue, 14 Nov 2023 22:13:50",
        "Fri, 31 Dec 9999 23:59:59 -2359",
    ],
)
def test_what_tells_no_time_is_none(value: str | None) -> None:
    assert retry_after(value, now=NOW) is None
