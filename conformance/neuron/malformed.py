"""What can be wrong about a frame: every member in turn, the whole, and the bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Body = dict[str, Any]

# Members that a frame may do without.
OPTIONAL = frozenset({"output", "code", "details", "percent", "message", "data", "leaseTtlMs"})
# Members that may hold any JSON.
OPEN = frozenset({"output", "details", "data"})
DEEP = 100_000  # levels of nesting
GIANT = 17 * 1024 * 1024  # bytes; sheet 7.5: a gateway takes 16 MiB


def variants(kind: str, valid: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes of everything that is wrong about a frame, each named."""
    found = {
        "no JSON": b"{nope",
        "nothing": b"",
        "an array": b"[]",
        "a number": b"5",
        "null": b"null",
        "a text": b'"register"',
        "bytes that are no UTF-8": encoded(valid).replace(b'"type"', b'"ty\xffpe"', 1),
        "trailing garbage": encoded(valid) + b"}",
        "another type": encoded({**valid, "type": "lease"}),
        "a type in capitals": encoded({**valid, "type": kind.upper()}),
        "an unknown member": encoded({**valid, "assay": 1}),
    }
    for path in paths(valid):
        spoiled = {
            f"{'.'.join(map(str, path))} {name}": changed(valid, path, spoil)
            for name, spoil in spoils(str(path[-1])).items()
        }
        found |= {name: encoded(body) for name, body in spoiled.items()}
    return found


def spoils(name: str) -> dict[str, Callable[[Body | list[Any], Any], None]]:
    """Return how a member can be spoiled."""
    ways: dict[str, Callable[[Any, Any], None]] = {}
    if name not in OPTIONAL:
        ways["is missing"] = lambda holder, key: holder.pop(key)
        ways["is null"] = lambda holder, key: holder.__setitem__(key, None)
    if name not in OPEN:
        ways["has another type"] = another_type
    return ways


def another_type(holder: Any, key: Any) -> None:
    """Put a value of another JSON type in the place of one."""
    holder[key] = [True] if isinstance(holder[key], str | int | float) else "text"


def paths(value: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every member, also of those inside, unless it may hold anything."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        path = (*before, key)
        if isinstance(key, str):
            yield path
        if isinstance(member, dict | list) and key not in OPEN:
            yield from paths(member, path)


def changed(
    valid: Mapping[str, Any], path: tuple[str | int, ...], change: Callable[[Any, Any], None]
) -> Body:
    """Return a copy in which the member at a path is changed."""
    copy: Body = json.loads(json.dumps(valid))
    holder: Any = copy
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return copy


def monsters() -> dict[str, bytes]:
    """Return bodies that no parser should be sent, and every server is."""
    return {
        "nested without end": b'{"type":"heartbeat","inFlight":' + b"[" * DEEP + b"]" * DEEP + b"}",
        "objects without end": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "a number without end": b'{"type":"heartbeat","sentAt":' + b"9" * DEEP + b"}",
        "bytes without sense": bytes(range(256)) * 16,
        "a lone surrogate": b'{"type":"heartbeat","neuronId":"\\ud800","inFlight":[],"sentAt":""}',
        "NaN": b'{"type":"heartbeat","neuronId":NaN,"inFlight":[],"sentAt":Infinity}',
        "giant": b'{"type":"heartbeat","neuronId":"' + b"x" * GIANT + b'"}',
    }


def encoded(body: Any) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
