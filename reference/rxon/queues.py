"""Tasks that wait for a worker to poll, best first (RXON-POLL-05)."""

from bisect import insort
from collections.abc import Callable, Iterator

# What sorts a queue: highest priority first, then the older one.
Entry = tuple[float, int, str]


class Queues:
    """One priority queue for each worker id; a queue outlives the worker's record."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def put(self, worker_id: str, *, priority: float, order: int, task_id: str) -> None:
        """Add a task; a task that comes back keeps its `order` and with it its old place."""
        insort(self._entries.setdefault(worker_id, []), rank(priority, order, task_id))

    def take(self, worker_id: str, *, accepts: Callable[[str], bool]) -> str | None:
        """Remove and return the first acceptable task."""
        entries = self._entries.get(worker_id, [])
        for index, (_, _, task_id) in enumerate(entries):
            if accepts(task_id):
                self._delete(worker_id, index)
                return task_id
        return None

    def remove(self, worker_id: str, task_id: str) -> None:
        """Remove one task wherever it stands, if it is there (RXON-POLL-10)."""
        for index, entry in enumerate(self._entries.get(worker_id, [])):
            if entry[-1] == task_id:
                self._delete(worker_id, index)
                return

    def waiting(self, worker_id: str) -> list[str]:
        """Return the tasks of a queue in order."""
        return [entry[-1] for entry in self._entries.get(worker_id, [])]

    def length(self, worker_id: str) -> int:
        """Count the tasks of a queue."""
        return len(self._entries.get(worker_id, ()))

    def longest_first(self) -> Iterator[str]:
        """Return the workers that have tasks waiting, the longest queue first (RXON-RES-19)."""
        lengths = self._entries
        return iter(sorted(lengths, key=lambda worker_id: -len(lengths[worker_id])))

    def _delete(self, worker_id: str, index: int) -> None:
        entries = self._entries[worker_id]
        del entries[index]
        if not entries:
            del self._entries[worker_id]


def rank(priority: float, order: int, task_id: str) -> Entry:
    """Place a task: highest priority first, first come first served among equals."""
    return (-priority, order, task_id)
