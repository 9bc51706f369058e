"""ELO-RATE: how much a node hears of one peer, and what becomes of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.scenarios_rates import (
    ABOVE,
    a_window_ends,
    dht_talk,
    idle_talk,
    many_hellos,
    more_than_is_heard,
)
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must
from conformance.elo.wire import messages, told_of
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen


def results_of(seen: Seen, about: str, tag: str = "") -> list[Message | None]:
    """Return the result of each task that a note lists, None where none came."""
    found = {each.body.get("id"): each for each in messages(seen, tag or about, kind="result")}
    return [found.get(id) for id in seen.noted(about).data["ids"]]


def is_done(result: Message | None) -> bool:
    """Whether a task was done."""
    return result is not None and result.body.get("status") == "success"


def heard_and_above(seen: Seen) -> tuple[list[Message | None], list[Message | None]]:
    """Return the results of the tasks within the limit, all of which must be done, and above."""
    results = results_of(seen, "loud")
    heard, above = results[:-ABOVE], results[-ABOVE:]
    if not all(map(is_done, heard)):
        done = sum(map(is_done, heard))
        raise NotObserved(f"only {done} of the {len(heard)} tasks within the limit were done")
    return heard, above


@check("ELO-RATE-01", more_than_is_heard)
def test_so_many_messages_are_heard_and_no_more(seen: Seen) -> None:
    results = results_of(seen, "loud")
    done, limit = sum(map(is_done, results)), len(results) - ABOVE  # whichever came first
    if done != limit:
        raise Broken(f"{done} tasks were done, {limit} are within the limit", seen.noted("loud"))


@check("ELO-RATE-02", more_than_is_heard)
def test_who_says_too_much_stays_connected(seen: Seen) -> None:
    heard_and_above(seen)
    end = seen.noted("before another connection of the same peer").number
    for event in seen.events_of("tcp.close", tag="loud"):
        if event.number < end:
            raise Broken("the connection was ended", event)


@check("ELO-RATE-03", idle_talk)
def test_what_has_no_effect_counts_as_well(seen: Seen) -> None:
    counted(seen, "idle talk")


@check("ELO-DHT-03", dht_talk)
def test_messages_of_the_dht_count_as_well(seen: Seen) -> None:
    counted(seen, "dht talk")


def counted(seen: Seen, about: str) -> None:
    """Demand that of two tasks the first is done, and the second is above the limit."""
    first, second = results_of(seen, about)
    if not is_done(first):
        raise Broken("the last message within the limit was not heard")
    if second is not None and is_done(second):
        raise Broken("what was said before was not counted", second.event)


@check("ELO-RATE-04", more_than_is_heard)
def test_nobody_else_is_worse_off(seen: Seen) -> None:
    heard_and_above(seen)
    note = seen.noted("somebody else")
    if not any(map(is_done, messages(seen, "somebody else", kind="result"))):
        raise Broken("the task of another peer was not done", note)


@check("ELO-RATE-05", a_window_ends)
def test_a_window_ends_after_its_time(seen: Seen) -> None:
    results = results_of(seen, "within the window", "a window")
    if is_done(results[-1]):
        raise NotObserved("the budget was not used up")
    note = seen.noted("after the window")
    for result in messages(seen, "a window", kind="result"):
        if result.body.get("id") == note.data["id"]:
            must(is_done(result), "the task after the window was not done", result)
            return
    raise Broken("the task after the window was not answered", note)


@check("ELO-RATE-06", many_hellos)
def test_hellos_in_between_are_neither_answered_nor_counted(seen: Seen) -> None:
    first = seen.noted("has said hello").number
    acks = messages(seen, "many hellos", kind="hello_ack")
    more = [each for each in acks if each.event.number > first]
    must(not more, "a hello in between was answered", *more[:1])
    result = one(seen, "many hellos", "result")
    must(is_done(result), "the hellos were counted", result)


@check("ELO-RATE-07", more_than_is_heard)
def test_a_bye_is_always_heard(seen: Seen) -> None:
    heard_and_above(seen)
    prefix = seen.noted("who is loud").data["prefix"]
    if not told_of(one(seen, "somebody else", "hello_ack"), prefix):
        raise NotObserved("the peer is not listed before its bye")
    for kind in ("hello_ack", "query_resp"):
        for message in messages(seen, "after the bye of who is loud", kind=kind):
            must(not told_of(message, prefix), "the peer is listed after its bye", message)


@check("ELO-RATE-08", more_than_is_heard)
def test_a_new_connection_is_no_new_budget(seen: Seen) -> None:
    heard_and_above(seen)
    (result,) = results_of(seen, "loud again")
    if result is not None and is_done(result):
        raise Broken("a new connection was heard again", result.event)


@check("ELO-RATE-09", more_than_is_heard)
def test_a_task_that_is_not_heard_is_answered_with_an_error(seen: Seen) -> None:
    _, above = heard_and_above(seen)
    for result in above:
        if result is None:
            raise Broken("a task above the limit was not answered", seen.noted("loud"))
        must(result.body.get("status") != "success", "it was done", result)
