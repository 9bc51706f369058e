"""ELO-LIFE: heartbeats, silence, events, leave-taking, and coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.paced import lasted
from conformance.elo.scenarios_life import (
    BEATS,
    SAID,
    STOPS_WITHIN,
    UNKNOWN,
    beaten_to,
    beating,
    events,
    leave_taking,
    online,
    reconnecting,
    silence,
    stopping,
    unknown_messages,
)
from conformance.elo.test_frames import must_have_begun, one, sent
from conformance.elo.test_greeting import answers, must
from conformance.elo.wire import messages, told_of, unpadded
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

UNASKED = {"hello_ack", "result", "event", "interest_update", "query"}  # no answers to heartbeats
LATE = 4.0  # seconds: clocks, and a busy machine
EARLY = 0.2  # of a time


def listed_and_then_not(seen: Seen, who: str) -> None:
    """Demand that a peer is told of until it leaves, and not afterwards."""
    prefix = seen.noted(who).data["prefix"]
    before = one(seen, "before they go", "hello_ack")
    if "known_peers" not in before.body:
        raise NotObserved("the target tells newcomers of nobody")
    must(told_of(before, prefix), "it was not told of while it was there", before)
    for each in answers(seen, "after they went"):
        must(not told_of(each, prefix), f"{each.type} still lists it", each)


@check("ELO-LIFE-01", beating)
def test_a_running_node_beats_at_its_pace_to_every_peer(seen: Seen) -> None:
    due = lasted(seen, "heartbeat_interval")
    for tag in ("hears it", "hears it as well"):
        ack = one(seen, tag, "hello_ack")
        beats = list(messages(seen, tag, kind="heartbeat"))
        must(len(beats) >= BEATS, f"{len(beats)} heartbeats came, not {BEATS}", ack, *beats)
        for beat in beats:
            same = beat.body.get("node_id") == unpadded(ack.body.get("node_id"))
            must(same, "`node_id` is not the node's", beat)
            ts = beat.body.get("ts")
            must(isinstance(ts, int | float), f"`ts` is {ts!r}", beat)
        # From the hello on: of what a busy machine reads late, only the last says something.
        took, least = beats[-1].event.time - sent(seen, tag)[0].time, (len(beats) - 1) * due
        must(took >= least * (1 - EARLY), f"{len(beats)} heartbeats came in {took:.1f} s", *beats)


@check("ELO-LIFE-02", beaten_to)
def test_a_heartbeat_is_not_answered(seen: Seen) -> None:
    one(seen, "sends heartbeats", "result")
    told = messages(seen, "sends heartbeats")
    others = [each for each in told if each.type not in UNASKED]
    # Its own heartbeats may come at any time, but not as many as it was sent.
    must(len(others) < SAID, "heartbeats were answered", *others)


@check("ELO-LIFE-03", silence)
def test_who_says_nothing_is_let_go_in_time(seen: Seen) -> None:
    hello, idle = sent(seen, "says nothing")[0], lasted(seen, "idle_limit")
    for end in seen.events_of("tcp.close", tag="says nothing"):
        silent, limit = end.time - hello.time, idle + lasted(seen, "heartbeat_interval") + LATE
        if not idle * (1 - EARLY / 2) <= silent <= limit:
            raise Broken(f"it was let go after {silent:.1f} s, not {idle:g} s", hello, end)
        return
    raise Broken("it was not let go", hello)


@check("ELO-LIFE-04", silence)
def test_who_only_beats_is_kept(seen: Seen) -> None:
    one(seen, "only beats", "result")


@check("ELO-LIFE-05", online)
def test_who_begins_to_run_says_so_once(seen: Seen) -> None:
    told = [
        event
        for event in messages(seen, "is dialled at the start", kind="event")
        if event.body.get("event_type") == "node.online"
    ]
    if not told:
        raise Broken("it does not say that it is online", *sent(seen, "is dialled at the start"))
    must(not told[1:], "it says so twice", *told)


@check("ELO-LIFE-06", events)
def test_events_of_others_are_kept_to_oneself(seen: Seen) -> None:
    id = seen.noted("the events").data["id"]
    for tag in ("tells events", "hears of events"):
        one(seen, tag, "result")
        for message in messages(seen, tag):
            must(message.body.get("id") != id, f"{message.type} came of an event", message)


@check("ELO-LIFE-07", stopping)
def test_who_is_stopped_says_bye_and_goes(seen: Seen) -> None:
    for tag in ("is there at the end", "is there as well"):
        bye = one(seen, tag, "bye")
        ends = list(seen.events_of("tcp.close", tag=tag))
        must(ends, "the connection stayed open after the bye", bye)
        last = list(messages(seen, tag))[-1]
        must(last.type == "bye", f"{last.type} came after the bye", bye, last)


@check("ELO-LIFE-08", leave_taking)
def test_who_has_said_bye_is_told_to_nobody(seen: Seen) -> None:
    listed_and_then_not(seen, "who says bye")


@check("ELO-LIFE-09", leave_taking)
def test_a_bye_is_not_answered_and_ends_nothing(seen: Seen) -> None:
    must_have_begun(seen, "who says bye")
    for end in seen.events_of("tcp.close", tag="who says bye"):
        raise Broken("the connection was ended", end)
    byes = list(messages(seen, "who says bye", kind="bye"))
    must(not byes, "the bye was answered", *byes)


@check("ELO-LIFE-10", unknown_messages, cases=tuple(UNKNOWN))
def test_what_nobody_knows_is_ignored(seen: Seen, case: str) -> None:
    one(seen, case, "result")


@check("ELO-LIFE-11", stopping)
def test_nobody_who_never_greeted_keeps_a_node_from_stopping(seen: Seen) -> None:
    told, note = seen.noted("is told to stop"), seen.noted("has stopped")
    took = note.time - told.time
    if not note.data["done"] or took > STOPS_WITHIN:
        raise Broken(f"it had not stopped after {took:.1f} s", told, note)


@check("ELO-LIFE-12", reconnecting)
def test_who_connects_again_listens_again(seen: Seen) -> None:
    one(seen, "before it reconnects", "hello_ack")
    for _ in messages(seen, "after it reconnected", kind="hello_ack"):
        return
    note = seen.noted("has reconnected")
    raise Broken(f"nobody answers at {note.data['url']}", note)
