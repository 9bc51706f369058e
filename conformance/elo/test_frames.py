"""Frames: what is sent, what is taken, and what ends a connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.elo import broken
from conformance.elo.scenarios_frames import (
    TEXT,
    frames_come_in_any_pieces,
    half_a_frame_is_waited_for,
    json_is_spelled_in_any_way,
    nobody_greets,
    results_that_no_frame_can_carry,
    what_is_nested_too_deep,
    what_is_no_frame_ends_its_connection,
)
from conformance.elo.wire import FRAME, messages
from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event


def must_have_begun(seen: Seen, tag: str) -> None:
    """Demand that there was such a connection: what was never tried is broken by nobody."""
    if not any(event.tag == tag for event in seen.events):
        raise Missing(tag)


def one(seen: Seen, tag: str, kind: str) -> Message:
    """Return the one message of a kind on a connection; its absence breaks the requirement."""
    must_have_begun(seen, tag)
    for message in messages(seen, tag, kind=kind):
        return message
    raise Broken(f"no {kind} came ({tag})", *sent(seen, tag))


def sent(seen: Seen, tag: str) -> list[Event]:
    """Return what the kit sent on connections with this tag."""
    return [e for e in seen.events if e.tag == tag and e.direction is Direction.KIT][:3]


def ended_in_silence(seen: Seen, tag: str, *, after: tuple[str, ...] = ()) -> None:
    """Demand that the target ended a connection, with no messages but those ``after``."""
    must_have_begun(seen, tag)
    closes = list(seen.events_of("tcp.close", tag=tag))
    if not closes:
        raise Broken(f"the connection stayed open ({tag})", *sent(seen, tag))
    others = [each for each in messages(seen, tag) if each.type not in after]
    if others:
        raise Broken(f"{others[0].type} came instead of the end", *sent(seen, tag), others[0].event)


@check("ELO-FRAME-01", frames_come_in_any_pieces, json_is_spelled_in_any_way)
def test_every_frame_is_a_length_and_a_json_object_with_a_type(seen: Seen) -> None:
    for message in messages(seen):
        if not isinstance(message.type, str):
            raise Broken("a frame is no JSON object with a text `type`", message.event)
    for event in seen.events_of("tcp.close"):
        if event.body:
            raise Broken("what came at last is no whole frame", event)


@check("ELO-FRAME-02", json_is_spelled_in_any_way)
def test_a_length_counts_bytes(seen: Seen) -> None:
    result = one(seen, "not ASCII", "result")
    if TEXT not in json.dumps(result.at("payload"), ensure_ascii=False):
        raise Broken("the text did not come back whole", result.event)


@check("ELO-FRAME-03", frames_come_in_any_pieces)
def test_a_hello_one_byte_at_a_time_is_answered(seen: Seen) -> None:
    one(seen, "byte by byte", "hello_ack")


@check("ELO-FRAME-04", frames_come_in_any_pieces)
def test_frames_in_one_segment_are_all_processed_in_order(seen: Seen) -> None:
    ids = seen.noted("three tasks").data["ids"]
    results = list(messages(seen, "three at once", kind="result"))
    if [each.body.get("id") for each in results] != ids:
        raise Broken(
            "the results are not those of the tasks, in order", *(r.event for r in results)
        )


@check("ELO-FRAME-05", frames_come_in_any_pieces)
def test_what_was_said_before_the_ack_is_answered_after_it(seen: Seen) -> None:
    ack, result = (one(seen, "before the ack", kind) for kind in ("hello_ack", "result"))
    if ack.event.number > result.event.number:
        raise Broken("the result came before the hello_ack", ack.event, result.event)


@check("ELO-FRAME-06", json_is_spelled_in_any_way)
def test_a_payload_of_the_greatest_length_is_accepted(seen: Seen) -> None:
    one(seen, "the longest", "result")


@check("ELO-FRAME-07", what_is_no_frame_ends_its_connection)
def test_a_length_above_the_limit_ends_the_connection(seen: Seen) -> None:
    ended_in_silence(seen, "too long")
    ended_in_silence(seen, "too long, greeted", after=("hello_ack",))


@check("ELO-FRAME-08", what_is_no_frame_ends_its_connection)
def test_the_greatest_length_that_can_be_written_ends_the_connection(seen: Seen) -> None:
    ended_in_silence(seen, "the longest header")


@check("ELO-FRAME-09", what_is_no_frame_ends_its_connection)
def test_a_length_of_zero_ends_the_connection(seen: Seen) -> None:
    ended_in_silence(seen, "no length")
    ended_in_silence(seen, "no length, greeted", after=("hello_ack",))


@check("ELO-FRAME-10", what_is_no_frame_ends_its_connection, cases=tuple(broken.NO_JSON))
def test_what_is_no_json_ends_the_connection(seen: Seen, case: str) -> None:
    ended_in_silence(seen, case)
    ended_in_silence(seen, f"{case}, greeted", after=("hello_ack",))


@check("ELO-FRAME-11", what_is_no_frame_ends_its_connection, cases=tuple(broken.NO_UTF8))
def test_what_is_no_utf8_ends_the_connection(seen: Seen, case: str) -> None:
    ended_in_silence(seen, case)
    ended_in_silence(seen, f"{case}, greeted", after=("hello_ack",))


@check("ELO-FRAME-12", what_is_no_frame_ends_its_connection, cases=tuple(broken.NO_OBJECT))
def test_what_is_no_object_ends_the_connection(seen: Seen, case: str) -> None:
    ended_in_silence(seen, case)
    ended_in_silence(seen, f"{case}, greeted", after=("hello_ack",))


@check("ELO-FRAME-13", what_is_no_frame_ends_its_connection)
def test_half_a_frame_and_the_end_is_the_end(seen: Seen) -> None:
    ended_in_silence(seen, "truncated")


@check("ELO-FRAME-14", half_a_frame_is_waited_for)
def test_half_a_frame_is_neither_answered_nor_the_end(seen: Seen) -> None:
    for event in seen.events_of("tcp.close", tag="half a frame"):
        raise Broken("the connection was ended while a frame was under way", event)
    for event in seen.events_of(FRAME, tag="half a frame"):
        raise Broken("half a frame was answered", event)
    list(seen.events_of("tcp.silence", tag="half a frame"))


@check("ELO-FRAME-15", json_is_spelled_in_any_way)
def test_what_was_said_before_the_end_is_answered(seen: Seen) -> None:
    one(seen, "half closed", "result")


@check("ELO-FRAME-16", json_is_spelled_in_any_way, cases=("spaced", "escaped", "reversed"))
def test_json_may_be_spelled_in_any_way(seen: Seen, case: str) -> None:
    result = one(seen, case, "result")
    if result.body.get("status") != "success":
        raise Broken(f"the task was not done ({case})", *sent(seen, case), result.event)


@check("ELO-FRAME-17", json_is_spelled_in_any_way)
def test_of_two_equal_keys_the_last_wins(seen: Seen) -> None:
    result = one(seen, "a key twice", "result")
    if result.body.get("id") != seen.noted("the last id").data["id"]:
        raise Broken("the first of two ids was taken", result.event)


@check("ELO-FRAME-18", what_is_nested_too_deep)
def test_deep_nesting_stops_nobody_else(seen: Seen) -> None:
    one(seen, "after the deep one", "result")


@check("ELO-FRAME-19", what_is_no_frame_ends_its_connection)
def test_an_error_on_one_connection_leaves_the_others_alone(seen: Seen) -> None:
    for event in seen.events_of("tcp.close", tag="bystander"):
        raise Broken("a connection that did nothing wrong was ended", event)
    one(seen, "bystander", "result")


@check("ELO-FRAME-20", results_that_no_frame_can_carry)
def test_a_result_that_cannot_be_sent_is_an_error_and_not_the_end(seen: Seen) -> None:
    results = {each.body.get("id"): each for each in messages(seen, kind="result")}
    for note in seen.notes("impossible"):
        result = results.pop(note.data["id"], None)
        if result is None or result.body.get("status") != "error":
            raise Broken("no error came for a result that cannot be sent", note)
    if not results:
        raise Broken("the task after that was not answered", *sent(seen, "impossible results"))


@check("ELO-FRAME-21", frames_come_in_any_pieces, json_is_spelled_in_any_way)
def test_frames_are_written_as_published_nodes_write_them(seen: Seen) -> None:
    order = ["type", "id", "status", "protocol", "payload", "signature"]
    for message in messages(seen, kind="result"):
        if message.body.get("status") != "success":
            continue
        spelled = json.dumps(message.body, ensure_ascii=False).encode()
        if spelled != message.event.body or list(message.body) != [
            name for name in order if name in message.body
        ]:
            raise Broken("spaces or the order of members differ", message.event)


@check("ELO-FRAME-22", nobody_greets)
def test_who_never_greets_is_dropped_in_the_end(seen: Seen) -> None:
    must_have_begun(seen, "no hello")
    if not list(seen.events_of("tcp.close", tag="no hello")):
        raise Broken("a connection without a hello stays for ever")
