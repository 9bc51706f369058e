"""A gateway core with a clock that only moves when told, and its callers, for tests."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from reference.neuron import messages, timestamps
from reference.neuron.bearers import Bearers
from reference.neuron.fleet import Last
from reference.neuron.gateway_core import Gateway
from reference.neuron.gateway_replies import Reply
from reference.neuron.gateway_state import STORED, Policy
from reference.neuron.planning import Parting

ALICE, BOB = "user:alice", "user:bob"
ECHO = {"type": "conf/echo", "scope": "any", "concurrency": 1}


def capability(kind: str = "conf/echo", *, concurrency: int = 1, **more: Any) -> dict[str, Any]:
    """Return a capability."""
    return {"type": kind, "scope": "any", "concurrency": concurrency, **more}


class World:
    """A core, its time, its store and everybody who talks to it."""

    def __init__(self, **policy: Any) -> None:
        self.now = 1_700_000_000.0
        self._ids = count(1)
        self._policy = Policy(**policy)
        self.stored: dict[str, dict[str, Any]] = {kind: {} for kind in STORED}
        self.core = self._make()

    def _make(self) -> Gateway:
        bearers = Bearers({"alice": ALICE, "bob": BOB}, counted=True)
        return Gateway(policy=self._policy, bearers=bearers, new_id=lambda: f"id-{next(self._ids)}")

    def settle(self) -> None:
        """Write what changed."""
        for change in self.core.changes():
            if change.document is None:
                self.stored[change.kind].pop(change.key, None)
            else:
                json.dumps(change.document)
                self.stored[change.kind][change.key] = change.document
        self.core.effects()

    def die_and_live(self) -> None:
        """Start over with nothing but the store."""
        self.core = self._make()
        self.core.restore(self.stored, now=self.now)
        self.settle()

    def wait(self, seconds: float) -> None:
        """Let time pass and happen what is due."""
        self.now += seconds
        self.core.tick(now=self.now)
        self.settle()

    # --- neurons

    def open(self, neuron_id: str = "n", *, subject: str = ALICE) -> int:
        """Open a stream that must be granted."""
        stream = self.core.open_stream(neuron_id, subject=subject, now=self.now)
        self.settle()
        assert isinstance(stream, int), stream
        return stream

    def close(self, stream: int) -> None:
        """Hang up."""
        self.core.stream_ended(stream, now=self.now)
        self.settle()

    def post(self, frame: Mapping[str, Any], *, subject: str = ALICE) -> Reply:
        """Post a frame."""
        body = json.dumps(frame).encode()
        reply = self.core.receive(frame["type"], body, subject=subject, now=self.now)
        self.settle()
        return reply

    def register(
        self, *capabilities: Any, neuron_id: str = "n", subject: str = ALICE, **more: Any
    ) -> Reply:
        """Register; a neuron that echoes unless told otherwise."""
        frame = {
            "type": "register",
            "neuronId": neuron_id,
            "protocolVersion": "1.0.0",
            "capabilities": list(capabilities) or [ECHO],
            **more,
        }
        return self.post(frame, subject=subject)

    def connect(self, *capabilities: Any, neuron_id: str = "n", subject: str = ALICE) -> int:
        """Open a stream and register on it; the `registered` frame is read."""
        stream = self.open(neuron_id, subject=subject)
        reply = self.register(*capabilities, neuron_id=neuron_id, subject=subject)
        assert reply.status == 200, reply
        assert self.frame(stream)["type"] == "registered"
        return stream

    def frame(self, stream: int) -> Any:
        """Return the next frame of a stream: an object, "end" or None."""
        frame = self.core.next_frame(stream, now=self.now)
        self.settle()
        if frame is None or isinstance(frame, Last):
            return frame and frame.value
        return messages.write(frame)

    def frames(self, stream: int) -> list[Any]:
        """Return all frames that are there."""
        return list(iter(lambda: self.frame(stream), None))

    def lease(self, stream: int) -> Any:
        """Return the next frame, which must be a lease."""
        frame = self.frame(stream)
        assert frame is not None
        assert frame["type"] == "lease", frame
        return frame["lease"]

    def instant(self) -> str:
        """Spell the present moment."""
        return timestamps.write(timestamps.at(self.now))

    def ack(self, lease: Any, *, subject: str = ALICE, **members: Any) -> Reply:
        """Answer a lease."""
        lease_id = lease["leaseId"]
        frame = {"type": "ack", "leaseId": lease_id, "completedAt": self.instant(), **members}
        return self.post(frame, subject=subject)

    def nack(
        self, lease: Any, kind: str = "retryable", *, subject: str = ALICE, **members: Any
    ) -> Reply:
        """Fail a lease."""
        frame = {"type": "nack", "leaseId": lease["leaseId"], "kind": kind, "reason": "r"}
        return self.post({**frame, "failedAt": self.instant(), **members}, subject=subject)

    def progress(self, lease: Any, *, subject: str = ALICE, **members: Any) -> Reply:
        """Report progress."""
        frame = {"type": "progress", "leaseId": lease["leaseId"], "sentAt": self.instant()}
        return self.post({**frame, **members}, subject=subject)

    def beat(self, *leases: Any, neuron_id: str = "n", subject: str = ALICE) -> Reply:
        """Send a heartbeat."""
        at = self.instant()
        listed = [{"leaseId": x["leaseId"], "taskId": "t", "startedAt": at} for x in leases]
        frame = {"type": "heartbeat", "neuronId": neuron_id, "inFlight": listed, "sentAt": at}
        return self.post(frame, subject=subject)

    def update(self, changed: Any, *, neuron_id: str = "n", subject: str = ALICE) -> Reply:
        """Change a capability."""
        frame = {"type": "update-capability", "neuronId": neuron_id, "capability": changed}
        return self.post(frame, subject=subject)

    # --- planners and operators

    def inject(self, kind: str = "conf/echo", **members: Any) -> str:
        """Hand in a task."""
        task_id = self.core.inject({"capability": kind, **members}, now=self.now)
        self.settle()
        return task_id

    def cancel(self, task_id: str, reason: str | None = None) -> None:
        """Call a task off."""
        self.core.cancel(task_id, reason=reason, now=self.now)
        self.settle()

    def task(self, task_id: str) -> dict[str, Any]:
        """Look at a task."""
        return self.core.task(task_id, now=self.now)

    def state(self, task_id: str) -> str:
        """Say where a task stands."""
        return str(self.task(task_id)["state"])

    def part(self, neuron_id: str | None = "n", *, reconnectable: bool = True) -> None:
        """Say goodbye to a neuron."""
        wish = Parting(neuron_id=neuron_id, reason="bye", reconnectable=reconnectable)
        self.core.disconnect(wish, now=self.now)
        self.settle()
