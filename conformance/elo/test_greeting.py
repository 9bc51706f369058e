"""ELO-HELLO: what is said to a node first, and how it answers."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from conformance.elo.scenarios_greeting import (
    FIRST_FRAMES,
    ODD_EXTRAS,
    ODD_HELLOS,
    SEED_ID,
    WRONG_HELLOS,
    a_known_key,
    first_frames,
    greeting_again,
    newcomers,
    odd_hellos,
    own_name,
    private,
    three_kinds,
    unsolicited_ack,
    wrong_hellos,
)
from conformance.elo.test_frames import ended_in_silence, must_have_begun, one, sent
from conformance.elo.wire import FRAME, messages, told_of
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

KINDS = {"agents", "models", "tools"}
KEY_BYTES = 32
NODE_ID = re.compile(r"[A-Za-z0-9_-]{43}")
# What the target tells of itself, and of which JSON kind it is.
TOLD: dict[str, type] = {"node_id": str, "caps": dict, "interests": list, "tracker": str}


def must(holds: object, reason: str, *proof: Message) -> None:
    """Demand that something holds of messages."""
    if not holds:
        raise Broken(reason, *(each.event for each in proof))


def names_of(caps: Any, *kinds: str) -> set[Any]:
    """Return the names of the items of some kinds."""
    arrays = [caps.get(kind) for kind in kinds] if isinstance(caps, dict) else []
    items = [item for array in arrays if isinstance(array, list) for item in array]
    return {item.get("name") for item in items if isinstance(item, dict)}


def answers(seen: Seen, tag: str) -> Iterator[Message]:
    """Yield what a newcomer was told of others: in its hello_ack, and when it asked."""
    yield one(seen, tag, "hello_ack")
    yield from messages(seen, tag, kind="query_resp")


@check("ELO-HELLO-01", first_frames)
def test_nothing_is_said_before_a_hello(seen: Seen) -> None:
    must_have_begun(seen, "silent")
    if not list(seen.events_of("tcp.silence", tag="silent")):
        raise Broken("the connection was ended before a hello", *seen.events_of("tcp.close"))
    hello = sent(seen, "silent")[0]
    for event in seen.events_of(FRAME, tag="silent"):
        if event.number < hello.number:
            raise Broken("something was said before a hello", event)


@check("ELO-HELLO-02", first_frames, cases=tuple(FIRST_FRAMES))
def test_a_first_frame_that_is_no_hello_is_the_end(seen: Seen, case: str) -> None:
    one(seen, "a hello", "hello_ack")  # the twin
    ended_in_silence(seen, case)


@check("ELO-HELLO-03", first_frames)
def test_a_hello_is_answered_by_one_hello_ack_first(seen: Seen) -> None:
    ack = one(seen, "a hello", "hello_ack")
    first = next(messages(seen, "a hello"))
    must(first.type == "hello_ack", f"{first.type} came first", first)
    more = list(messages(seen, "a hello", kind="hello_ack"))[1:]
    must(not more, "a hello was answered twice", ack, *more)


@check("ELO-HELLO-04", first_frames)
def test_an_ack_tells_who_it_is_and_what_it_can_do(seen: Seen) -> None:
    ack = one(seen, "a hello", "hello_ack")
    for name, kind in TOLD.items():
        must(isinstance(ack.body.get(name), kind), f"`{name}` is no {kind.__name__}", ack)


@check("ELO-HELLO-05", first_frames)
def test_a_node_id_is_a_key_and_stays_the_same(seen: Seen) -> None:
    ack, again = (one(seen, tag, "hello_ack") for tag in ("a hello", "another hello"))
    node_id = ack.body.get("node_id")
    must(isinstance(node_id, str) and NODE_ID.fullmatch(node_id), "`node_id` is no key", ack)
    raw = base64.urlsafe_b64decode(f"{node_id}=")
    must(len(raw) == KEY_BYTES, f"`node_id` has {len(raw)} bytes", ack)
    must(again.body.get("node_id") == node_id, "`node_id` has changed", ack, again)


@check("ELO-HELLO-06", first_frames)
def test_capabilities_are_three_arrays_of_named_objects(seen: Seen) -> None:
    ack = one(seen, "a hello", "hello_ack")
    caps = ack.body.get("caps")
    must(isinstance(caps, dict) and set(caps) == KINDS, "`caps` has other members", ack)
    for kind in KINDS:
        items = ack.at("caps", kind)
        named = isinstance(items, list) and all(
            isinstance(item, dict) and isinstance(item.get("name"), str) for item in items
        )
        must(named, f"`caps.{kind}` is no array of objects with a name", ack)


@check("ELO-HELLO-07", three_kinds, first_frames)
def test_interests_are_the_names_of_agents_and_tools(seen: Seen) -> None:
    for ack in messages(seen, kind="hello_ack"):
        wanted = names_of(ack.body.get("caps"), "agents", "tools")
        told = ack.body.get("interests")
        same = isinstance(told, list) and set(map(str, told)) == wanted
        must(same, f"interests are {told!r}, not {sorted(wanted)}", ack)


@check("ELO-HELLO-08", newcomers)
def test_a_newcomer_is_told_who_is_there(seen: Seen) -> None:
    ack, plain = one(seen, "second", "hello_ack"), seen.noted("without capabilities").data
    must(isinstance(ack.body.get("known_peers"), list), "`known_peers` is no array", ack)
    must(told_of(ack, plain["prefix"]), f"{plain['prefix']} is missing", ack)


@check("ELO-HELLO-09", newcomers)
def test_a_known_peer_is_told_with_address_id_and_names(seen: Seen) -> None:
    ack, first = one(seen, "second", "hello_ack"), seen.noted("first").data
    entries = told_of(ack, first["prefix"])
    if not entries:
        raise Unmet("the peer that was there is not told (ELO-HELLO-08)", ack.event)
    addr = entries[0].get("addr")
    pattern = rf"{re.escape(first['prefix'])}@[^@\s]+:\d+"
    must(isinstance(addr, str) and re.fullmatch(pattern, addr), f"`addr` is {addr!r}", ack)
    for member in ("caps", "interests"):
        must(entries[0].get(member) == ["assay-agent"], f"`{member}` is not its names", ack)


@check("ELO-HELLO-10", newcomers)
def test_nobody_is_told_of_itself(seen: Seen) -> None:
    ack, second = one(seen, "second", "hello_ack"), seen.noted("second").data
    must(not told_of(ack, second["prefix"]), "the newcomer is told of itself", ack)


@check("ELO-HELLO-12", odd_hellos, cases=tuple(ODD_HELLOS))
def test_a_hello_may_be_short_or_have_unknown_members(seen: Seen, case: str) -> None:
    one(seen, case, "hello_ack")


@check("ELO-HELLO-13", own_name, cases=("its own name", "its own prefix"))
def test_nobody_else_has_the_nodes_own_name(seen: Seen, case: str) -> None:
    one(seen, "nearly its own prefix", "hello_ack")  # the twin
    ended_in_silence(seen, case)


@check("ELO-HELLO-20", wrong_hellos, cases=tuple(WRONG_HELLOS))
def test_a_hello_of_wrong_types_is_the_end(seen: Seen, case: str) -> None:
    one(seen, "after the rejected", "hello_ack")  # the twin
    ended_in_silence(seen, case)


@check("ELO-HELLO-21", wrong_hellos)
def test_who_was_rejected_is_told_to_nobody(seen: Seen) -> None:
    for note in seen.notes("rejected"):
        for told in answers(seen, "after the rejected"):
            must(not told_of(told, note.data["prefix"]), "a rejected peer is told", told)


@check("ELO-HELLO-29", unsolicited_ack)
def test_an_ack_that_nobody_asked_for_makes_nobody_dial(seen: Seen) -> None:
    note = seen.noted("dialled")
    if note.data["times"]:
        raise Broken("the address was dialled", *sent(seen, "unsolicited"), note)


@check("ELO-HELLO-30", private, cases=("ack", "hello"))
def test_a_private_node_tells_its_capabilities_to_few(seen: Seen, case: str) -> None:
    if case == "hello":
        said = one(seen, "dialled by a private target", "hello")
        must(not names_of(said.body.get("caps"), *KINDS), "a hello tells capabilities", said)
        return
    allowed, other = (one(seen, t, "hello_ack") for t in ("on the list", "not on the list"))
    must(names_of(allowed.body.get("caps"), *KINDS), "who is on the list is told none", allowed)
    must(not names_of(other.body.get("caps"), *KINDS), "who is not on it is told some", other)


@check("ELO-HELLO-36", greeting_again)
def test_a_later_hello_brings_news_and_is_answered(seen: Seen) -> None:
    must_have_begun(seen, "greeting again")
    acks = list(messages(seen, "greeting again", kind="hello_ack"))
    must(acks[1:], "the later hello was not answered", *acks)
    ack = one(seen, "after greeting again", "hello_ack")
    entries = told_of(ack, seen.noted("who greets again").data["prefix"])
    told = [entry.get("caps") for entry in entries]
    must(told == [["assay-late"]], f"its capabilities are told as {told}", ack)


def place(address: Any) -> str:
    """Return the host and port of an address; who is there has another name each time."""
    return str(address).rpartition("@")[2]


@check("ELO-HELLO-37", newcomers)
def test_the_port_that_a_peer_told_is_told_on(seen: Seen) -> None:
    ack, prefix = one(seen, "second", "hello_ack"), seen.noted("with a port").data["prefix"]
    entries = told_of(ack, prefix)
    if not entries:
        raise Unmet("the peer that was there is not told (ELO-HELLO-08)", ack.event)
    addr = str(entries[0].get("addr"))
    must(addr.endswith(":4321"), f"it is told at {place(addr)}", ack)


@check("ELO-HELLO-38", first_frames)
def test_an_ack_proves_that_its_sender_has_the_key(seen: Seen) -> None:
    ack = one(seen, "a hello", "hello_ack")
    must(isinstance(ack.body.get("timestamp"), int | float), "`timestamp` is no number", ack)
    signed = verdict(ack.body, ack.body.get("node_id")) is Verdict.SIGNED
    must(signed, "the hello_ack is not signed by the key that its node_id spells", ack)


@check("ELO-HELLO-39", odd_hellos, cases=tuple(ODD_EXTRAS))
def test_optional_members_that_make_no_sense_are_ignored(seen: Seen, case: str) -> None:
    one(seen, case, "hello_ack")


@check("ELO-SIG-01", a_known_key)
def test_an_id_is_the_public_key(seen: Seen) -> None:
    ack = one(seen, "a known key", "hello_ack")
    must(ack.body.get("node_id") == SEED_ID, f"the id of this key is {SEED_ID}", ack)
