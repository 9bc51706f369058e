"""Keeping credentials out of what people read, paste and upload."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECRET_NAME = re.compile(
    r"token|secret|password|api_?key|credential"
    r"|^(?!public_|tls_)(?:\w+_)?(?:key|seed)$",  # what signs; `tls_key` is a file's name
    re.IGNORECASE,
)
SECRET_MEMBER = re.compile(
    r'(\\?"(?:access_token|refresh_token|token|secret|password|api_key)\\?"\s*:\s*\\?")[^"\\]+',
    re.IGNORECASE,
)
SECRET_HEADER = re.compile(
    r'(\["(?:authorization|x-[a-z-]*token|cookie|set-cookie)", ")[^"]+', re.IGNORECASE
)
SHORTEST = 4  # characters; masking shorter values would eat ordinary text


class SupportsWrite(Protocol):
    """What a transcript is written to."""

    def write(self, text: str, /) -> Any:
        """Take a line."""


def secrets_of(facts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return value -> name of every secret among some sets of facts."""
    return {
        value: name
        for each in facts
        for name, value in each.items()
        if SECRET_NAME.search(name) and isinstance(value, str) and len(value) >= SHORTEST
    }


def mask(text: str, secrets: Mapping[str, str]) -> str:
    """Replace secrets in a text (plain, or a row of a transcript file) by their names."""
    for value in sorted(secrets, key=len, reverse=True):
        for spelling in {value, json.dumps(value)[1:-1]}:
            text = text.replace(spelling, f"‹{secrets[value]}›")
    text = SECRET_MEMBER.sub(r"\1‹redacted›", text)
    return SECRET_HEADER.sub(_keep_named, text)


class Masked:
    """A text stream that redacts what passes through it, line by line."""

    def __init__(self, stream: SupportsWrite, secrets: Mapping[str, str]) -> None:
        self._stream = stream
        self._secrets = secrets

    def write(self, text: str) -> None:
        """Write a line without its secrets."""
        self._stream.write(mask(text, self._secrets))


def _keep_named(match: re.Match[str]) -> str:
    value = match.group(0)[len(match.group(1)) :]
    return match.group(0) if value.startswith("‹") else f"{match.group(1)}‹redacted›"
