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
    _budgets: dict[str, Budget] = field(default_factory=dict)

    def allows(self, who: str, *, now: float) -> bool:
        """Count one message and say whether it may be heeded."""
        budget = self._budgets.get(who)
        if budget is None or now - budget.opened > self.window:  # ELO-RATE-05
            budget = self._budgets[who] = Budget(now)
        budget.spent += 1
        return budget.spent <= self.limit

    def forget_old(self, *, now: float) -> None:
        """Drop the budgets whose window is over."""
        self._budgets = {
            who: budget
            for who, budget in self._budgets.items()
            if now - budget.opened <= self.window
        }
