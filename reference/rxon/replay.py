"""Remember the signatures that were already used (RXON-SIG-19)."""

from collections import OrderedDict


class Replays:
    """Signatures of verified messages, for as long as their timestamps could still be accepted."""

    def __init__(self, *, window: float) -> None:
        # A timestamp may lie one window ahead and then lives for another one behind; the last
        # second is there because the window counts whole seconds.
        self._life = 2 * window + 1
        # In order of expiry. A plain dict would search the holes at its front again and again.
        self._expiry: OrderedDict[str, float] = OrderedDict()

    def seen(self, signature: str, *, now: float) -> bool:
        """Remember the signature and say whether it had been remembered before."""
        self._forget_expired(now)
        if signature in self._expiry:
            return True
        self._expiry[signature] = now + self._life
        return False

    def forget(self, signature: str) -> None:
        """Let a message that had no effect come again, such as a heartbeat answered 404."""
        self._expiry.pop(signature, None)

    def _forget_expired(self, now: float) -> None:
        while self._expiry:
            oldest = next(iter(self._expiry))
            if self._expiry[oldest] > now:
                return
            del self._expiry[oldest]
