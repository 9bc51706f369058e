"""How the suite spells one frame in many ways: each is the same frame to a reader of events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.neuron import framing
from reference.neuron.sse import Decoder

FRAME = {"type": "lease", "lease": {"input": {"snow": "☃"}}, "sentAt": "now"}


def read(*chunks: bytes) -> list[Any]:
    decoder = Decoder()
    return [json.loads(event.data) for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize("name", framing.SPELLINGS)
def test_a_spelling_is_the_frame(name: str) -> None:
    assert read(framing.SPELLINGS[name](FRAME)) == [FRAME]


@pytest.mark.parametrize("name", framing.SPLITS)
def test_a_split_leaves_the_frame_whole(name: str) -> None:
    first, second = framing.SPLITS[name](FRAME)
    assert first.apart
    assert first.data
    assert second.data
    assert read(first.data, second.data) == [FRAME]


def test_every_place_near_the_ends_and_in_the_letter_is_split_for_each_end_of_a_line() -> None:
    block = framing.joined(framing.lines(FRAME))
    places = {len(framing.SPLITS[name](FRAME)[0].data) for name in framing.SPLITS if "LF" in name}
    letter = block.index("☃".encode())
    assert {1, 2, letter, letter + 1, letter + 2, letter + 3, len(block) - 1} <= places


@pytest.mark.parametrize("number", range(3))
def test_a_crlf_is_parted_between_its_halves(number: int) -> None:
    first, second = framing.SPLITS[framing.between(number)](FRAME)
    assert first.data.endswith(b"\r")
    assert second.data.startswith(b"\n")
    assert first.data.count(b"\r\n") == number


def test_the_three_ends_of_a_line_are_what_they_say() -> None:
    spelled = {name: framing.SPELLINGS[f"lines that end in {name}"](FRAME) for name in ("LF", "CR")}
    assert b"\r" not in spelled["LF"]
    assert b"\n" not in spelled["CR"]
