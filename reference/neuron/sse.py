"""Server-sent events: bytes to events and back, as WHATWG describes them (sheet 2.4)."""

import re
from dataclasses import dataclass

LINE_END = re.compile(rb"\r\n|\n|\r")  # NEURON-NRN-SSE-01
BOM = b"\xef\xbb\xbf"
DEFAULT_NAME = "message"
EVENT_LIMIT = 16 * 1024 * 1024  # bytes of one event; NEURON-NRN-SSE-17 asks for 8 MiB


@dataclass(frozen=True, slots=True)
class Event:
    """What one block of the stream says."""

    name: str
    data: str


class Decoder:
    """Reads a stream in pieces of any size; holds at most one unfinished event.

    An event above the limit is dropped with everything up to the blank line that ends it; the
    stream goes on.
    """

    def __init__(self, *, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._line = bytearray()  # what there is of the line that has not ended
        self._name = DEFAULT_NAME
        self._data = bytearray()  # the lines so far, each with the line feed that joins it
        self._oversized = False
        self._first = True  # still in the first line, where a byte order mark may stand
        self._after_return = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that this piece completes.

        At the end of a stream nothing is to be done: what has not ended is no event
        (NEURON-NRN-SSE-09).
        """
        if not chunk:
            return []
        if self._after_return:  # NEURON-NRN-SSE-07: the rest of a line end, not an empty line
            chunk = chunk.removeprefix(b"\n")
        self._after_return = chunk.endswith(b"\r")
        *ended, rest = _lines(chunk)
        events = [event for piece in ended if (event := self._end_line(piece)) is not None]
        self._keep(rest)
        return events

    def _keep(self, piece: bytes) -> None:
        """Hold a piece of a line, or only that there was one if the event is too large."""
        if len(self._line) + len(self._data) + len(piece) > self._limit:
            self._oversized = True
            self._data.clear()
        if self._oversized and (piece or self._line):
            self._line[:] = b":"
        else:
            self._line += piece

    def _end_line(self, piece: bytes) -> Event | None:
        self._keep(piece)
        line = bytes(self._line)
        self._line.clear()
        if self._first:  # NEURON-NRN-SSE-08
            line, self._first = line.removeprefix(BOM), False
        if not line:
            return self._end_block()
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data += value.removeprefix(b" ") + b"\n"
        elif field == b"event":
            self._name = _text(value.removeprefix(b" ")) or DEFAULT_NAME
        return None

    def _end_block(self) -> Event | None:
        whole = bool(self._data) and not self._oversized
        event = Event(self._name, _text(bytes(self._data[:-1]))) if whole else None
        self._name, self._oversized = DEFAULT_NAME, False
        self._data.clear()
        return event


def _lines(chunk: bytes) -> list[bytes]:
    # Hardly a gateway sends returns, and splitting at one byte is ten times as fast.
    return LINE_END.split(chunk) if b"\r" in chunk else chunk.split(b"\n")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def encode(data: str, *, name: str) -> bytes:
    """Write one event; each line of the data becomes a line of the stream."""
    lines = "".join(f"data: {line}\n" for line in re.split("\r\n|\n|\r", data))
    return f"event: {name}\n{lines}\n".encode()


def comment(text: str) -> bytes:
    """Write a block that every reader ignores, to keep a connection in use."""
    return f": {text}\n\n".encode()
