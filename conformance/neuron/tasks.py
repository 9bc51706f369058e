"""Tasks as the driver showed them, for checks of what a frame did or did not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.verdict import Broken, Unmet
from conformance.neuron.streams import leases

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.neuron.streams import Frame

# What tells a task that has changed from one that has not.
TELLING = ("state", "attempt", "output", "failure")


def task_in(seen: Seen, tag: str) -> dict[str, Any]:
    """Return a task as it was looked at."""
    task: dict[str, Any] = seen.noted(tag).data["task"]
    return task


def must_be(seen: Seen, tag: str, state: str) -> None:
    """Demand that a task was seen in a state."""
    note = seen.noted(tag)
    found = note.data["task"]["state"]
    if found != state:
        raise Broken(f"{tag} is {found}, not {state}", note)


def must_be_unchanged(seen: Seen, before: str, after: str) -> None:
    """Demand that two looks at a task show the same."""
    notes = seen.noted(before), seen.noted(after)
    was, became = (note.data["task"] for note in notes)
    for member in TELLING:
        old, new = was.get(member), became.get(member)
        if old != new:
            raise Broken(f"`{member}` of the task changed from {old!r} to {new!r}", *notes)


def deliveries(seen: Seen, note: Event) -> list[Frame]:
    """Return the leases of the task that a note names; there is at least one."""
    found = leases(seen, task=note.data["task_id"])
    if not found:
        raise Unmet("no lease of the task came", note)
    return found
