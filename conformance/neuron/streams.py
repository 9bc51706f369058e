"""Frames as they came on a stream, from the chunks that a transcript holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.seen import Missing
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken
from reference.neuron.sse import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

CHUNK = "http.chunk"
EVENTS = "/neuron/events"


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream; ``proof`` is the chunk that completed it."""

    name: str
    data: str
    proof: Event

    @property
    def json(self) -> Any:
        """What the data says; None when it is not JSON."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None

    def at(self, *path: str) -> Any:
        """Return a member by its path; None when there is none."""
        value = self.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def kind(self) -> str:
        """The member ``type``; empty when there is none."""
        found = self.at("type")
        return found if isinstance(found, str) else ""

    @property
    def stream(self) -> int:
        """The number of the request that opened the stream."""
        number: int = self.proof.data["to"]
        return number

    @property
    def time(self) -> float:
        """When its last byte came."""
        return self.proof.time

    # Of leases

    @property
    def lease_id(self) -> str:
        """The lease that it brings or cancels."""
        return str(self.at("lease", "leaseId") or self.at("leaseId"))

    @property
    def task_id(self) -> str:
        """The task that is leased."""
        return str(self.at("lease", "task", "taskId"))

    def must(self, condition: object, sentence: str) -> None:
        """Break the requirement with this frame as evidence unless the condition holds."""
        if not condition:
            raise Broken(sentence, self.proof)


class Reader:
    """Makes frames of chunks, each stream by itself."""

    def __init__(self) -> None:
        self._decoders: dict[int, Decoder] = {}

    def feed(self, chunk: Event) -> list[Frame]:
        """Return the frames that a chunk completes."""
        decoder = self._decoders.setdefault(chunk.data["to"], Decoder())
        return [Frame(each.name, each.data, chunk) for each in decoder.feed(chunk.body)]


def read(chunks: Iterable[Event]) -> Iterator[Frame]:
    """Yield the frames in the order in which they were complete."""
    reader = Reader()
    for chunk in chunks:
        yield from reader.feed(chunk)


def chunks(seen: Seen, tag: str | None = None) -> Iterator[Event]:
    """Yield what came on the streams of neurons; a gateway may have others, such as its desk's."""
    elsewhere = {event.number for event in seen.events if _opens_another(event)}
    return seen.matching(
        lambda event: (
            event.kind == CHUNK
            and event.direction is Direction.TARGET
            and event.data["to"] not in elsewhere
            and tag in {None, event.tag}
        )
    )


def _opens_another(event: Event) -> bool:
    """Say whether a request opens no neuron's stream; a base path may stand before its path."""
    if event.kind != "http.request":
        return False
    return not str(event.data["target"]).partition("?")[0].endswith(EVENTS)


def frames(seen: Seen, tag: str | None = None, *, kind: str | None = None) -> list[Frame]:
    """Return the frames of the streams with a tag, or of all; there is at least one.

    Without any there is nothing to judge.
    """
    found = any_frames(seen, tag, kind=kind)
    if not found:
        raise Missing(f"{kind or 'frame'} of {tag or 'any stream'}")
    return found


def any_frames(seen: Seen, tag: str | None = None, *, kind: str | None = None) -> list[Frame]:
    """Return the frames of the streams with a tag, or of all; perhaps none."""
    return [frame for frame in read(chunks(seen, tag)) if kind in {None, frame.kind}]


def leases(seen: Seen, tag: str | None = None, *, task: str | None = None) -> list[Frame]:
    """Return the leases that came, perhaps of one task only, perhaps none."""
    found = any_frames(seen, tag, kind="lease")
    return [frame for frame in found if task in {None, frame.task_id}]
