"""Rate limits on a clock that the test moves (RXON-RL)."""

import pytest

from reference.rxon.limits import RateLimiter


@pytest.fixture
def limiter() -> RateLimiter:
    return RateLimiter(limits={"poll": 2}, default=3, period=10.0)


def test_messages_up_to_the_limit_pass_and_the_next_is_told_when_to_come(
    limiter: RateLimiter,
) -> None:
    assert limiter.check("w", "poll", now=100.0) is None
    assert limiter.check("w", "poll", now=104.0) is None
    assert limiter.check("w", "poll", now=105.0) == 5.0


def test_who_comes_when_told_passes(limiter: RateLimiter) -> None:
    for now in (100.0, 104.0):
        limiter.check("w", "poll", now=now)
    assert limiter.check("w", "poll", now=110.0) is None
    assert limiter.check("w", "poll", now=110.0) == 4.0


def test_refused_messages_do_not_prolong_the_wait(limiter: RateLimiter) -> None:
    passed = [now for now in range(100, 130) if limiter.check("w", "poll", now=now) is None]
    assert passed == [100, 101, 110, 111, 120, 121]


def test_kinds_without_a_limit_of_their_own_share_the_default_number(limiter: RateLimiter) -> None:
    answers = [limiter.check("w", "result", now=0.0) for _ in range(4)]
    assert answers == [None, None, None, 10.0]


def test_workers_and_kinds_are_counted_apart(limiter: RateLimiter) -> None:
    for _ in range(2):
        limiter.check("w1", "poll", now=0.0)
    assert limiter.check("w1", "poll", now=0.0) == 10.0
    assert limiter.check("w1", "heartbeat", now=0.0) is None
    assert limiter.check("w2", "poll", now=0.0) is None


def test_a_limit_of_zero_lets_nothing_pass() -> None:
    limiter = RateLimiter(limits={"poll": 0}, default=1, period=10.0)
    assert limiter.check("w", "poll", now=0.0) == 10.0


def test_silent_workers_are_forgotten(limiter: RateLimiter) -> None:
    for index in range(1000):
        limiter.check(f"w{index}", "poll", now=0.0)
    limiter.check("w", "poll", now=10.0)
    assert len(limiter._windows) == 1
