"""Fresh inputs for the functions of a neuron driver; our own rules know the right answers.

Inputs keep to what the published SDK and the protocol's text agree about: no CR LF cut in two, no
value of a type that only one of them takes.
"""

from __future__ import annotations

import itertools
import json
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reference.neuron import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Params = Mapping[str, Any]

__all__ = ["ANSWERS", "FRESH"]

LETTERS = string.ascii_letters + string.digits + "_.-"
STRANGE = " !:@?\\/é٣\n\x00"
WORDS = ("a", "B", "10", "é", "☃", "\U0001f600", 'q"\\', "\x01", "")
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
SCHEMAS: tuple[Any, ...] = (
    {"type": "integer"},
    {"type": "object", "required": ["a"]},
    {"properties": {"a": {"type": "string"}}},
    {"enum": [1, "x", None]},
)


def _written(params: Params) -> dict[str, Any]:
    """Answer with the value alone: how it is spelled is every language's own."""
    answer = LIBRARY["write_frame"](params)
    return {name: value for name, value in answer.items() if name != "json"}


ANSWERS: Mapping[str, Callable[[Params], dict[str, Any]]] = {**LIBRARY, "write_frame": _written}


def _name(random: Random) -> str:
    return "".join(random.choices(WORDS[:-1], k=random.randint(1, 3)))


def _leaf(random: Random) -> Any:
    return random.choice(
        (
            random.randint(-(2**70), 2**70),
            round(random.uniform(-1000, 1000), 3),
            random.choice((True, False, None)),
            "".join(random.choices(WORDS, k=3)),
        )
    )


def _value(random: Random, depth: int) -> Any:
    kind = random.choice(("leaf", "list", "object")) if depth else "leaf"
    if kind == "leaf":
        return _leaf(random)
    if kind == "list":
        return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    names = {_name(random) for _ in range(random.randint(0, 3))}
    return {name: _value(random, depth - 1) for name in sorted(names)}


def _instant(random: Random) -> str:
    detail = random.choice(("seconds", "microseconds"))
    moment = EPOCH + timedelta(
        seconds=random.randrange(10**9), microseconds=random.randrange(10**6)
    )
    return moment.replace(tzinfo=None).isoformat(timespec=detail) + "Z"


def _type(random: Random) -> str:
    segments = ("".join(random.choices(LETTERS, k=random.randint(1, 6))) for _ in range(2))
    return "/".join(segments)


def _capability(random: Random) -> dict[str, Any]:
    scope = random.choice(("any", {"onBehalfOf": _name(random)}))
    lasting = random.choice(({}, {"leaseTtlMs": random.randint(1000, 3_600_000)}))
    return {
        "type": _type(random),
        "scope": scope,
        "concurrency": random.randint(1, 10**6),
        **lasting,
    }


def _frame_of_neuron(random: Random) -> dict[str, Any]:
    lease = {"leaseId": _name(random)}
    entry = {**lease, "taskId": _name(random), "startedAt": _instant(random)}
    return random.choice(
        (
            {
                "type": "register",
                "neuronId": _name(random),
                "protocolVersion": "1.0.0",
                "capabilities": [_capability(random)],
            },
            {
                "type": "heartbeat",
                "neuronId": _name(random),
                "inFlight": [entry],
                "sentAt": _instant(random),
            },
            {
                "type": "ack",
                **lease,
                "output": [_value(random, 3)],
                "completedAt": _instant(random),
            },
            {
                "type": "nack",
                **lease,
                "kind": random.choice(("retryable", "terminal", "schema-mismatch", "cancelled")),
                "reason": _name(random),
                "failedAt": _instant(random),
            },
            {
                "type": "progress",
                **lease,
                "percent": random.randint(0, 100),
                "sentAt": _instant(random),
            },
        )
    )


def _frame_of_gateway(random: Random) -> dict[str, Any]:
    task = {
        "taskId": _name(random),
        "workflowId": _name(random),
        "capability": _type(random),
        "input": _value(random, 3),
        "attempt": random.randint(0, 9),
    }
    lease = {
        "leaseId": _name(random),
        "expiresAt": _instant(random),
        "task": task,
        "inputSchema": {"a": 1},
        "outputSchema": {"a": 1},
    }
    reason = {"reason": _name(random)}
    return random.choice(
        (
            {"type": "lease", "lease": lease, "sentAt": _instant(random)},
            {
                "type": "cancel",
                "leaseId": _name(random),
                **reason,
                "cancelledAt": _instant(random),
            },
            {
                "type": "disconnect",
                **reason,
                "reconnectable": random.choice((True, False)),
                "sentAt": _instant(random),
            },
        )
    )


def _spoiled(random: Random, frame: dict[str, Any]) -> dict[str, Any]:
    """Return a frame, as often as not without one member that it needs."""
    if random.choice((True, False)):
        return frame
    needed = [name for name in frame if name != "output"]
    lost = random.choice(needed)
    return {name: value for name, value in frame.items() if name != lost}


def _write_frame(random: Random) -> dict[str, Any]:
    return {"frame": _frame_of_neuron(random)}


def _read_frame(random: Random) -> dict[str, Any]:
    reader, make = random.choice((("gateway", _frame_of_neuron), ("neuron", _frame_of_gateway)))
    frame = _spoiled(random, make(random))
    members = list(frame.items())
    random.shuffle(members)
    return {"reader": reader, "json": json.dumps(dict(members), ensure_ascii=random.random() < 0.5)}  # noqa: PLR2004


def _decode_sse(random: Random) -> dict[str, Any]:
    end = random.choice(("\n", "\r\n"))
    lines: list[str] = []
    for _ in range(random.randint(1, 4)):
        lines += random.choice(([], [": keep-alive"], ["id: 7"], ["event: lease"]))
        lines += ["data: " + _name(random).replace("\r", "") for _ in range(random.randint(1, 3))]
        lines.append("")
    stream = "".join(line + end for line in lines).encode()
    places = [at for at in range(1, len(stream)) if stream[at - 1 : at + 1] != b"\r\n"]
    cuts = sorted(random.sample(places, min(4, len(places))))
    edges = [0, *cuts, len(stream)]
    return {"chunks": [stream[a:b].hex() for a, b in itertools.pairwise(edges)]}


def _is_capability(random: Random) -> dict[str, Any]:
    name = _type(random)
    at = random.randint(0, len(name) - 1)
    strange = random.choice(("", random.choice(STRANGE)))
    return {"value": name[:at] + strange + name[at:]}


def _read_capability(random: Random) -> dict[str, Any]:
    wrong = random.choice(
        ({}, {"concurrency": 0}, {"scope": "ALL"}, {"leaseTtlMs": 999}, {"colour": "red"})
    )
    return {"json": json.dumps({**_capability(random), **wrong})}


def _read_timestamp(random: Random) -> dict[str, Any]:
    return {"value": random.choice((_instant(random), "soon", None, f"x{_name(random)}"))}


def _validate(random: Random) -> dict[str, Any]:
    named = {
        "lease_schema": random.choice((None, {}, random.choice(SCHEMAS))),
        "registered_schema": random.choice(SCHEMAS),
    }
    given = random.sample(sorted(named), random.randint(0, 2))
    values: tuple[Any, ...] = (1, "x", None, {"a": 1}, {"a": "x"}, {"b": 1}, [])
    return {"value": random.choice(values), **{name: named[name] for name in given}}


def _backoff(random: Random) -> dict[str, Any]:
    return {
        "first_ms": random.randint(1, 5_000),
        "longest_ms": random.randint(5_000, 60_000),
        "attempts": random.randint(1, 12),
    }


FRESH: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "write_frame": _write_frame,
    "read_frame": _read_frame,
    "decode_sse": _decode_sse,
    "is_capability": _is_capability,
    "read_capability": _read_capability,
    "read_timestamp": _read_timestamp,
    "validate": _validate,
    "backoff": _backoff,
}
