"""Lists of clients in text files: one a line, `#` for comments, `*` for patterns (sheet 6.5)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from reference.connectonion.identity import same_person

COMMENT, PATTERN = "#", "*"
BREAKS = re.compile(r"[\r\n\x00]")


def _named(line: str) -> str:
    return same_person(line.strip())


class ClientIdError(ValueError):
    """A name that cannot stand on a line of a list (CO-TRUST-37)."""


def checked(client: str) -> str:
    """Return the name by which lists know a client; raises ClientIdError."""
    if not client.strip() or BREAKS.search(client):
        raise ClientIdError("a client id is one line of text")
    if client.strip().startswith(COMMENT) or PATTERN in client:
        raise ClientIdError("a client id is no comment and no pattern")
    return same_person(client.strip())


@dataclass(frozen=True)
class ClientList:
    """The lines of one list; ``patterns`` says whether `*` means anything in it (CO-TRUST-30)."""

    lines: tuple[str, ...] = ()
    patterns: bool = True

    @classmethod
    def parse(cls, text: str, *, patterns: bool = True) -> "ClientList":
        """Read a file's text."""
        return cls(tuple(text.removeprefix("\ufeff").split("\n")), patterns)

    @cached_property
    def _entries(self) -> frozenset[str]:
        stripped = (line.strip() for line in self.lines)
        return frozenset(
            same_person(line) for line in stripped if line and not line.startswith(COMMENT)
        )

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        """Return what `*` lines match: from one end to the other (CO-TRUST-29)."""
        starred = (line for line in self._entries if self.patterns and PATTERN in line)
        return tuple(
            re.compile(".*".join(map(re.escape, line.split(PATTERN))), re.DOTALL)
            for line in starred
        )

    def __contains__(self, client: str) -> bool:
        name = same_person(client)
        if name in self._entries and (PATTERN not in name or self.patterns):
            return True
        return bool(self._patterns) and any(pattern.fullmatch(name) for pattern in self._patterns)

    def with_client(self, client: str) -> "ClientList":
        """Return the list with a client on a line of its own; raises ClientIdError."""
        name = checked(client)
        if name in self:
            return self
        kept = self.lines[:-1] if self.lines and not self.lines[-1] else self.lines
        return ClientList((*kept, name, ""), self.patterns)

    def without(self, client: str) -> "ClientList":
        """Return the list without a client's own lines; patterns stay, and comments too."""
        name = same_person(client)
        kept = [
            line for line in self.lines if same_person(line.strip()) != name or not line.strip()
        ]
        return ClientList(tuple(kept), self.patterns)

    @property
    def text(self) -> str:
        """The text of the file."""
        return "\n".join(self.lines)

    @property
    def clients(self) -> Iterable[str]:
        """The names on the list, patterns among them."""
        return sorted(self._entries)
