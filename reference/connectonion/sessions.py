"""Runs and their results, kept for a day so that nobody loses one (sheet 3.3, 5.3)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from reference.change import Change

RESULT_TTL = 86_400.0  # seconds, CO-SESS-08
RECORD = "session"
LOST = "error: the host was stopped during this run"


class Status(StrEnum):
    """What a record says of its run (CO-SESS-05)."""

    RUNNING = "running"
    DONE = "done"


class ForeignSession(Exception):  # noqa: N818  (an answer, not an error of ours)
    """The id is that of another caller's session (CO-SESS-19)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One run; times are Unix seconds. A run that failed is done, and its result says so."""

    session_id: str
    status: Status
    prompt: str
    result: Any
    created: float
    expires: float
    duration_ms: int | None
    owner: str

    @property
    def updated(self) -> float:
        """When the record was written last: at the run's begin or end (CO-HOST-21)."""
        return self.created + (self.duration_ms or 0) / 1000

    def told(self) -> dict[str, Any]:
        """Return what whoever asks is told (CO-SESS-07)."""
        return {name: getattr(self, name) for name in MEMBERS if name != "owner"}

    def document(self) -> dict[str, Any]:
        """Return what a store keeps; the result as JSON text, which takes whatever an agent says.

        A store of bytes has no place for half a surrogate pair, or for a number of 20 digits.
        """
        told = {name: getattr(self, name) for name in MEMBERS}
        return {**told, "result": json.dumps(self.result)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Record":
        """Return the record that a store has kept."""
        read = {"status": Status(document["status"]), "result": json.loads(document["result"])}
        return cls(**{**document, **read})


MEMBERS = tuple(each.name for each in fields(Record))
CLEAN_AT = 1024  # records, after which those are dropped that can be read no more


@dataclass(slots=True)
class Sessions:
    """The records of a host, and what changed since its store was written."""

    ttl: float = RESULT_TTL
    _records: dict[str, Record] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)  # ids, in order
    _clean_at: int = CLEAN_AT

    def begin(self, session_id: str, prompt: str, *, owner: str, now: float) -> Record:
        """Note that a run has begun; raises ForeignSession."""
        before = self._records.get(session_id)
        if before is not None and before.owner != owner and not self._is_over(before, now):
            raise ForeignSession(session_id)
        if len(self._records) >= self._clean_at:
            self.forget_old(now=now)
            self._clean_at = max(CLEAN_AT, 2 * len(self._records))
        return self._keep(
            Record(session_id, Status.RUNNING, prompt, None, now, now + self.ttl, None, owner)
        )

    def finish(self, session_id: str, result: Any, *, now: float) -> Record:
        """Note how a run ended: from now on its result is kept (CO-SESS-11, CO-SESS-12)."""
        begun = self._records[session_id]
        return self._keep(
            replace(
                begun,
                status=Status.DONE,
                result=result,
                expires=max(begun.created, now) + self.ttl
                if now > begun.expires
                else begun.expires,
                duration_ms=int((now - begun.created) * 1000),
            )
        )

    def _keep(self, record: Record) -> Record:
        self._records[record.session_id] = record
        self._changed[record.session_id] = None
        return record

    def get(self, session_id: str, *, now: float) -> Record | None:
        """Return a record that can still be read (CO-SESS-09, CO-SESS-10)."""
        found = self._records.get(session_id)
        return None if found is None or self._is_over(found, now) else found

    def all(self, *, now: float) -> Iterable[Record]:
        """Return the records that can be read, newest first (CO-SESS-15)."""
        living = (each for each in self._records.values() if not self._is_over(each, now))
        return sorted(living, key=lambda each: -each.created)

    @staticmethod
    def _is_over(record: Record, now: float) -> bool:
        return record.status is Status.DONE and now >= record.expires

    def forget_old(self, *, now: float) -> None:
        """Drop what can be read no more."""
        for record in [each for each in self._records.values() if self._is_over(each, now)]:
            del self._records[record.session_id]
            self._changed[record.session_id] = None

    def changes(self) -> list[Change]:
        """Hand out what the store has to write."""
        changed = list(self._changed)
        self.let_go()
        found = ((each, self._records.get(each)) for each in changed)
        return [Change(RECORD, key, record and record.document()) for key, record in found]

    def let_go(self) -> None:
        """Forget what changed: no store wants to know."""
        self._changed.clear()

    def restore(self, documents: Mapping[str, Mapping[str, Any]], *, now: float) -> None:
        """Take the records of a store; runs that were under way have been lost with their host."""
        for session_id, document in documents.items():
            record = Record.of(document)
            self._records[session_id] = record
            if record.status is Status.RUNNING:
                self.finish(session_id, LOST, now=now)
