"""How the same frame may be written as server-sent events, and where it may be split."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Frame = Mapping[str, Any]
    Spell = Callable[[Frame], bytes]

LINE_ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}
BEGIN = 14  # characters of a block before which each place of a split is tried
END = 5  # and after which


def lines(frame: Frame, *, name: str | None = "lease", indent: int | None = None) -> list[str]:
    """Return the lines of a frame: its name, if any, and its JSON, on several with an indent."""
    text = json.dumps(frame, ensure_ascii=False, indent=indent)
    named = [] if name is None else [f"event: {name}"]
    return [*named, *(f"data: {line}" for line in text.split("\n"))]


def joined(written: list[str], end: str = "\n") -> bytes:
    """Return lines as a block, with this end of each line and of the block."""
    return "".join(f"{line}{end}" for line in [*written, ""]).encode()


def ending_in(end: str, *, indent: int | None = None) -> Spell:
    """Return what writes a frame with these ends of lines."""
    return lambda frame: joined(lines(frame, indent=indent), end)


def among(*others: str) -> Spell:
    """Return what writes a frame with other lines before, between and after its own."""

    def spell(frame: Frame) -> bytes:
        name, text = lines(frame)
        return joined([*others, name, *others, text, *others])

    return spell


def without_space(frame: Frame) -> bytes:
    """Write a frame with no space after the colons."""
    return joined([line.replace(": ", ":", 1) for line in lines(frame)])


def named(name: str | None) -> Spell:
    """Return what writes a frame under this event name, or under none."""
    return lambda frame: joined(lines(frame, name=name))


def after_comments(frame: Frame) -> bytes:
    """Write blocks of comments before a frame."""
    return b": keep-alive\n\n:\n\n" + joined(lines(frame))


SPELLINGS: Mapping[str, Spell] = {
    **{f"lines that end in {name}": ending_in(end) for name, end in LINE_ENDS.items()},
    "comment lines": among(": a comment", ":"),
    "blocks of comments": after_comments,
    **{
        f"several data lines that end in {name}": ending_in(end, indent=1)
        for name, end in LINE_ENDS.items()
    },
    "an id": among("id: 7"),
    "a retry": among("retry: 60000"),
    "unknown fields": among("color: red", "nonsense", " data: x", "Data: x"),
    "no space after the colons": without_space,
    "no event name": named(None),
    "the name of another frame": named("cancel"),
    "a name that nobody knows": named("message"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a stream; ``apart``: what follows them must be read apart from them."""

    data: bytes
    apart: bool = True


def split(block: bytes, at: int) -> list[Piece]:
    """Return a block in two pieces that are read apart."""
    return [Piece(block[:at]), Piece(block[at:], apart=False)]


def places(end: str) -> Iterator[int]:
    """Yield where to split a block: everywhere near its ends and in its letter of three bytes."""
    block = ending_in(end)({"snow": "☃"})
    letter = block.index("☃".encode())
    length = len(block)
    near = {*range(1, BEGIN + len(end)), *range(letter, letter + 4)}
    near |= {length - back for back in range(1, END + 2 * len(end))}
    yield from sorted(near)


def torn(frame: Frame, *, end: str, place: int) -> list[Piece]:
    """Return a frame split at one of the places of a small one."""
    small, block = ending_in(end)({"snow": "☃"}), ending_in(end)(frame)
    letter = small.index("☃".encode())
    if place < letter:
        return split(block, place)
    if place < letter + 4:
        return split(block, place - letter + block.index("☃".encode()))
    return split(block, place - len(small) + len(block))


def is_between(block: bytes, at: int) -> bool:
    """Whether a split is between CR and LF."""
    return block[at - 1 : at + 1] == b"\r\n"


def _splits() -> Iterator[tuple[str, Callable[[Frame], list[Piece]]]]:
    for name, end in LINE_ENDS.items():
        small = ending_in(end)({"snow": "☃"})
        for place in places(end):
            if not is_between(small, place):
                yield f"split at {place}, {name}", partial(torn, end=end, place=place)
    for number in range(3):
        yield between(number), partial(parted, number=number)


def between(number: int) -> str:
    """Return what a split between CR and LF after this line is called."""
    return f"split between CR and LF after line {number + 1}"


def parted(frame: Frame, *, number: int) -> list[Piece]:
    """Return a frame of many lines split between the CR and the LF of one of them."""
    block = ending_in("\r\n", indent=1)(frame)
    at = -1
    for _ in range(number + 1):
        at = block.index(b"\r\n", at + 1)
    return split(block, at + 1)


SPLITS: Mapping[str, Callable[[Frame], list[Piece]]] = dict(_splits())
