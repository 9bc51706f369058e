"""ELO-HELLO: a node that dials, and what it makes of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.scenarios_dialling import (
    ACK_WITHIN,
    MALFORMED,
    WRONG_ANSWERS,
    answered_badly,
    answered_well,
    answered_with_something_else,
    dialled_twice,
    not_answered,
)
from conformance.elo.test_frames import must_have_begun, one, sent
from conformance.elo.test_greeting import TOLD, must
from conformance.elo.wire import messages
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

EARLY = 1.0  # seconds before its time that a dialler may give up


@check("ELO-HELLO-22", answered_well)
def test_who_dials_says_hello_with_six_members(seen: Seen) -> None:
    first = next(messages(seen, "answered well"))
    must(first.type == "hello", f"{first.type} came first", first)
    for name, kind in {**TOLD, "version": str}.items():
        must(isinstance(first.body.get(name), kind), f"`{name}` is no {kind.__name__}", first)


@check("ELO-HELLO-23", answered_well)
def test_who_dials_says_nothing_more_before_the_ack(seen: Seen) -> None:
    must_have_begun(seen, "answered well")
    if not list(seen.events_of("tcp.silence", tag="answered well")):
        raise Broken("the connection was ended", *seen.events_of("tcp.close", tag="answered well"))
    ack = sent(seen, "answered well")[0]
    before = [m for m in messages(seen, "answered well") if m.event.number < ack.number]
    must(not before[1:], "more than a hello came before the hello_ack", *before[1:])


def is_ours(event: Event) -> bool:
    """Whether the kit sent it."""
    return event.direction is Direction.KIT


@check("ELO-HELLO-24", not_answered)
def test_who_dials_waits_five_seconds_for_an_ack(seen: Seen) -> None:
    hello = one(seen, "not answered", "hello")
    # Counted from what made it dial: what a busy machine reads late is no evidence.
    asked = [each for each in seen.matching(is_ours) if each.number < hello.event.number]
    begun = asked[-1] if asked else hello.event
    for end in seen.events_of("tcp.close", tag="not answered"):
        waited, due = end.time - begun.time, float(seen.fact("ack_within", ACK_WITHIN))
        if waited < due - EARLY:
            raise Broken(f"it waited {waited:.1f} s, not {due:g} s", hello.event, end)
        return
    raise Broken("it waits without an end", hello.event)


@check("ELO-HELLO-25", answered_with_something_else, cases=tuple(WRONG_ANSWERS))
def test_who_dials_wants_an_ack_first(seen: Seen, case: str) -> None:
    hello = one(seen, case, "hello")
    if not list(seen.events_of("tcp.close", tag=case)):
        raise Broken("the connection stayed open", hello.event, *sent(seen, case))


@check("ELO-HELLO-26", answered_badly, cases=tuple(MALFORMED))
def test_a_bad_ack_ends_nothing_but_its_connection(seen: Seen, case: str) -> None:
    hello = one(seen, case, "hello")
    for kind in ("hello", "result"):
        if not list(messages(seen, f"after {case}", kind=kind)):
            raise Broken(f"no {kind} came at the next address", hello.event, *sent(seen, case))


@check("ELO-HELLO-27", answered_well)
def test_who_dials_goes_on_to_the_peers_that_it_is_told(seen: Seen) -> None:
    note = seen.noted("a known peer")
    if not list(messages(seen, "the known peer", kind="hello")):
        raise Broken(f"nobody said hello at {note.data['address']}", note)


@check("ELO-HELLO-28", answered_well)
def test_an_ack_is_not_answered_by_another(seen: Seen) -> None:
    one(seen, "answered well", "result")
    for ack in messages(seen, "answered well", kind="hello_ack"):
        raise Broken("a hello_ack was answered by a hello_ack", ack.event)


@check("ELO-HELLO-35", dialled_twice)
def test_dialling_twice_leaves_a_connection_that_works(seen: Seen) -> None:
    one(seen, "dialled twice", "result")
