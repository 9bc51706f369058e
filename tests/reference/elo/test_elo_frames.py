from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.elo import frames
from reference.elo.frames import MAX_PAYLOAD, FrameError, Reader

# Recorded from elo-node 0.5.1.
RECORDED: list[tuple[dict[str, Any], str]] = [
    ({"type": "bye"}, "0000000f7b2274797065223a2022627965227d"),
    ({"k": "é🚀"}, "0000000f7b226b223a2022c3a9f09f9a80227d"),
    (
        {"a": [1, 2.0, True, None], "b": {}},
        "000000247b2261223a205b312c20322e302c20747275652c206e756c6c5d2c202262223a207b7d7d",
    ),
    ({}, "000000027b7d"),
]
OBJECTS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
)


@pytest.mark.parametrize(("message", "recorded"), RECORDED)
def test_a_frame_is_written_as_the_published_node_writes_it(
    message: dict[str, Any], recorded: str
) -> None:
    assert frames.encode(message).hex() == recorded


@pytest.mark.parametrize(("message", "recorded"), RECORDED)
def test_a_frame_is_read_byte_by_byte(message: dict[str, Any], recorded: str) -> None:
    reader = Reader()
    data = bytes.fromhex(recorded)
    read = [frame for i in range(len(data)) for frame in reader.feed(data[i : i + 1])]
    assert read == [message]
    assert not reader.unfinished


@given(st.lists(OBJECTS), st.lists(st.integers(1, 40)))
def test_frames_are_read_however_their_bytes_are_cut(
    messages: list[dict[str, Any]], cuts: list[int]
) -> None:
    data = b"".join(frames.encode(message) for message in messages)
    reader, read, at = Reader(), [], 0
    for cut in [*cuts, len(data)]:
        read += reader.feed(data[at : at + cut])
        at += cut
    assert read == messages


def payload(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[]", b"null", b'"hello"', b"5", b"true", b"\xff", b"\xef\xbb\xbf{}", b"{}x"),
        b"[" * 100_000,
        b'{"n":' + b"1" * 4301 + b"}",
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_json_object_is_no_frame(text: bytes) -> None:
    with pytest.raises(FrameError):
        Reader().feed(payload(text))


def test_frames_before_a_broken_one_are_not_lost() -> None:
    with pytest.raises(FrameError) as error:
        Reader().feed(payload(b'{"a": 1}') + payload(b"nonsense") + payload(b'{"b": 2}'))
    assert list(error.value.before) == [{"a": 1}]


def test_a_longest_payload_is_read() -> None:
    text = b'{"a": 1}'.ljust(MAX_PAYLOAD)
    assert Reader().feed(payload(text)) == [{"a": 1}]


@pytest.mark.parametrize("length", [MAX_PAYLOAD + 1, 0xFFFFFFFF])
def test_a_length_above_the_limit_is_refused_before_the_body(length: int) -> None:
    with pytest.raises(FrameError, match="too long"):
        Reader().feed(length.to_bytes(4, "big"))


def test_any_spelling_of_json_is_read_and_the_last_of_two_equal_keys_wins() -> None:
    text = b' { "b" :\t"\\u00e9\\/" , "a":1,"a":2 }\r\n'
    assert Reader().feed(payload(text)) == [{"b": "é/", "a": 2}]


@pytest.mark.parametrize("value", [{"a": {1, 2}}, {"a": "\ud800"}, {"a": "x" * MAX_PAYLOAD}])
def test_what_no_frame_can_carry_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        frames.encode(value)


def test_numbers_that_json_does_not_know_are_written_bare() -> None:
    text = frames.encode({"a": float("nan"), "b": float("inf")})[4:]
    assert text == b'{"a": NaN, "b": Infinity}'
    assert json.loads(text)["b"] == float("inf")
