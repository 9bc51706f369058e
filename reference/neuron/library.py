"""The protocol's rules as functions of JSON: what a driver offers without a running role.

Parameters and results are the `input` and `expected` of the vectors: vectors/neuron/README.md.
"""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

from reference.neuron import capabilities, json_text, messages, schemas, sse, timestamps
from reference.neuron.backoff import Backoff
from reference.neuron.fields import FrameError, written
from reference.neuron.timestamps import TimestampError
from reference.role import ParameterError

Params: TypeAlias = Mapping[str, Any]
Result: TypeAlias = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DEEPEST = 100_000  # containers that a generator may ask for; the rules end much earlier
MOST_ATTEMPTS = 2_000
MILLISECONDS = 1_000
CONTAINERS: Mapping[str, tuple[str, str]] = {"object": ('{"a":', "}"), "array": ("[", "]")}
READERS: Mapping[str, Collection[str]] = {
    "gateway": messages.FROM_NEURON.keys(),
    "neuron": messages.FROM_GATEWAY.keys(),
}
# A lease shows both schemas even when it has none; null says what absence says (sheet 11).
SHOWN_BY_LEASES = ("inputSchema", "outputSchema")


def write_frame(params: Params) -> Result:
    """Return the text of a frame, and the value that it is JSON of."""
    frame = _of(params, "frame", dict)
    try:
        text = messages.render(messages.read(frame)).decode()
    except FrameError as error:
        return _refused(error)
    return {"frame": json.loads(text), "json": text}


def read_frame(params: Params) -> Result:
    """Return what a gateway or a neuron makes of a frame that it receives."""
    reader = _of(params, "reader", str)
    if reader not in READERS:
        raise ParameterError(f"reader: {reader!r} is not one of {', '.join(READERS)}")
    text = _text(params)
    if reader == "neuron":  # bytes reach it as the data of an event
        text = text.decode("utf-8", "replace").encode()
    try:
        frame = messages.parse(text, among=READERS[reader])
    except FrameError as error:
        return _refused(error)
    return {"frame": _without_nulls(messages.write(frame))}


def decode_sse(params: Params) -> Result:
    """Return the events of a stream that arrives in these chunks and then ends."""
    decoder = sse.Decoder()
    chunks = [_bytes("chunks", chunk) for chunk in _of(params, "chunks", list)]
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return {"events": [{"event": event.name, "data": event.data} for event in events]}


def is_capability(params: Params) -> Result:
    """Say whether a value may name a type of capability."""
    return {"valid": capabilities.is_type(_of(params, "value"))}


def read_capability(params: Params) -> Result:
    """Return a capability as it would be sent on."""
    text = _of(params, "json", str)
    try:
        capability = capabilities.ANNOUNCED_CAPABILITY.read("", json_text.read(text))
    except (FrameError, json_text.JSONTextError) as error:
        return _refused(error)
    return {"capability": written(capability, capabilities.ANNOUNCED)}


def read_timestamp(params: Params) -> Result:
    """Say whether a value is a timestamp, and which instant it names."""
    try:
        instant = timestamps.read(_of(params, "value"))
    except TimestampError:
        return {"valid": False}
    return {"valid": True, "instant": (instant - EPOCH) // MICROSECOND}


def validate(params: Params) -> Result:
    """Judge a value by the schema of its lease, or by the registered one."""
    value = _of(params, "value")
    chosen = schemas.effective(params.get("lease_schema"), params.get("registered_schema"))
    problem = schemas.problem(value, chosen)
    return {"valid": True} if problem is None else {"valid": False, "message": problem}


def backoff(params: Params) -> Result:
    """Tell the delays between attempts that all fail."""
    first, longest, attempts = (
        _of(params, name, int) for name in ("first_ms", "longest_ms", "attempts")
    )
    if min(first, longest) < 1 or not 0 <= attempts <= MOST_ATTEMPTS:
        raise ParameterError(f"first_ms, longest_ms: at least 1; attempts: at most {MOST_ATTEMPTS}")
    delays = Backoff(first=first / MILLISECONDS, longest=longest / MILLISECONDS)
    return {"delays_ms": [round(delays.failed() * MILLISECONDS) for _ in range(attempts)]}


LIBRARY: Mapping[str, Callable[[Params], Result]] = MappingProxyType(
    {
        "write_frame": write_frame,
        "read_frame": read_frame,
        "decode_sse": decode_sse,
        "is_capability": is_capability,
        "read_capability": read_capability,
        "read_timestamp": read_timestamp,
        "validate": validate,
        "backoff": backoff,
    }
)


def _text(params: Params) -> bytes:
    """Return the bytes of a text; raises ParameterError unless it is given in one way."""
    given = [name for name in TEXTS if name in params]
    if len(given) != 1:
        raise ParameterError(f"exactly one of {', '.join(TEXTS)} is needed")
    return TEXTS[given[0]](params)


def _spelled(params: Params) -> bytes:
    # Half of a surrogate pair is no UTF-8, which is for the reader of JSON to find out.
    text: str = _of(params, "json", str)
    return text.encode("utf-8", "surrogatepass")


def _generated(params: Params) -> bytes:
    nest = _of(params, "nest", dict)
    depth, container = _of(nest, "depth", int), _of(nest, "container", str)
    if container not in CONTAINERS or not 0 <= depth <= DEEPEST:
        known = " or ".join(CONTAINERS)
        raise ParameterError(f"nest: {known} in at most {DEEPEST} levels is needed")
    before, after = CONTAINERS[container]
    text: str = before * depth + json.dumps(_of(nest, "leaf")) + after * depth
    return text.encode()


TEXTS: Mapping[str, Callable[[Params], bytes]] = {
    "json": _spelled,
    "hex": lambda params: _bytes("hex", _of(params, "hex", str)),
    "nest": _generated,
}


def _bytes(name: str, digits: Any) -> bytes:
    try:
        return bytes.fromhex(digits)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"{name}: {error}") from error


def _without_nulls(frame: dict[str, Any]) -> dict[str, Any]:
    """Leave out the schemas that a lease has not."""
    lease = frame.get("lease")
    if not isinstance(lease, dict):
        return frame
    silent = [name for name in SHOWN_BY_LEASES if lease.get(name) is None]
    return {**frame, "lease": {k: v for k, v in lease.items() if k not in silent}}


def _of(params: Params, name: str, *kinds: type) -> Any:
    if name not in params:
        raise ParameterError(f"{name}: this parameter is needed")
    if kinds and type(params[name]) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ParameterError(f"{name}: {names} is needed, not {type(params[name]).__name__}")
    return params[name]


def _refused(error: ValueError) -> Result:
    return {"refused": str(error)}
