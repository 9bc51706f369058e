"""Frames are read from the streams of neurons, and from no other stream of a gateway."""

from __future__ import annotations

from typing import Any

from conformance.kit.judging.seen import Seen
from conformance.kit.transcript import Direction, Transcript
from conformance.neuron import streams


def seen(*targets: str, tag: str = "") -> Seen:
    transcript = Transcript(clock=lambda: 0.0)
    columns: dict[str, Any] = {"scenario": "s", "connection": "c1", "tag": tag}
    for target in targets:
        opened = transcript.add(
            Direction.KIT, "http.request", data={"method": "GET", "target": target}, **columns
        )
        for chunk in (b'event: cancel\ndata: {"type":', b'"cancel","leaseId":"l"}\n\n'):
            told = {"to": opened.number}
            transcript.add(Direction.TARGET, "http.chunk", data=told, body=chunk, **columns)
    return Seen(transcript.events, {})


def test_a_frame_is_read_from_the_chunks_of_its_stream() -> None:
    (frame,) = streams.any_frames(seen("/neuron/events?neuronId=a"))
    assert (frame.name, frame.kind, frame.lease_id) == ("cancel", "cancel", "l")


def test_a_base_path_may_stand_before_the_path() -> None:
    assert len(streams.any_frames(seen("/base/neuron/events?neuronId=a"))) == 1


def test_what_the_desk_says_is_no_frame() -> None:
    assert streams.any_frames(seen("/tasks/t/events", "/other?x=/neuron/events")) == []


def test_a_tag_chooses() -> None:
    tagged = seen("/neuron/events?neuronId=a", tag="mine")
    assert len(streams.any_frames(tagged, "mine")) == 1
    assert streams.any_frames(tagged, "yours") == []
