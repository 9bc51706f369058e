"""Frames: four bytes of length, then so many bytes of UTF-8 JSON (sheet 2.1, 2.2)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

HEADER = 4  # bytes, big-endian
MAX_PAYLOAD = 1_048_576  # bytes, ELO-FRAME-06
WRITE = json.JSONEncoder(ensure_ascii=False).encode  # made once: it is dear

Message = dict[str, Any]


class FrameError(ValueError):
    """What was read is no frame; there is no answer to it but the end of the connection.

    ``before`` are the frames that came whole before it: they were sent earlier, so they count.
    """

    def __init__(self, text: str, before: Sequence[Message] = ()) -> None:
        super().__init__(text)
        self.before = before


class Reader:
    """Takes bytes as they come and gives the frames that they complete."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the frames that these bytes complete, in order; raises FrameError."""
        self._rest += data
        whole: list[Message] = []
        try:
            while (payload := self._next()) is not None:
                whole.append(decode(payload))
        except FrameError as error:
            raise FrameError(str(error), whole) from error
        return whole

    def _next(self) -> bytes | None:
        if len(self._rest) < HEADER:
            return None
        length = int.from_bytes(self._rest[:HEADER], "big")
        if length > MAX_PAYLOAD:  # ELO-FRAME-07: the body is not waited for
            raise FrameError(f"a payload of {length} bytes is too long (max {MAX_PAYLOAD})")
        if len(self._rest) < HEADER + length:
            return None
        payload = bytes(self._rest[HEADER : HEADER + length])
        del self._rest[: HEADER + length]
        return payload

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._rest)


def decode(payload: bytes) -> Message:
    """Read one payload; raises FrameError unless it is a JSON object."""
    try:
        # As text: a byte order mark is no JSON (ELO-FRAME-11), and UTF-16 is not guessed.
        value = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not JSON: {error}") from error
    if not isinstance(value, dict):  # ELO-FRAME-12
        raise FrameError("a message is a JSON object")
    return value


def encode(message: Mapping[str, Any]) -> bytes:
    """Write one frame; raises FrameError for what no frame can carry.

    Members keep their order and the text its spaces, as every published node writes it
    (ELO-FRAME-21).
    """
    try:
        payload = WRITE(message).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:  # half a surrogate pair is one too
        raise FrameError(f"cannot be written as JSON: {error}") from error
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(f"Payload too large: {len(payload)} bytes (max {MAX_PAYLOAD})")
    return len(payload).to_bytes(HEADER, "big") + payload
