"""Remember the signatures that were already used (RXON-SIG-19)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping


class Replays:
    """Signatures of verified messages, for as long as their timestamps could still be accepted.

    `changed` is told of every signature that comes or goes, so that the memory can be stored: a
    message that was captured before a sudden end must not be good for another time after it.
    """

    def __init__(self, *, window: float, changed: Callable[[str], None] = lambda _: None) -> None:
        # A timestamp may lie one window ahead and then lives for another one behind; the last
        # second is there because the window counts whole seconds.
        self._life = 2 * window + 1
        self._changed = changed
        # In order of expiry. A plain dict would search the holes at its front again and again.
        self._expiry: OrderedDict[str, float] = OrderedDict()

    def seen(self, signature: str, *, now: float) -> bool:
        """Remember the signature and say whether it had been remembered before."""
        self._forget_expired(now)
        if signature in self._expiry:
            return True
        self._expiry[signature] = now + self._life
        self._changed(signature)
        return False

    def forget(self, signature: str) -> None:
        """Let a message that had no effect come again, such as a heartbeat answered 404."""
        if self._expiry.pop(signature, None) is not None:
            self._changed(signature)

    def until(self, signature: str) -> float | None:
        """Return until when a signature is remembered."""
        return self._expiry.get(signature)

    def load(self, stored: Mapping[str, float]) -> None:
        """Take back what `until` returned."""
        self._expiry.update(sorted(stored.items(), key=lambda item: item[1]))

    def _forget_expired(self, now: float) -> None:
        while self._expiry:
            oldest = next(iter(self._expiry))
            if self._expiry[oldest] > now:
                return
            del self._expiry[oldest]
            self._changed(oldest)
