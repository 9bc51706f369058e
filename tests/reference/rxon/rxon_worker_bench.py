"""A worker core on a bench: the test is its clock, its network and its skills."""

import json
from itertools import count
from typing import Any

from reference.rxon.errands import (
    HEARTBEAT,
    POLL,
    REGISTER,
    Answer,
    Cancel,
    Effect,
    Errand,
    HangUp,
    Key,
    Pace,
    Run,
    Send,
)
from reference.rxon.execution import Outcome
from reference.rxon.worker_core import Worker
from reference.rxon.worker_messages import Profile

START = 1_700_000_000.0
ECHO = {"name": "echo", "input_schema": {"type": "object", "required": []}}
STRICT = {
    "name": "strict",
    "input_schema": {"type": "object", "required": ["n"]},
    "output_schema": {"type": "object", "required": ["n"]},
}


def task(number: int = 1, **members: Any) -> dict[str, Any]:
    """Return a task as an orchestrator delivers it."""
    return {
        "job_id": f"j{number}",
        "task_id": f"t{number}",
        "type": "echo",
        "params": {},
        **members,
    }


class Bench:
    """One worker, started."""

    def __init__(self, *, tasks: int = 1, websockets: bool = False, **pace: Any) -> None:
        ids = count(1)
        profile = Profile(
            worker_id="w",
            token="secret",
            catalogue={"echo": ECHO, "strict": STRICT},
            max_concurrent_tasks=tasks,
            websockets=websockets,
        )
        self.now = START
        self.core = Worker(profile, Pace(**pace), new_id=lambda: f"id-{next(ids)}")
        self.done: list[Effect] = []
        self.core.start(now=self.now)
        self.collect()

    def collect(self) -> None:
        """Take over what the core wants done."""
        self.done += self.core.effects()

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping wherever something is due."""
        end = self.now + seconds
        while (due := self.core.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.core.tick(now=self.now)
            self.collect()
        self.now = end

    def sent(self, errand: Errand) -> list[Send]:
        """Return the requests of a kind so far."""
        return [each for each in self.done if isinstance(each, Send) and each.key[0] is errand]

    def bodies(self, errand: Errand) -> list[dict[str, Any]]:
        """Return what those requests said."""
        return [json.loads(each.body) for each in self.sent(errand)]

    def effects(self, kind: type) -> list[Any]:
        """Return the effects of a type so far."""
        return [each for each in self.done if isinstance(each, kind)]

    def under_way(self, key: Key) -> bool:
        """Whether a request waits for its answer."""
        return key in self.core.agenda.under_way

    def answer(self, key: Key, status: int = 200, body: Any = None, **headers: str) -> None:
        """Answer the request that is under way."""
        assert self.under_way(key), f"no {key[0]} is under way"
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        self.core.answered(key, Answer(status=status, headers=told, body=raw), now=self.now)
        self.collect()

    def cut(self, key: Key) -> None:
        """Break the connection of the request that is under way."""
        assert self.under_way(key), f"no {key[0]} is under way"
        self.core.broken(key, now=self.now)
        self.collect()

    def hired(self) -> "Bench":
        """Register, and answer the first heartbeat."""
        self.answer(REGISTER, body={"status": "registered"})
        self.answer(HEARTBEAT, body={"status": "ok"})
        return self

    def give(self, number: int = 1, **members: Any) -> None:
        """Answer the poll with a task."""
        self.answer(POLL, body=task(number, **members))

    def end(self, number: int = 1, outcome: Outcome | None = None) -> None:
        """Let the skill of a task end."""
        told = Outcome("success", {"n": 1}) if outcome is None else outcome
        self.core.ended(f"t{number}", told, now=self.now)
        self.collect()

    def stop(self) -> None:
        """Tell the worker to go."""
        self.core.stop(now=self.now)
        self.collect()

    def gaps(self, key: Key, count: int) -> list[float]:
        """Cut a request again and again; return the seconds until each next try."""
        found = []
        for _ in range(count):
            self.cut(key)
            left = self.now
            while not self.under_way(key):
                due = self.core.next_deadline()
                assert due is not None, f"no {key[0]} is ever tried again"
                self.wait(due - self.now)
            found.append(self.now - left)
        return found

    @property
    def started(self) -> list[str]:
        """The ids of the tasks whose skills were started."""
        return [each.task["task_id"] for each in self.effects(Run)]

    @property
    def cancelled(self) -> list[str]:
        """The ids of the tasks whose skills were to be stopped."""
        return [each.task_id for each in self.effects(Cancel)]

    @property
    def hung_up(self) -> list[Key]:
        """The requests that were given up."""
        return [each.key for each in self.effects(HangUp)]
