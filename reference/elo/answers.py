"""Answers to one peer's tasks, in the order of the tasks, however long each takes (sheet 5.6).

Tasks run side by side, so that a slow one stops nobody from reading (ELO-TASK-15); their answers
wait for each other (ELO-TASK-13).
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Message = Mapping[str, Any]


@dataclass(slots=True)
class Answers:
    """The tasks of one connection that have not been answered."""

    _waiting: deque[int] = field(default_factory=deque)
    _ready: dict[int, Message] = field(default_factory=dict)

    @property
    def outstanding(self) -> bool:
        """Whether a task has not been answered."""
        return bool(self._waiting)

    def expect(self, job: int) -> None:
        """Note that a task has come."""
        self._waiting.append(job)

    def take(self, job: int, answer: Message) -> list[Message]:
        """Note an answer; return those whose turn it is now."""
        self._ready[job] = answer
        turn = []
        while self._waiting and self._waiting[0] in self._ready:
            turn.append(self._ready.pop(self._waiting.popleft()))
        return turn
