from __future__ import annotations

from reference.elo.rates import Rates


def heeded(rates: Rates, who: str, *, at: float, times: int) -> int:
    return sum(rates.allows(who, now=at) for _ in range(times))


def test_a_window_opens_with_the_first_message_and_ends_after_its_time() -> None:
    rates = Rates(limit=3, window=10.0)
    assert heeded(rates, "a", at=5.0, times=4) == 3
    assert heeded(rates, "a", at=15.0, times=1) == 0  # the window ends after its last moment
    assert heeded(rates, "a", at=15.1, times=4) == 3


def test_everybody_has_a_budget_of_its_own() -> None:
    rates = Rates(limit=1, window=10.0)
    assert [heeded(rates, who, at=0.0, times=2) for who in ("a", "b")] == [1, 1]
    assert heeded(rates, "a", at=9.0, times=1) == 0


def test_budgets_of_those_who_never_come_again_are_dropped() -> None:
    rates = Rates(limit=1, window=10.0)
    for second in range(1000):
        rates.allows(f"visitor-{second}", now=float(second))
    assert len(rates._budgets) == 11  # those of one window
