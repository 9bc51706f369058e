"""A neuron's core on a bench: a clock that the test moves, a gateway that the test plays."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from reference.neuron.capabilities import ANY, Capability
from reference.neuron.neuron_core import NeuronCore, Phase
from reference.neuron.neuron_effects import (
    Effect,
    GiveUp,
    HangUp,
    Interrupt,
    News,
    Open,
    Post,
    Run,
    Tell,
)
from reference.neuron.neuron_outcomes import Outcome, Returned
from reference.neuron.neuron_pace import Pace
from reference.neuron.neuron_work import Offer

E = TypeVar("E", bound=Effect)
N = TypeVar("N", bound=News)
START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
STAMP = "2026-01-01T00:00:00Z"
NEEDS_A = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}

OFFERS = (
    Offer(capability=Capability(type="conf/echo", scope=ANY, concurrency=2)),
    Offer(capability=Capability(type="conf/serial", scope=ANY, concurrency=1)),
    Offer(
        capability=Capability(type="conf/typed", scope=ANY, concurrency=1),
        input_schema=NEEDS_A,
        output_schema={"type": "object", "required": ["echo"]},
    ),
)


# What the neuron of the bench registers.
REGISTER = {
    "type": "register",
    "neuronId": "n1",
    "protocolVersion": "1.0.0",
    "capabilities": [
        {"type": "conf/echo", "scope": "any", "concurrency": 2},
        {"type": "conf/serial", "scope": "any", "concurrency": 1},
        {"type": "conf/typed", "scope": "any", "concurrency": 1},
    ],
}


def lease(number: int | str = 1, kind: str = "conf/echo", **members: Any) -> dict[str, Any]:
    """Return a lease frame; members of the lease and of its task may be given."""
    task = {
        "taskId": f"t{number}",
        "workflowId": "w1",
        "capability": kind,
        "input": members.pop("input", {"n": number}),
        "attempt": members.pop("attempt", 0),
    }
    whole = {"leaseId": f"l{number}", "expiresAt": "2099-01-01T00:00:00Z", "task": task, **members}
    return {"type": "lease", "lease": whole, "sentAt": STAMP}


def cancel(number: int | str = 1) -> dict[str, Any]:
    return {"type": "cancel", "leaseId": f"l{number}", "reason": "user", "cancelledAt": STAMP}


def revoked(kind: str) -> dict[str, Any]:
    return {"type": "capability-revoked", "capability": kind, "reason": "no", "revokedAt": STAMP}


def disconnect(*, reconnectable: bool) -> dict[str, Any]:
    return {
        "type": "disconnect",
        "reason": "bye",
        "reconnectable": reconnectable,
        "sentAt": STAMP,
    }


class Bench:
    """One neuron; everything it wants done is kept in `done`, in order."""

    def __init__(self, offers: Iterable[Offer] = OFFERS, **pace: float) -> None:
        self.now = START
        self.done: list[Effect] = []
        self.unanswered: dict[int, Post] = {}
        self.core = NeuronCore("n1", offers, Pace(**pace))
        self.core.start(now=self.now)
        self.take()

    def take(self) -> None:
        """Take what the core wants done."""
        for effect in self.core.effects():
            self.done.append(effect)
            if isinstance(effect, Post):
                self.unanswered[effect.key] = effect
            if isinstance(effect, GiveUp):
                del self.unanswered[effect.key]

    # The gateway

    def open(self, status: int = 200) -> "Bench":
        self.core.opened(status, now=self.now)
        self.take()
        return self

    def serving(self) -> "Bench":
        """Open the stream and accept the registration."""
        return self.open().answer("register")

    def lose(self, reason: str = "the end") -> "Bench":
        self.core.lost(reason, now=self.now)
        self.take()
        return self

    def send(self, *frames: Any) -> "Bench":
        """Write frames in one segment."""
        for frame in frames:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            self.core.received(text, now=self.now)
        self.take()
        return self

    def pending(self, what: str) -> list[Post]:
        return [post for post in self.unanswered.values() if post.path == f"/neuron/{what}"]

    def answer(self, what: str, status: int = 200) -> "Bench":
        """Answer the oldest POST of a kind."""
        post = self.pending(what)[0]
        del self.unanswered[post.key]
        self.core.answered(post.key, status, now=self.now)
        self.take()
        return self

    def cut(self, what: str) -> "Bench":
        """Cut the oldest POST of a kind."""
        post = self.pending(what)[0]
        del self.unanswered[post.key]
        self.core.broken(post.key, "cut", now=self.now)
        self.take()
        return self

    def written(self, what: str) -> "Bench":
        self.core.written(self.pending(what)[0].key, now=self.now)
        self.take()
        return self

    # The handlers and the clock

    def end(self, number: int | str = 1, outcome: Outcome | None = None) -> "Bench":
        self.core.ended(f"l{number}", outcome or Returned({"ok": True}), now=self.now)
        self.take()
        return self

    def progress(self, number: int | str = 1, **told: Any) -> "Bench":
        self.core.progress(f"l{number}", now=self.now, **told)
        self.take()
        return self

    def update(self, kind: str, concurrency: Any) -> "Bench":
        self.core.update(kind, concurrency, now=self.now)
        self.take()
        return self

    def stop(self, within: float | None = None) -> "Bench":
        self.core.stop(within=within, now=self.now)
        self.take()
        return self

    def wait(self, seconds: float) -> "Bench":
        """Let time pass, deadline by deadline."""
        end = self.now + seconds
        while (moment := self.core.next_deadline()) is not None and moment <= end:
            self.now = max(self.now, moment)
            self.core.tick(now=self.now)
            self.take()
        self.now = end
        return self

    # What it came to

    def all(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.done if isinstance(effect, kind)]

    def bodies(self, *paths: str) -> list[dict[str, Any]]:
        """Return what was posted to some paths, in order; all if none is named."""
        return [
            json.loads(post.body)
            for post in self.all(Post)
            if not paths or post.path.rpartition("/")[2] in paths
        ]

    def results(self) -> list[tuple[str, str]]:
        """Return the leases with an ack or a nack, and its kind."""
        return [(body["leaseId"], body.get("kind", "ack")) for body in self.bodies("ack", "nack")]

    def ran(self) -> list[str]:
        return [run.lease.lease_id for run in self.all(Run)]

    def interrupted(self) -> list[str]:
        return [effect.lease_id for effect in self.all(Interrupt)]

    def dialled(self) -> int:
        return len(self.all(Open))

    def hung_up(self) -> bool:
        return bool(self.all(HangUp))

    def news(self, kind: type[N]) -> list[N]:
        return [tell.news for tell in self.all(Tell) if isinstance(tell.news, kind)]

    @property
    def gone(self) -> bool:
        return self.core.phase is Phase.GONE
