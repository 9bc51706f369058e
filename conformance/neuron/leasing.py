"""Frames that the kit writes into a neuron's stream, and answers to what the neuron POSTs.

Frames are plain JSON on purpose: what is odd about them no codec would write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.kit.wire.tap import Reply
from conformance.neuron.hearing import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.wire.tap import Asked

Frame = dict[str, Any]

LONG_AGO, FAR_AWAY = "2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
SENT_AT = "2026-01-01T00:00:00Z"
JSON = {"Content-Type": "application/json"}
OK = Reply(200, JSON, b'{"ok":true}')
CUT = Reply(cut=True)
OWN_STREAM = Reply(200, {"Content-Type": "text/event-stream"}, streaming=True)


LEFT_OUT = object()  # for a schema: the lease has no such member
NO_SCHEMAS: dict[str, Any] = {"inputSchema": None, "outputSchema": None}


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease of the kit's own: what it is about, for the checks, and its frame."""

    about: str
    frame: Frame

    @property
    def id(self) -> str:
        """What tells its end."""
        return str(self.frame["lease"]["leaseId"])

    @property
    def task(self) -> Frame:
        """What is to be done."""
        task: Frame = self.frame["lease"]["task"]
        return task

    @property
    def block(self) -> bytes:
        """The frame as a gateway writes it."""
        return block(self.frame)

    def with_members(self, **members: Any) -> Lease:
        """Return it with other members of the frame's `lease`."""
        return replace(self, frame={**self.frame, "lease": {**self.frame["lease"], **members}})

    def with_task(self, **members: Any) -> Lease:
        """Return it with other members of its task."""
        return self.with_members(task={**self.task, **members})


def lease(
    lease_id: str,
    capability: str,
    input: Any,  # noqa: A002  (the frame's own word)
    *,
    about: str,
    **schemas: Any,
) -> Lease:
    """Return a lease with the members that a frame needs; a schema that is not given is null.

    The first published neuron drops a lease that lacks one, and null says what absence says.
    """
    task = {
        "taskId": f"task-of-{lease_id}",
        "workflowId": "assay",
        "capability": capability,
        "input": input,
        "attempt": 0,
    }
    inner = {"leaseId": lease_id, "expiresAt": FAR_AWAY, "task": task, **NO_SCHEMAS, **schemas}
    inner = {name: value for name, value in inner.items() if value is not LEFT_OUT}
    return Lease(about, {"type": "lease", "lease": inner, "sentAt": SENT_AT})


def cancelling(lease_id: str) -> bytes:
    """Return the block of a cancel."""
    reason = {"reason": "assay called it off", "cancelledAt": SENT_AT}
    return block({"type": "cancel", "leaseId": lease_id, **reason})


def block(frame: Any) -> bytes:
    """Return a frame as a gateway writes it: its name, its JSON on one line, LF."""
    name = frame.get("type") if isinstance(frame, dict) else "lease"
    return f"event: {name}\n".encode() + data(json.dumps(frame, ensure_ascii=False))


def data(text: str) -> bytes:
    """Return a block with this data and no name."""
    return f"data: {text}\n\n".encode()


# What it answers


def refused(status: int) -> Reply:
    """Return the answer of a gateway that refuses."""
    body = json.dumps({"error": f"assay answers {status} here"}).encode()
    return Reply(status, JSON, body)


def late(seconds: float) -> Reply:
    """Return an acceptance that comes so much later."""
    return replace(OK, after=seconds)


def asks_for(*kinds: str) -> Callable[[Asked], bool]:
    """Return what tells requests of these kinds, by their paths, before they are answered."""
    return lambda asked: asked.path.rpartition(ROOT)[2] in kinds


def about(each: Lease, *kinds: str) -> Callable[[Asked], bool]:
    """Return what tells requests of these kinds about a lease before they are answered."""
    written, fits = json.dumps(each.id).encode(), asks_for(*kinds)
    return lambda asked: fits(asked) and written in asked.body
