"""The tasks that wait for a neuron: first come, first served, per capability and user."""

from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heappop, heappush

ANYONE: Hashable = ("anyone",)  # no user is called so: users are texts or None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What decides who may have a waiting task, and when it is its turn."""

    task_id: str
    capability: str
    on_behalf_of: str | None
    number: int


class Waiting:
    """Waiting tasks; finding the first for a neuron costs no more with many users than with one.

    Every task stands in two lines, that of its capability and that of its capability and user;
    what was taken from one is dropped from the other when it comes up there.
    """

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._lines: dict[tuple[str, Hashable], list[tuple[int, str]]] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._tickets

    def put(self, ticket: Ticket) -> None:
        """Let a task wait; one that comes back has its old number, and so its old place."""
        if ticket.task_id in self._tickets:
            return
        self._tickets[ticket.task_id] = ticket
        for who in (ANYONE, ticket.on_behalf_of):
            line = self._lines.setdefault((ticket.capability, who), [])
            heappush(line, (ticket.number, ticket.task_id))

    def remove(self, task_id: str) -> None:
        """Let a task wait no longer."""
        self._tickets.pop(task_id, None)

    def first(self, capability: str, who: Hashable = ANYONE) -> str | None:
        """Return the task whose turn it is, of anyone or of one user."""
        line = self._lines.get((capability, who))
        while line:
            task_id = line[0][1]
            if task_id in self._tickets:
                return task_id
            heappop(line)
        self._lines.pop((capability, who), None)
        return None
