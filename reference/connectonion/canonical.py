"""The bytes that signatures are about (sheet 4.1, 4.2).

The parsed value is written again, so the spelling on the wire does not matter, except that
`1` and `1.0` are different numbers (CO-AUTH-06).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Payload = Mapping[str, Any]


def escaped(payload: Payload) -> bytes:
    """Write the normative form: keys sorted at every depth, no spaces, ASCII (CO-AUTH-03, 05)."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":")).encode("ascii")


def raw(payload: Payload) -> bytes:
    """Write the same with raw UTF-8, as newer Python clients do."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def raw_top_sorted(payload: Payload) -> bytes:
    """Write raw UTF-8 with only the outermost keys sorted, as TypeScript clients do."""
    top = dict(sorted(payload.items(), key=lambda item: item[0].encode("utf-16-be")))
    return json.dumps(top, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


# What a host accepts, the normative form first (CO-AUTH-04).
FORMS: tuple[Callable[[Payload], bytes], ...] = (escaped, raw, raw_top_sorted)


def announcement(message: Payload) -> bytes:
    """Write an ANNOUNCE without its signature: sorted keys, with spaces (sheet 4.2)."""
    unsigned = {name: value for name, value in message.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True).encode("ascii")
