from __future__ import annotations

import hashlib
import io
import json

import kit_world
import pytest

from conformance.kit.transcript import (
    KEPT_BODY,
    CaptureError,
    Direction,
    Event,
    Recorder,
    dump,
    load,
    to_row,
)


def test_events_are_numbered_and_timed_in_order() -> None:
    recorder = kit_world.recorder()
    first, second = recorder.sent("tcp.bytes", "c1"), recorder.received("tcp.bytes", "c1")
    assert [first.number, second.number] == [0, 1]
    assert first.time < second.time


def test_a_recorder_says_who_spoke() -> None:
    recorder = kit_world.recorder()
    said = [recorder.sent("a", "c1"), recorder.received("a", "c1"), recorder.note("a")]
    assert [event.direction for event in said] == [
        Direction.KIT,
        Direction.TARGET,
        Direction.NOTE,
    ]
    assert {event.scenario for event in said} == {"toy.scene"}


def test_events_of_several_scenarios_come_in_the_order_in_which_they_happened() -> None:
    one = kit_world.recorder()
    other, third = (Recorder(one.transcript, name) for name in ("toy.other", "toy.third"))
    expected = [one.note("a"), other.note("b"), one.note("c")]
    third.note("d")
    assert one.transcript.of_all(["toy.other", "toy.scene", "toy.nobody"]) == expected


def test_connections_get_names_of_their_own() -> None:
    recorder = kit_world.recorder()
    assert [recorder.connection(), recorder.connection()] == ["c1", "c2"]


def test_a_long_body_is_cut_and_its_length_told() -> None:
    event = kit_world.recorder().received("http.response", "c1", body=b"x" * (KEPT_BODY + 1))
    assert len(event.body) == KEPT_BODY
    assert event.data["length"] == KEPT_BODY + 1


def test_a_body_of_the_limit_is_kept_whole() -> None:
    event = kit_world.recorder().received("http.response", "c1", body=b"x" * KEPT_BODY)
    assert len(event.body) == KEPT_BODY
    assert "length" not in event.data


@pytest.mark.parametrize("body", [b"", b"{}", "grüß".encode(), b"\xff\x00", b"\n\n"])
def test_what_is_dumped_is_loaded_again(body: bytes) -> None:
    recorder, stream = kit_world.recorder(), io.StringIO()
    recorder.sent("http.request", "c1", tag="a question", data={"method": "GET"}, body=body)
    recorder.note("end", data={"end": "finished"})
    events = recorder.transcript.events
    dump(events, {"protocol": "toy"}, stream)
    header, loaded = load(stream.getvalue().split("\n"))
    assert header["protocol"] == "toy"
    assert loaded == events


def test_a_body_that_is_no_text_is_hex() -> None:
    row = to_row(kit_world.recorder().received("tcp.bytes", "c1", body=b"\xff\x00"))
    assert row["body_hex"] == "ff00"
    assert "body" not in row


def test_every_event_is_one_line() -> None:
    recorder, stream = kit_world.recorder(), io.StringIO()
    recorder.sent("tcp.bytes", "c1", body=b"one\ntwo\r\n\xe2\x80\xa8")
    dump(recorder.transcript.events, {}, stream)
    assert stream.getvalue().count("\n") == 2


HEADER = json.dumps({"format": "assay-transcript/1", "protocol": "toy"})
GOOD = {"n": 0, "t": 0, "scenario": "s", "connection": "", "dir": "-", "kind": "note"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "the file is empty"),
        (["", "  "], "the file is empty"),
        (["not json"], "line 1: "),
        (['{"format": "har"}'], "line 1: the first line must be"),
        (["[]"], "line 1: the first line must be"),
        ([HEADER, "", "{"], "line 3: "),
        ([HEADER, json.dumps({**GOOD, "dir": "?"})], "line 2: '?' is not a valid Direction"),
        ([HEADER, json.dumps({**GOOD, "body_hex": "zz"})], "line 2: non-hexadecimal"),
        ([HEADER, json.dumps({"n": 0})], "line 2: 't'"),
        ([HEADER, "[]"], "line 2: "),
    ],
)
def test_what_is_no_transcript_is_refused_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(CaptureError) as error:
        load(lines)
    assert said in str(error.value)


def test_of_a_long_body_length_and_digest_are_kept() -> None:
    event = kit_world.recorder().received("http.response", "c1", body=b"x" * (KEPT_BODY + 1))
    assert len(event.body) == KEPT_BODY
    assert event.data["length"] == KEPT_BODY + 1
    assert event.data["sha256"] == hashlib.sha256(b"x" * (KEPT_BODY + 1)).hexdigest()


def test_a_listener_hears_its_scenario_and_only_while_it_listens() -> None:
    record = kit_world.recorder("toy.mine")
    heard: list[Event] = []
    other = Recorder(record.transcript, "toy.other")
    with record.transcript.listening("toy.mine", heard.append):
        mine = record.note("note")
        other.note("note")
    record.note("note")
    assert heard == [mine]
    assert len(record.transcript.of("toy.mine")) == 2
    assert record.transcript.of("toy.nobody") == []
