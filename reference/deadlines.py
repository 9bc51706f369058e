"""What is due when: one moment a key, cheap to move into the future."""

from heapq import heappop, heappush

Key = tuple[str, str]  # what kind of thing ends, and its id


class Deadlines:
    """Moments by key, in epoch seconds.

    A key that moves later leaves its old entry in the heap, which finds out when it comes up: a
    heartbeat moves the end of a worker's life and must not cost more than that.
    """

    def __init__(self) -> None:
        self._moments: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []

    def set(self, key: Key, moment: float) -> None:
        """Make the key due at a moment, whatever it was before."""
        before = self._moments.get(key)
        self._moments[key] = moment
        if before is None or moment < before:
            heappush(self._heap, (moment, key))

    def drop(self, key: Key) -> None:
        """Make the key never due."""
        self._moments.pop(key, None)

    def next(self) -> float | None:
        """Return the earliest moment."""
        while self._heap:
            entry, key = self._heap[0]
            moment = self._moments.get(key)
            if moment == entry:
                return entry
            heappop(self._heap)
            if moment is not None and moment > entry:
                heappush(self._heap, (moment, key))
        return None

    def due(self, *, now: float) -> Key | None:
        """Remove and return the earliest key whose moment has come."""
        moment = self.next()
        if moment is None or moment > now:
            return None
        _, key = heappop(self._heap)
        del self._moments[key]
        return key
