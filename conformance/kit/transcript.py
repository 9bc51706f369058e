"""The transcript: every message of a run, who sent it, when, and on which connection."""

from __future__ import annotations

import hashlib
import heapq
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from conformance.kit.reporting.redact import SupportsWrite

KEPT_BODY = 64 * 1024  # bytes of one body that a transcript keeps; `length` tells the whole
FORMAT = "assay-transcript/1"


class Direction(StrEnum):
    """Who spoke."""

    KIT = ">"
    TARGET = "<"
    NOTE = "-"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    ``time`` is in seconds since the run began; ``data`` depends on ``kind``: see TRANSCRIPT.md
    beside this module.
    """

    number: int
    time: float
    scenario: str
    connection: str
    direction: Direction
    kind: str
    tag: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""


class Transcript:
    """An append-only list of events."""

    def __init__(
        self, *, clock: Callable[[], float], heard: Callable[[Event], None] | None = None
    ) -> None:
        self.events: list[Event] = []
        self.unanswered = 0  # questions in a row for whose answer was waited long and in vain
        self._clock = clock
        self._heard = heard
        self._connections = 0
        self._scenarios: dict[str, list[Event]] = {}
        self._listeners: dict[str, list[Callable[[Event], None]]] = {}

    def of(self, scenario: str) -> list[Event]:
        """Return the events of one scenario so far."""
        return self._scenarios.get(scenario, [])

    def of_all(self, scenarios: Iterable[str]) -> list[Event]:
        """Return the events of some scenarios so far, in the order in which they happened."""
        return list(heapq.merge(*map(self.of, scenarios), key=attrgetter("number")))

    @contextmanager
    def listening(self, scenario: str, hear: Callable[[Event], None]) -> Iterator[None]:
        """Have every event that is added to a scenario heard; ``hear`` must not raise."""
        listeners = self._listeners.setdefault(scenario, [])
        listeners.append(hear)
        try:
            yield
        finally:
            listeners.remove(hear)

    def add(  # noqa: PLR0913  (one parameter a column)
        self,
        direction: Direction,
        kind: str,
        *,
        scenario: str,
        connection: str = "",
        tag: str = "",
        data: Mapping[str, Any] | None = None,
        body: bytes = b"",
    ) -> Event:
        """Append one event; of a body longer than KEPT_BODY length and digest are recorded."""
        facts = dict(data or {})
        if len(body) > KEPT_BODY:
            facts["length"], facts["sha256"] = len(body), hashlib.sha256(body).hexdigest()
            body = body[:KEPT_BODY]
        event = Event(
            len(self.events), self._clock(), scenario, connection, direction, kind, tag, facts, body
        )
        self.events.append(event)
        self._scenarios.setdefault(scenario, []).append(event)
        if self._heard is not None:
            self._heard(event)
        for hear in tuple(self._listeners.get(scenario, ())):
            hear(event)
        return event

    def new_connection(self) -> str:
        """Return a name for the next connection: c1, then c2."""
        self._connections += 1
        return f"c{self._connections}"


@dataclass(frozen=True, slots=True)
class Recorder:
    """A transcript as one scenario writes it."""

    transcript: Transcript
    scenario: str

    def sent(self, kind: str, connection: str, **columns: Any) -> Event:
        """Record what the kit sent."""
        return self._add(Direction.KIT, kind, connection, columns)

    def received(self, kind: str, connection: str, **columns: Any) -> Event:
        """Record what the target sent."""
        return self._add(Direction.TARGET, kind, connection, columns)

    def note(self, kind: str, **columns: Any) -> Event:
        """Record what no wire shows: an observation, the end of the scenario."""
        return self._add(Direction.NOTE, kind, "", columns)

    def connection(self) -> str:
        """Return a fresh connection name."""
        return self.transcript.new_connection()

    def _add(
        self, direction: Direction, kind: str, connection: str, columns: dict[str, Any]
    ) -> Event:
        return self.transcript.add(
            direction, kind, scenario=self.scenario, connection=connection, **columns
        )


def dump(events: Iterable[Event], header: Mapping[str, Any], stream: SupportsWrite) -> None:
    """Write a transcript as JSON Lines: a header line, then a line an event."""
    stream.write(json.dumps({"format": FORMAT, **header}) + "\n")
    for event in events:
        stream.write(line(event))


def line(event: Event) -> str:
    """Return one event as a line of a transcript file."""
    return json.dumps(to_row(event), ensure_ascii=False) + "\n"


def to_row(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object; a body that is not UTF-8 text is hex."""
    row: dict[str, Any] = {
        "n": event.number,
        "t": round(event.time, 6),
        "scenario": event.scenario,
        "connection": event.connection,
        "dir": str(event.direction),
        "kind": event.kind,
        "tag": event.tag,
        "data": dict(event.data),
    }
    if event.body:
        try:
            row["body"] = event.body.decode("utf-8")
        except UnicodeDecodeError:
            row["body_hex"] = event.body.hex()
    return row


class CaptureError(ValueError):
    """A capture file that is not a transcript."""


def load(lines: Iterable[str]) -> tuple[dict[str, Any], list[Event]]:
    """Read what ``dump`` wrote; return header and events.

    Raises CaptureError naming the line.
    """
    numbered = iter(enumerate(lines, start=1))
    header: dict[str, Any] | None = None
    events: list[Event] = []
    for number, line in _filled(numbered):
        try:
            row = json.loads(line)
            if header is None:
                header = _header(row)
            else:
                events.append(_event(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CaptureError(f"line {number}: {error}") from error
    if header is None:
        raise CaptureError("the file is empty")
    return header, events


def _filled(numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in numbered if line.strip())


def _header(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or row.get("format") != FORMAT:
        raise ValueError(f'the first line must be an object with "format": "{FORMAT}"')
    return row


def _event(row: Mapping[str, Any]) -> Event:
    body = bytes.fromhex(row["body_hex"]) if "body_hex" in row else row.get("body", "").encode()
    return Event(
        row["n"],
        float(row["t"]),
        row["scenario"],
        row["connection"],
        Direction(row["dir"]),
        row["kind"],
        row.get("tag", ""),
        row.get("data", {}),
        body,
    )
