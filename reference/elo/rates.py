"""How much one peer may say: so many messages in a window that its first message opens."""

from dataclasses import dataclass, field

from reference.elo.constants import RATE_LIMIT, RATE_WINDOW


@dataclass(slots=True)
class Budget:
    """What one identity has said since its window opened."""

    opened: float
    spent: int = 0


@dataclass(slots=True)
class Rates:
    """Budgets by who speaks: reconnecting opens no new one (ELO-RATE-08)."""

    limit: int = RATE_LIMIT
    window: float = RATE_WINDOW
    _budgets: dict[str, Budget] = field(default_factory=dict)  # the oldest first

    def allows(self, who: str, *, now: float) -> bool:
        """Count one message and say whether it may be heeded."""
        self._close_old(now)
        budget = self._budgets.setdefault(who, Budget(now))
        budget.spent += 1
        return budget.spent <= self.limit

    def _close_old(self, now: float) -> None:
        """Drop the budgets whose window is over (ELO-RATE-05)."""
        while self._budgets:
            oldest = next(iter(self._budgets))
            if now - self._budgets[oldest].opened <= self.window:
                return
            del self._budgets[oldest]
