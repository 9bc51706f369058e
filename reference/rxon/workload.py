"""The tasks of a worker: which run, and which have ended and must not run again (RXON-EXE-10)."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

REMEMBERED = 10_000  # ids of ended tasks


class Workload:
    """Tasks by id."""

    def __init__(self) -> None:
        self.running: dict[str, Mapping[str, Any]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def knows(self, task_id: str) -> bool:
        """Say whether a task runs, or has run."""
        return task_id in self.running or task_id in self._ended

    def begun(self, task: Mapping[str, Any]) -> None:
        """Take a task."""
        self.running[task["task_id"]] = task

    def ended(self, task_id: str) -> Mapping[str, Any] | None:
        """Let a task end; return it, or None when it had been given up."""
        task = self.running.pop(task_id, None)
        if task is not None:
            self._ended[task_id] = None
            if len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)
        return task

    def given_up(self) -> None:
        """Let nothing run any more."""
        self.running.clear()
