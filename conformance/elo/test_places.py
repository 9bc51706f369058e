"""ELO-HELLO: who takes whose place, and two nodes that know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.scenarios_pairs import (
    LATE,
    dialling_each_other,
    late_capabilities,
    registering,
    told_addresses,
)
from conformance.elo.scenarios_places import (
    proven_places,
    same_identity_again,
    twins,
    work_before_and_after,
)
from conformance.elo.test_frames import one, sent
from conformance.elo.test_greeting import must, place
from conformance.elo.wire import messages, told_of
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

# Who tries to take a place, and how many tasks of the owner are answered by then and after that.
TAKERS = {"without a proof": 1, "with a forged proof": 1, "with the same proof": 2}


def ends(seen: Seen, tag: str) -> list[Event]:
    """Return how the target ended connections with this tag."""
    return list(seen.events_of("tcp.close", tag=tag))


def stands(seen: Seen, tag: str) -> None:
    """Demand that a connection was not ended."""
    for event in ends(seen, tag):
        raise Broken(f"the connection was ended ({tag})", event)


def succeeded(result: Message, reason: str) -> None:
    """Demand that a task was done."""
    must(result.body.get("status") == "success", reason, result)


@check("ELO-HELLO-11", told_addresses)
def test_a_told_address_leads_to_the_peer(seen: Seen) -> None:
    note = seen.noted("the second target")
    for ack in messages(seen, "at the told address", kind="hello_ack"):
        same = ack.body.get("node_id") == note.data["node_id"]
        must(same, "somebody else is at the told address", ack)
        return
    raise Broken(f"nobody answers at the told address {place(note.data['told'])}", note)


@check("ELO-HELLO-14", same_identity_again)
def test_a_new_connection_takes_the_place_of_the_old(seen: Seen) -> None:
    one(seen, "the new one", "hello_ack")
    stands(seen, "the new one")
    if not ends(seen, "the old one"):
        raise Broken("the old connection stayed open", *sent(seen, "the new one"))


@check("ELO-HELLO-15", same_identity_again)
def test_others_are_told_of_the_new_connection_alone(seen: Seen) -> None:
    places = seen.noted("places").data
    response = one(seen, "who asks afterwards", "query_resp")
    told = [str(entry.get("addr")) for entry in told_of(response, places["prefix"])]
    wanted = [f"{places['prefix']}@{places['new']}"]
    must(told == wanted, f"told are {told}, not {wanted}", response)


@check("ELO-HELLO-16", work_before_and_after)
def test_tasks_reach_the_new_connection(seen: Seen) -> None:
    note = seen.noted("an errand after")
    if not list(messages(seen, "at work again", kind="task")):
        raise Broken("the task did not reach the new connection", note)


@check("ELO-HELLO-17", same_identity_again)
def test_who_comes_back_is_not_told_of_its_dead_connection(seen: Seen) -> None:
    places, ack = seen.noted("places").data, one(seen, "the new one", "hello_ack")
    dead = [e for e in told_of(ack, places["prefix"]) if places["old"] in str(e.get("addr"))]
    must(not dead, "the old connection is told", ack)


@check("ELO-HELLO-18", twins)
def test_twelve_characters_make_a_name(seen: Seen) -> None:
    one(seen, "12 characters", "hello_ack")
    one(seen, "11 characters", "hello_ack")
    if not ends(seen, "before 12 characters"):
        raise Broken("a name with the same 12 characters is another peer")
    stands(seen, "before 11 characters")


@check("ELO-HELLO-19", proven_places, cases=tuple(TAKERS))
def test_nobody_takes_the_place_of_who_proved_itself(seen: Seen, case: str) -> None:
    one(seen, "the owner", "hello_ack")
    for ack in messages(seen, case, kind="hello_ack"):
        raise Broken(f"the place was given away ({case})", *sent(seen, case), ack.event)
    if not ends(seen, case):
        raise Broken(f"the connection stayed open ({case})", *sent(seen, case))
    results = list(messages(seen, "the owner", kind="result"))
    if len(results) < TAKERS[case]:
        raise Broken("the owner is served no more", *sent(seen, "the owner"))


@check("ELO-HELLO-40", proven_places)
def test_a_newer_proof_takes_the_place(seen: Seen) -> None:
    one(seen, "with a newer proof", "hello_ack")
    succeeded(one(seen, "with a newer proof", "result"), "the place was not given back")


@check("ELO-HELLO-31", registering)
def test_registering_tells_the_peers_new_interests_once(seen: Seen) -> None:
    tag = "a peer of who registers"
    updates = list(messages(seen, tag, kind="interest_update"))
    if not updates:
        raise Broken("no interest_update came", seen.noted("registered"))
    must(not updates[1:], "the interests were told twice", *updates)
    wanted = {*LATE["agents"], *LATE["tools"]}
    told = updates[0].body.get("interests")
    names = set(map(str, told)) if isinstance(told, list) else set()
    # A node may have capabilities of its own beside those that it registers.
    good = wanted <= names and not names & set(LATE["models"])
    must(good, f"the interests are {told!r}, not {sorted(wanted)}", updates[0])


@check("ELO-HELLO-32", late_capabilities)
def test_capabilities_that_come_late_are_told_to_others(seen: Seen) -> None:
    told = seen.noted("told of who registered late")
    caps = told.data.get("caps")
    if not isinstance(caps, list) or LATE["agents"][0] not in caps:
        shown = sorted(map(str, caps)) if isinstance(caps, list) else caps
        raise Broken(f"its capabilities are told as {shown!r}", seen.noted("registered"), told)


@check("ELO-HELLO-34", dialling_each_other)
def test_two_that_dial_each_other_can_work_for_each_other(seen: Seen) -> None:
    for note in seen.notes("across"):
        if note.data["status"] != "success":
            raise Broken("a task between the two was not done", note)
