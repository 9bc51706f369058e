"""How long a worker waits before it tries again (sheet 5.6, and Retry-After of 7.2)."""

import math
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from reference.rxon import revision


@dataclass(slots=True)
class Backoff:
    """The waits of one errand; they double until something works."""

    first: float
    longest: float = revision.LONGEST_BACKOFF
    floor: float = revision.RATE_LIMIT_FLOOR
    _last: float = 0.0

    def failed(self) -> float:
        """Return how long to wait after a failure."""
        self._last = min(max(2 * self._last, self.first), self.longest)
        return self._last

    def limited(self, retry_after: float | None) -> float:
        """Return how long to wait after a 429 (RXON-REG-13, RXON-POLL-16, RXON-HB-18)."""
        if retry_after:
            return retry_after
        return max(self.failed(), self.floor)

    def succeeded(self) -> None:
        """Begin with the shortest wait again."""
        self._last = 0.0


def retry_after(value: str | None, *, now: float) -> float | None:
    """Read a Retry-After header: seconds from now, or None for one that tells no time.

    A past date and a negative number are 0 (RXON-RL-05).
    """
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return _until(value, now=now)
    return max(0.0, number) if math.isfinite(number) else None


def _until(date: str, *, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:  # without a zone it tells no time
            return None
        return max(0.0, moment.astimezone(UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None
