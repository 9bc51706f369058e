"""How long a worker that was told to stop waits, and for what (RXON-EXE-12)."""

from enum import Enum, auto

from reference.rxon.errands import Phase
from reference.rxon.worker_requests import FAREWELL_SECONDS


class Step(Enum):
    """What a worker does when it has waited long enough."""

    WAIT = auto()
    CANCEL = auto()  # what still runs
    GIVE_UP = auto()  # what does not end although it was cancelled
    GO = auto()


class Departure:
    """The patience of a worker that leaves."""

    def __init__(self) -> None:
        self.until: float | None = None
        self._insistent = False

    def begun(self, *, now: float, patience: float) -> None:
        """Wait for tasks and results."""
        self.until = now + patience

    def leaving(self, *, now: float) -> None:
        """Wait for the last heartbeat to be heard."""
        self.until = now + FAREWELL_SECONDS

    def over(self) -> None:
        """Wait no more."""
        self.until = None

    def step(self, phase: Phase, *, busy: bool, now: float) -> Step:
        """Return what comes next at this moment."""
        if self.until is None or now < self.until:
            return Step.WAIT
        if phase is not Phase.DRAINING:
            return Step.GO
        if busy and not self._insistent:
            self._insistent = True
            self.until = now + FAREWELL_SECONDS
            return Step.CANCEL
        return Step.GIVE_UP
