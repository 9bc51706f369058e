"""Frames as they are on the wire, for the kit's own peers and for checks that read a transcript."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.kit.transcript import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

HEADER = 4  # bytes of length, big-endian
MAX_PAYLOAD = 1_048_576  # bytes
FRAME = "frame"  # the kind of event


def framed(payload: bytes) -> bytes:
    """Return a payload with its length before it."""
    return len(payload).to_bytes(HEADER, "big") + payload


def written(message: Mapping[str, Any]) -> bytes:
    """Return a message as published nodes write it."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Splitter:
    """Cuts what a target sends into payloads, whatever is in them."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads that these bytes complete."""
        self._rest += data
        whole = []
        while len(self._rest) >= HEADER:
            end = HEADER + int.from_bytes(self._rest[:HEADER], "big")
            if len(self._rest) < end:
                break
            whole.append(bytes(self._rest[HEADER:end]))
            del self._rest[:end]
        return whole

    @property
    def rest(self) -> bytes:
        """What belongs to no whole frame."""
        return bytes(self._rest)


@dataclass(frozen=True, slots=True)
class Message:
    """One frame of a transcript, read."""

    event: Event
    body: dict[str, Any]

    @property
    def type(self) -> Any:
        """What kind of message it is."""
        return self.body.get("type")

    def at(self, *path: str) -> Any:
        """Return a member, however deep; None where there is none."""
        value: Any = self.body
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def message_of(event: Event) -> Message:
    """Read a frame; what is no JSON object is an empty one."""
    try:
        body = json.loads(event.body)
    except (ValueError, RecursionError):
        body = None
    return Message(event, body if isinstance(body, dict) else {})


def messages(
    seen: Seen, tag: str | None = None, *, kind: str = "", connection: str = ""
) -> Iterator[Message]:
    """Yield what the target sent: on conversations tagged so, of a type, on one connection."""
    events = seen.events_of(FRAME, tag=tag)
    found = (message_of(event) for event in events if connection in {"", event.connection})
    return (each for each in found if kind in {"", each.type})


def of_type(events: Iterable[Event], *types: str) -> list[Message]:
    """Return the target's messages of some types among events."""
    found = (message_of(e) for e in events if is_frame(e))
    return [each for each in found if each.type in types]


def unpadded(node_id: Any) -> str:
    """Return an id as it has to be spelled, which is the matter of ELO-HELLO-05 alone."""
    return str(node_id).rstrip("=")


def told_of(message: Message, prefix: str) -> list[dict[str, Any]]:
    """Return what a hello_ack or an answer to a query says of a peer."""
    told = message.body.get("known_peers" if message.type == "hello_ack" else "nodes")
    items = told if isinstance(told, list) else []
    return [each for each in items if isinstance(each, dict) and each.get("node_id") == prefix]


def is_frame(event: Event) -> bool:
    """Whether an event is a frame of the target."""
    return event.kind == FRAME and event.direction is Direction.TARGET
