"""JSON that is no signed prompt, since something in it is of a wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.connectonion.peer import Caller

    Body = dict[str, Any]
    Spoil = Callable[[Caller, Body], Any]  # a good prompt comes in

DEEP = 100_000  # levels of nesting, more than any reader follows


def beside(name: str, change: Callable[[Any], Any]) -> Spoil:
    """Put another value beside the payload."""
    return lambda _caller, good: {**good, name: change(good.get(name))}


def inside(name: str, change: Callable[[Any], Any]) -> Spoil:
    """Put another value into the payload, and sign it."""

    def spoil(caller: Caller, good: Body) -> Body:
        payload = {**good["payload"], name: change(good["payload"].get(name))}
        return {**good, **caller.signed(payload)}

    return spoil


def always(body: Any) -> Spoil:
    """Send something else."""
    return lambda _caller, _good: body


OTHER: Mapping[str, Callable[[Any], Any]] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "a number": lambda _: 5,
    "a text": str,
    "an array": lambda value: [value],
    "an empty array": lambda _: [],
    "an object": lambda value: {"value": value},
}
BODIES: Mapping[str, Spoil] = {
    "null": always(None),
    "a number": always(5),
    "an empty array": always([]),
    "an array that holds a prompt": lambda _caller, good: [good],
    "an array of names": always(["payload", "signature"]),
    "a text of names": always("payload signature"),
    "arrays without end": always(b'{"payload":' + b"[" * DEEP),
    "objects without end": always(b'{"payload":' * DEEP + b"1" + b"}" * DEEP),
}
BESIDE: Mapping[str, tuple[str, ...]] = {
    "payload": ("null", "true", "a number", "a text", "an array", "an empty array"),
    "from": ("true", "a number", "an array", "an object"),
    "signature": ("true", "a number", "an array", "an object"),
    "session": ("true", "a number", "a text", "an array"),
}
INSIDE: Mapping[str, tuple[str, ...]] = {
    "timestamp": ("true", "a text", "an array", "an object"),
    "prompt": ("null", "true", "a number", "an array", "an object"),
}
WRONG: Mapping[str, Spoil] = {
    **{f"the body is {name}": spoil for name, spoil in BODIES.items()},
    **{
        f"{name} is {kind}": beside(name, OTHER[kind])
        for name, kinds in BESIDE.items()
        for kind in kinds
    },
    **{
        f"{name} is {kind}": inside(name, OTHER[kind])
        for name, kinds in INSIDE.items()
        for kind in kinds
    },
    "timestamp is beyond every float": inside("timestamp", lambda _: 10**400),
    "prompt is half a character": inside("prompt", lambda _: "\ud800"),
}
NOT_JSON: Mapping[str, bytes] = {
    "half an object": b"{",
    "words": b"hello there",
    "two objects": b"{} {}",
    "an object with a comment": b'{} // "payload", "signature"',
    "single quotes": b"{'payload': {}, 'signature': ''}",
}
# What is no text either.
NOT_UTF_8: Mapping[str, bytes] = {
    "a byte that begins nothing": b"\xff",
    "half a character": b'{"prompt": "\xc3"}',
    "a character too long": b'{"payload": {"prompt": "\xc0\xaf"}, "signature": ""}',
}
