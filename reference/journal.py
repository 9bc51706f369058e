"""The store of a role: JSON documents by kind and key, written in one transaction each time.

SQLite in write-ahead mode: what `write` returned from survives the death of the process.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson

from reference.change import Change

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""
PUT = "INSERT OR REPLACE INTO document (kind, key, body) VALUES (?, ?, ?)"
DROP = "DELETE FROM document WHERE kind = ? AND key = ?"


class Journal:
    """A file of documents that one role owns."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        # NORMAL keeps every commit through a SIGKILL; FULL would add only power failures
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(SCHEMA)

    def write(self, changes: Iterable[Change]) -> None:
        """Commit all the changes or, if one cannot be written, none."""
        rows = [
            (change.kind, change.key, None if change.document is None else _text(change.document))
            for change in changes
        ]
        if not rows:
            return
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            for kind, key, body in rows:
                if body is None:
                    self._database.execute(DROP, (kind, key))
                else:
                    self._database.execute(PUT, (kind, key, body))

    def read(self, kind: str) -> dict[str, Any]:
        """Return the documents of a kind by key."""
        rows = self._database.execute("SELECT key, body FROM document WHERE kind = ?", (kind,))
        return {key: orjson.loads(body) for key, body in rows}

    def clear(self) -> None:
        """Drop every document."""
        self._database.execute("DELETE FROM document")

    def close(self) -> None:
        """Release the file."""
        self._database.close()


def _text(document: Any) -> bytes:
    return orjson.dumps(document)
