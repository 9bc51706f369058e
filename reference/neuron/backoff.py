"""How long a neuron waits before it dials again (sheet 5.2)."""

from dataclasses import dataclass

FIRST_DELAY = 0.5  # NEURON-NRN-RECON-02, seconds
LONGEST_DELAY = 30.0  # NEURON-NRN-RECON-03, seconds


@dataclass(slots=True)
class Backoff:
    """Delays that double from failure to failure, without jitter and without an end."""

    first: float = FIRST_DELAY
    longest: float = LONGEST_DELAY
    attempts: int = 0  # failures since the last success
    _last: float = 0.0

    def failed(self) -> float:
        """Return how many seconds to wait after one more failure."""
        self.attempts += 1
        self._last = min(max(2 * self._last, self.first), self.longest)
        return self._last

    def succeeded(self) -> None:
        """Begin with the shortest delay again (NEURON-NRN-RECON-04)."""
        self.attempts, self._last = 0, 0.0
