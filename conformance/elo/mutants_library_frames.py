"""Seeded bugs in how a node writes and reads frames."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo.frames import HEADER, MAX_PAYLOAD, FrameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.frames import Reader

    Message = Mapping[str, Any]
    Decode = Callable[[bytes], dict[str, Any]]

FRAMES = "reference.elo.frames"

of_the_library = partial(mutant, role="lib")


def counts_characters(encode: Callable[[Message], bytes]) -> Callable[[Message], bytes]:
    """Tell how many characters a text has."""

    def encodes(message: Message) -> bytes:
        payload = encode(message)[HEADER:]
        return len(payload.decode()).to_bytes(HEADER, "big") + payload

    return encodes


def forgets_half_a_length(feed: Callable[[Reader, bytes], Any]) -> Callable[[Reader, bytes], Any]:
    """Throw away what is no whole length."""

    def feeds(reader: Reader, data: bytes) -> Any:
        whole = feed(reader, data)
        if len(reader._rest) < HEADER:  # noqa: SLF001  (a bug)
            reader._rest.clear()  # noqa: SLF001
        return whole

    return feeds


def loses_what_came_before(feed: Callable[[Reader, bytes], Any]) -> Callable[..., Any]:
    """Forget what came whole before a frame that is broken."""

    def feeds(reader: Reader, data: bytes) -> Any:
        try:
            return feed(reader, data)
        except FrameError as error:
            raise FrameError(str(error)) from error

    return feeds


def stops_short(encode: Callable[[Message], bytes]) -> Callable[[Message], bytes]:
    """Write no frame as long as the longest."""

    def encodes(message: Message) -> bytes:
        if len(frame := encode(message)) >= HEADER + MAX_PAYLOAD:
            raise FrameError("too long")
        return frame

    return encodes


def waits_for_what_is_too_long(following: Callable[[Reader], Any]) -> Callable[[Reader], Any]:
    """Wait for a payload however long it is said to be."""

    def follows(reader: Reader) -> Any:
        length = int.from_bytes(reader._rest[:HEADER], "big")  # noqa: SLF001  (a bug)
        return None if length > MAX_PAYLOAD else following(reader)

    return follows


def skips_nothing(following: Callable[[Reader], Any]) -> Callable[[Reader], Any]:
    """Pass over a frame without a payload."""

    def follows(reader: Reader) -> Any:
        while (payload := following(reader)) == b"":
            pass
        return payload

    return follows


def is_impatient(following: Callable[[Reader], Any]) -> Callable[[Reader], Any]:
    """Take a frame that is not whole for broken."""

    def follows(reader: Reader) -> Any:
        payload = following(reader)
        if payload is None and reader.unfinished:
            raise FrameError("not whole")
        return payload

    return follows


def decoding(change: Callable[[Decode, bytes], dict[str, Any]]) -> Callable[[Decode], Decode]:
    """Read payloads in another way."""
    return lambda decode: lambda payload: change(decode, payload)


def reads_the_beginning(decode: Decode, payload: bytes) -> dict[str, Any]:
    """Read an object, whatever comes after it."""
    try:
        return decode(payload)
    except FrameError:
        text = payload.decode("utf-8", "surrogateescape")
        if not text.startswith("{") or not text.isascii():
            raise
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:
            raise FrameError("not JSON") from None
        return dict(value)


def passes_over_the_mark(decode: Decode, payload: bytes) -> dict[str, Any]:
    """Pass over a byte order mark."""
    return decode(payload.removeprefix(b"\xef\xbb\xbf"))


def takes_arrays(decode: Decode, payload: bytes) -> dict[str, Any]:
    """Take an empty array for an empty object."""
    return {} if payload == b"[]" else decode(payload)


def wants_no_blanks(decode: Decode, payload: bytes) -> dict[str, Any]:
    """Read no payload that begins with white space."""
    if payload[:1].isspace():
        raise FrameError("not JSON: white space")
    return decode(payload)


def takes_the_first(decode: Decode, payload: bytes) -> dict[str, Any]:
    """Take the first of two equal members."""
    decode(payload)
    read: dict[str, Any] = json.loads(
        payload, object_pairs_hook=lambda pairs: dict(reversed(pairs))
    )
    return read


def sends_anything(encode: Callable[[Message], bytes]) -> Callable[[Message], bytes]:
    """Write half of a surrogate pair as bytes that are no UTF-8."""

    def encodes(message: Message) -> bytes:
        try:
            return encode(message)
        except FrameError:
            payload = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
            if len(payload) > MAX_PAYLOAD:
                raise
            return len(payload).to_bytes(HEADER, "big") + payload

    return encodes


def sorts_members(encode: Callable[[Message], bytes]) -> Callable[[Message], bytes]:
    """Write members in the order of their names."""
    return lambda message: encode(dict(sorted(message.items())))


MUTANTS: tuple[Mutant, ...] = (
    of_the_library(
        "ELO-FRAME-02.a", "a length counts characters", f"{FRAMES}:encode", counts_characters
    ),
    of_the_library(
        "ELO-FRAME-03.a",
        "half a length is forgotten",
        f"{FRAMES}:Reader.feed",
        forgets_half_a_length,
    ),
    of_the_library(
        "ELO-FRAME-04.a",
        "what came before a broken frame is lost",
        f"{FRAMES}:Reader.feed",
        loses_what_came_before,
    ),
    of_the_library(
        "ELO-FRAME-06.a", "the longest frame is not written", f"{FRAMES}:encode", stops_short
    ),
    of_the_library(
        "ELO-FRAME-07.a",
        "what is too long is waited for",
        f"{FRAMES}:Reader._next",
        waits_for_what_is_too_long,
    ),
    of_the_library(
        "ELO-FRAME-09.a",
        "a frame without a payload is passed over",
        f"{FRAMES}:Reader._next",
        skips_nothing,
    ),
    of_the_library(
        "ELO-FRAME-10.a",
        "what comes after an object does not matter",
        f"{FRAMES}:decode",
        decoding(reads_the_beginning),
    ),
    of_the_library(
        "ELO-FRAME-11.a",
        "a byte order mark is passed over",
        f"{FRAMES}:decode",
        decoding(passes_over_the_mark),
    ),
    of_the_library(
        "ELO-FRAME-12.a", "an array is an object", f"{FRAMES}:decode", decoding(takes_arrays)
    ),
    of_the_library(
        "ELO-FRAME-14.a",
        "a frame that is not whole is an error",
        f"{FRAMES}:Reader._next",
        is_impatient,
        # Pieces of frames are frames that are not whole.
        also=("ELO-FRAME-03.a", "ELO-FRAME-04.a", "ELO-FRAME-06.a"),
    ),
    of_the_library(
        "ELO-FRAME-16.a",
        "white space before an object is an error",
        f"{FRAMES}:decode",
        decoding(wants_no_blanks),
    ),
    of_the_library(
        "ELO-FRAME-17.a",
        "the first of two equal members counts",
        f"{FRAMES}:decode",
        decoding(takes_the_first),
    ),
    of_the_library(
        "ELO-FRAME-20.a", "half a surrogate pair is written", f"{FRAMES}:encode", sends_anything
    ),
    of_the_library("ELO-FRAME-21.a", "members are sorted", f"{FRAMES}:encode", sorts_members),
)
