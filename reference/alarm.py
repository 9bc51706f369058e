"""The clock of a core: rings when something is due."""

import asyncio
import math
import time
from collections.abc import Callable


class Alarm:
    """Calls back once at a moment; a new moment replaces the one before.

    Moments are epoch seconds of the given clock; None and infinity mean never.
    """

    def __init__(self, ring: Callable[[], None], *, now: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._now = now
        self._moment: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, moment: float | None) -> None:
        """Ring at this moment, at once if it is over already; never within this call."""
        if moment == self._moment:
            return
        self.stop()
        if moment is not None and moment < math.inf:
            self._moment = moment
            delay = max(0.0, moment - self._now())
            self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def sooner(self, moment: float | None) -> None:
        """Ring at this moment, unless that is to happen before it anyway."""
        if moment is not None and (self._moment is None or moment < self._moment):
            self.set(moment)

    def stop(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._moment = self._timer = None

    def _fire(self) -> None:
        self._moment = self._timer = None
        self._ring()
