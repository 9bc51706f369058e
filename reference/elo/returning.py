"""Coming back to the peers that a node was started with, when they are lost (ELO-TRK-11).

Between two attempts there is a pause, twice as long each time (ELO-TRK-12).
"""

from dataclasses import dataclass, field

from reference.elo.constants import LONGEST_PAUSE, RETURN_PAUSE


@dataclass(slots=True)
class Lost:
    """One such peer: how often in a row it was not there, and when it is dialled next."""

    attempts: int = 0
    due: float | None = None


@dataclass(slots=True)
class Returns:
    """The addresses that a node stays connected to."""

    pause: float = RETURN_PAUSE
    _kept: dict[str, Lost] = field(default_factory=dict)

    def keep(self, address: str) -> None:
        """Come back to this address whenever it is lost."""
        self._kept.setdefault(address.rpartition("@")[2], Lost())

    def found(self, address: str) -> None:
        """Hear that somebody is there."""
        if address in self._kept:
            self._kept[address] = Lost()

    def lost(self, address: str, *, now: float) -> None:
        """Hear that nobody is there, or no longer."""
        if (kept := self._kept.get(address)) is not None:
            kept.due = now + min(self.pause * 2**kept.attempts, LONGEST_PAUSE)
            kept.attempts = min(kept.attempts + 1, ENOUGH)

    def take_due(self, *, now: float) -> list[str]:
        """Return the addresses whose turn it is."""
        turn = [at for at, kept in self._kept.items() if kept.due is not None and kept.due <= now]
        for address in turn:
            self._kept[address].due = None
        return turn

    def due(self) -> float | None:
        """Return when the next attempt is due."""
        return min((kept.due for kept in self._kept.values() if kept.due is not None), default=None)


ENOUGH = 30  # attempts, after which the pause is the longest anyway
