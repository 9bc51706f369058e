"""How many leases of one capability run at a time; the others wait in the order they came."""


class Slots:
    """The slots of one capability and the line before them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._running: set[str] = set()
        self._waiting: dict[str, None] = {}  # NEURON-NRN-LEASE-04: in this order

    def enter(self, lease_id: str) -> None:
        """Stand in line."""
        self._waiting[lease_id] = None

    def next(self) -> str | None:
        """Give the free slot, if there is one, to the first in line.

        What took its slot under an older limit counts, so that more than the larger of the two
        limits never run (NEURON-NRN-LEASE-03, NEURON-NRN-UPD-04).
        """
        if not self._waiting or len(self._running) >= self.limit:
            return None
        lease_id = next(iter(self._waiting))
        del self._waiting[lease_id]
        self._running.add(lease_id)
        return lease_id

    def leave(self, lease_id: str) -> None:
        """Free the slot, or the place in line."""
        self._running.discard(lease_id)
        self._waiting.pop(lease_id, None)
