"""Event streams in pieces of any size, and back (sheet 2.4 and 4.3)."""

import json
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.neuron.sse import Decoder, Event, comment, encode

LEASE = '{"k":1}'
# Bytes of a whole stream, and the events (name, data) that they are.
STREAMS = {
    "an event with a name": (b'event: lease\ndata: {"k":1}\n\n', [("lease", LEASE)]),
    "lines of data are joined": (b"data: a\ndata:  b\ndata:c\n\n", [("message", "a\n b\nc")]),
    "lines may end with CRLF": (b"data: a\r\ndata: b\r\n\r\n", [("message", "a\nb")]),
    "lines may end with CR": (b"data: a\rdata: b\r\r", [("message", "a\nb")]),
    "line ends may be mixed": (b"data: a\r\ndata: b\rdata: c\n\r\n", [("message", "a\nb\nc")]),
    "data without a colon": (b"data: a\ndata\n\n", [("message", "a\n")]),
    "a name without a colon": (b"event: x\nevent\ndata: a\n\n", [("message", "a")]),
    "an empty name": (b"event:\ndata: a\n\n", [("message", "a")]),
    "empty data": (b"data:\n\n", [("message", "")]),
    "comments are ignored": (b": c\n\n:c2\ndata: a\n\n", [("message", "a")]),
    "one space before a name": (b"event:  lease \ndata: a\n\n", [(" lease ", "a")]),
    "the last name counts": (b"event: a\nevent: b\ndata: x\n\n", [("b", "x")]),
    "a name is for one event": (b"event: a\n\ndata: x\n\n", [("message", "x")]),
    "id and retry have no effect": (b"id: 1\nretry: 5\ndata: x\n\n", [("message", "x")]),
    "a byte order mark is ignored": (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
    "a byte order mark and a name": (b"\xef\xbb\xbfevent: e\ndata: a\n\n", [("e", "a")]),
    "only the first mark is one": (b"\n\xef\xbb\xbfdata: a\n\n", []),
    "a blank line and a mark": (b"\xef\xbb\xbf\ndata: a\n\n", [("message", "a")]),
    "an indented field": (b" data: a\n\n", []),
    "a space before the colon": (b"data : a\n\n", []),
    "a longer field": (b"dataX: a\n\n", []),
    "an upper-case field": (b"DATA: a\n\n", []),
    "a code point of three bytes": ("data: ☃\n\n".encode(), [("message", "☃")]),
    "bytes that are no UTF-8": (b"data: \xff\n\n", [("message", "\ufffd")]),
    "half a code point": (b"data: \xe2\x98\n\n", [("message", "\ufffd")]),
    "an event that does not end": (b"data: a", []),
    "a line but no event that ends": (b"data: a\n", []),
    "two events": (b"data: a\n\ndata: b\n\n", [("message", "a"), ("message", "b")]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\n", [("message", "a")]),
}


def decode(*chunks: bytes) -> list[tuple[str, str]]:
    decoder = Decoder()
    return [(event.name, event.data) for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_in_one_piece(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert decode(stream) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_byte_by_byte(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert decode(*(bytes([byte]) for byte in stream)) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_read_in_two_pieces(stream: bytes, events: list[tuple[str, str]]) -> None:
    for cut in range(len(stream) + 1):
        assert decode(stream[:cut], b"", stream[cut:]) == events, cut


@pytest.mark.parametrize(("stream", "events"), STREAMS.values(), ids=STREAMS)
def test_the_next_event_is_read_too(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert decode(stream, b"\n\ndata: next\n\n")[-1][1].endswith("next")
    assert decode(stream, b"\n\ndata: next\n\n")[: len(events)] == events


def test_an_event_comes_as_soon_as_its_blank_line_ends() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [Event("message", "a")]
    assert decoder.feed(b"\n") == []


def test_an_event_at_the_limit_is_read() -> None:
    line = b"data: " + b"x" * 94
    decoder = Decoder(limit=len(line))
    assert decoder.feed(line + b"\n\n") == [Event("message", "x" * 94)]


@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * 95 + b"\n\n",
        b"data: aaaaaaaaaaaaaa\n" * 7 + b"\n",
        b":" + b"x" * 100 + b"\n\n",
        b"data: a\n:" + b"x" * 100 + b"\ndata: b\n\n",
        b"data: " + b"x" * 95 + b"\r\n\r\n",
    ],
    ids=["one line", "many lines", "a comment", "a comment amid data", "CRLF"],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_above_the_limit_is_dropped_and_the_stream_goes_on(
    stream: bytes, size: int
) -> None:
    decoder = Decoder(limit=100)
    whole = stream + b"data: next\n\n"
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert [event.data for chunk in chunks for event in decoder.feed(chunk)] == ["next"]


@pytest.mark.parametrize("chunk", [b"x" * 65536, b"data: x\n" * 8192, b"data:\n" * 8192])
def test_an_event_that_never_ends_takes_bounded_memory(chunk: bytes) -> None:
    decoder = Decoder(limit=200_000)
    tracemalloc.start()
    try:
        for _ in range(20):
            assert decoder.feed(chunk) == []
        assert tracemalloc.get_traced_memory()[0] < 600_000
    finally:
        tracemalloc.stop()


def test_an_event_of_eight_mebibytes_is_read() -> None:
    text = "x" * 8 * 1024 * 1024
    stream = encode(text, name="lease")
    decoder = Decoder()
    chunks = [stream[at : at + 65536] for at in range(0, len(stream), 65536)]
    assert [event for chunk in chunks for event in decoder.feed(chunk)] == [Event("lease", text)]


def test_an_event_is_written_as_one_line_of_data() -> None:
    assert encode(LEASE, name="lease") == b'event: lease\ndata: {"k":1}\n\n'


def test_data_of_several_lines_is_written_as_several_lines() -> None:
    assert encode("a\nb", name="x") == b"event: x\ndata: a\ndata: b\n\n"


def test_a_comment_is_no_event() -> None:
    assert comment("keep-alive") == b": keep-alive\n\n"
    assert decode(comment("keep-alive")) == []


LINES = st.text().map(lambda text: text.replace("\r", "\n"))


@given(texts=st.lists(LINES, max_size=4), data=st.data())
def test_what_is_written_is_read_however_it_is_cut(texts: list[str], data: st.DataObject) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    stream = b"".join(encode(text, name="lease") for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[at:to] for at, to in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*chunks) == [("lease", text) for text in texts]


@given(stream=st.binary(max_size=60), cuts=st.sets(st.integers(0, 60)))
def test_how_a_stream_is_cut_makes_no_difference(stream: bytes, cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(stream)), len(stream)]
    chunks = [stream[at:to] for at, to in pairwise(edges)]
    assert decode(*chunks) == decode(stream)


FIELDS = st.sampled_from([b"data:", b"data", b"event:", b":", b"a", b" ", b"\r", b"\n", b"\r\n"])


@given(pieces=st.lists(FIELDS, max_size=30))
def test_how_lines_are_cut_makes_no_difference(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    assert decode(*(bytes([byte]) for byte in stream)) == decode(stream)


@given(value=st.recursive(st.none() | st.text(), st.lists))
def test_json_survives(value: object) -> None:
    text = json.dumps(value)
    assert decode(encode(text, name="lease")) == [("lease", text)]
