"""How many messages of a kind a worker may send in a period (RXON-RL)."""

from collections import deque
from collections.abc import Mapping


class RateLimiter:
    """A sliding window for each worker and kind of message (RXON-RL-04)."""

    def __init__(self, *, limits: Mapping[str, int], default: int, period: float) -> None:
        self._limits = limits
        self._default = default
        self._period = period
        self._windows: dict[tuple[str, str], deque[float]] = {}
        self._next_sweep = 0.0

    def check(self, worker_id: str, kind: str, *, now: float) -> float | None:
        """Count one message; return None, or after how many seconds to come again (RXON-RL-02)."""
        self._sweep(now)
        window = self._windows.setdefault((worker_id, kind), deque())
        while window and window[0] + self._period <= now:
            window.popleft()
        if len(window) >= self._limits.get(kind, self._default):
            # A refused message leaves no trace, or steady traffic would never recover (RXON-RL-03).
            return window[0] + self._period - now if window else self._period
        window.append(now)
        return None

    def _sweep(self, now: float) -> None:
        """Once a period, drop the windows of workers that fell silent."""
        if now < self._next_sweep:
            return
        self._next_sweep = now + self._period
        self._windows = {
            key: window
            for key, window in self._windows.items()
            if window and window[-1] + self._period > now
        }
