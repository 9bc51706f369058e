"""Conversations with a target that takes part in the kit's distributed table."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer as introduction
from conformance.elo.members import (
    DHT,
    TYPES,
    ask,
    member,
    must_take_part,
    nothing,
    record,
)
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.scenarios_greeting import PRIVATE
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet
from reference.elo.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener
    from reference.elo.identity import Identity

    Spoil = Callable[[Peer], dict[str, Any]]

FIND = "dht_find"
MEMBERS = 5
SHORT_LIFE = 2.0  # seconds, in which a record is stored and found
OTHER_HOST = "192.0.2.1:9"  # TEST-NET-1: nobody's
FORGED: Mapping[str, Spoil] = {
    "a signature of nothing": lambda peer: {**record(peer), "signature": "AAAA"},
    "another key": lambda peer: sign(record(peer), fresh_identity()),
    "changed afterwards": lambda peer: {**record(peer), "caps": ["assay-more"]},
}
MALFORMED: Mapping[str, Spoil] = {
    "one more member": lambda peer: record(peer, more=1),
    "no address": lambda peer: record(peer, addr="nowhere"),
    "a capability that is a number": lambda peer: record(peer, caps=[5]),
    "65 capabilities": lambda peer: record(peer, *(f"c{number}" for number in range(65))),
    "a capability of 257 characters": lambda peer: record(peer, "x" * 257),
    "a life of 7 201 s": lambda peer: record(peer, ttl_s=7201),
    "no life": lambda peer: record(peer, ttl_s=0),
}
FOREIGN: Mapping[str, Spoil] = {
    "somebody else's record": lambda peer: record(peer, identity=fresh_identity()),
    "another host": lambda peer: record(peer, addr=OTHER_HOST),
}
EXPIRED: Mapping[str, Spoil] = {
    "of long ago": lambda peer: record(peer, timestamp=1),
    "of next week": lambda peer: record(peer, timestamp=peer.stage.now() + 604_800),
}
SPOILED = {**FORGED, **MALFORMED, **FOREIGN, **EXPIRED}
NO_QUESTIONS: tuple[Mapping[str, Any], ...] = (
    {"type": "dht_ping"},
    {"type": "dht_ping", "id": 5},
    {"type": "dht_find_node", "id": "a"},
    {"type": "dht_find_node", "id": "a", "target": ["x"]},
    {"type": "dht_find_value", "id": "a", "key": None},
    {"type": "dht_pong", "id": "nobody's"},
    {"type": "dht_find_node_resp", "id": "nobody's", "nodes": [5]},
    {"type": "dht_find_value_resp", "id": "nobody's", "records": 5},
    {"type": "dht_store_resp", "id": "nobody's", "stored": True},
)


@scenario()
async def not_announced(stage: Stage) -> None:
    """Speak of the table without having announced it, then give a task."""
    peer = await Peer.greeted(stage, tag="not announced", listen=9)
    for kind in TYPES:
        await peer.say({"type": kind, "id": "a", "target": "x", "key": "x", "nodes": []})
    await peer.say({"type": "dht_store", "id": "b", "record": record(peer)})
    await peer.quiet()
    await peer.attempt("after all of them", peer.task())


@scenario(exclusive=True)
async def a_table(stage: Stage) -> None:
    """Ask a target for peers and records, and have it keep some, good and bad."""
    asker = await member(stage, tag="asker")
    others = [await member(stage, tag=f"member {number}") for number in range(MEMBERS)]
    stage.note("members", asker=asker.identity.node_id, ids=[o.identity.node_id for o in others])
    await ask(asker, "dht_ping", "a ping")
    for target in ("assay", "somewhere else", others[0].identity.node_id):
        await ask(asker, "dht_find_node", f"nodes near {target}", target=target)
    stage.note("targets", names=["assay", "somewhere else", others[0].identity.node_id])
    await ask(asker, "dht_find_value", "nothing", key="capability:assay-nobody-has-it")
    await ask(asker, "dht_find_value", "itself", key=str(asker.ack.get("node_id")))
    for message in NO_QUESTIONS:
        await others[1].say(message)
    await ask(others[1], "dht_find_node", "after no questions", target="assay")

    liar = others[2]
    for name, spoil in SPOILED.items():
        told = spoil(liar)
        stage.note(f"told: {name}", record=told)
        await ask(liar, "dht_store", f"stored: {name}", record=told)
        await ask(asker, "dht_find_value", f"found: {name}", key=str(told["node_id"]))
    await _kept(others[3], asker)
    await _outdated(others[4], asker)


async def _kept(owner: Peer, asker: Peer) -> None:
    """Have a record kept, and look for it by its keys."""
    told = record(owner, "assay-kept", "assay-kept-too")
    owner.stage.note("the record", record=told)
    await ask(owner, "dht_store", "stored", record=told)
    for name, key in {
        "its id": owner.identity.node_id,
        "a capability": "capability:assay-kept",
        "another": "capability:assay-kept-too",
    }.items():
        await ask(asker, "dht_find_value", f"found by {name}", key=key)


async def _outdated(owner: Peer, asker: Peer) -> None:
    """Have a newer record take an older one's place, not the other way round, and let it expire."""
    key, now = owner.identity.node_id, owner.stage.now()
    await ask(owner, "dht_store", "old", record=record(owner, "assay-old", timestamp=now - 2))
    newer = record(owner, "assay-new", timestamp=round(now, 3))
    await ask(owner, "dht_store", "new", record=newer)
    again = record(owner, "assay-old", timestamp=now - 1)
    await ask(owner, "dht_store", "old again", record=again)
    await ask(asker, "dht_find_value", "old and new", key=key)
    await ask(asker, "dht_find_value", "by what it no longer offers", key="capability:assay-old")
    await ask(owner, "dht_store", "alive", record=record(owner, ttl_s=SHORT_LIFE))
    await ask(asker, "dht_find_value", "while it lives", key=key)
    await asyncio.sleep(SHORT_LIFE + 0.5)
    await ask(asker, "dht_find_value", "after its life", key=key)


@scenario(settings=PRIVATE)
async def a_private_member(stage: Stage) -> None:
    """Ask a private target for itself."""
    asker = await member(stage, tag="asks a private target")
    await ask(asker, "dht_find_value", "private", key=str(asker.ack.get("node_id")))


@scenario(exclusive=True)
async def a_walk(stage: Stage) -> None:
    """Be asked by the target, name somebody else, and have that found, among forgeries."""
    near, wanted = await member(stage, tag="near"), fresh_identity()
    listener, stranger = await stage.listen(), fresh_identity()
    keys = (wanted.node_id, "capability:assay-wanted")
    far = stage.beside(_far(stage, listener, stranger, {keys[0]: [record(near, identity=wanted)]}))

    looking = stage.beside(stage.call(FIND, id=wanted.node_id))
    asked = await _question(near, keys[0], looking)
    contact = {"node_id": stranger.node_id, "addr": listener.address}
    await near.say(nothing(asked, nodes=[contact]))
    stage.note("found", wanted=wanted.node_id, records=await _in_time(looking, far))

    looking = stage.beside(stage.call(FIND, capability="assay-wanted"))
    asked = await _question(near, keys[1], looking)
    good = record(near, "assay-wanted", identity=wanted)
    forged = {**record(near, "assay-wanted", identity=fresh_identity()), "addr": "127.0.0.1:7"}
    await near.say(nothing(asked, records=[forged, good]))
    records = await _in_time(looking, far)
    stage.note("found among forgeries", wanted=wanted.node_id, records=records)


async def _far(
    stage: Stage, listener: Listener, identity: Identity, known: Mapping[str, Any]
) -> None:
    """Be visited, and answer with what is known of a key."""
    tcp = await listener.accept(within=COMES)
    if tcp is None:
        raise Unmet("the node that an answer named was not dialled")
    peer = Peer(stage, tcp, tag="far", identity=identity)
    hello = await peer.await_type("hello")
    if hello is None:
        raise Unmet("the node that an answer named was not greeted")
    must_take_part(hello.body)
    await peer.say(introduction(peer, features=[DHT]))
    answered: set[str] = set()
    while asked := await peer.await_message(
        lambda each: each.type == "dht_find_value" and each.body["id"] not in answered,
        within=6 * COMES,
    ):
        answered.add(asked.body["id"])
        await peer.say(nothing(asked, records=known.get(asked.body.get("key", ""), [])))


async def _question(peer: Peer, key: str, looking: asyncio.Task[Any]) -> Message:
    """Return the target's question for a key; raises what the driver raised."""
    waiting = asyncio.create_task(peer.await_message(lambda each: each.body.get("key") == key))
    await asyncio.wait({waiting, looking}, return_when=asyncio.FIRST_COMPLETED)
    if looking.done() and looking.exception() is not None:
        waiting.cancel()
        looking.result()
    asked = await waiting
    if asked is None:
        raise Unmet("a peer of the table was not asked for what was looked for")
    return asked


async def _in_time(looking: asyncio.Task[Any], far: asyncio.Task[Any]) -> Any:
    """Return what was found; raises what went wrong far away."""
    async with asyncio.timeout(2 * COMES):
        await asyncio.wait({looking, far}, return_when=asyncio.FIRST_COMPLETED)
        if far.done():
            far.result()
        return await looking


@scenario(exclusive=True)
async def published(stage: Stage) -> None:
    """Be the first peer of the table that a target meets."""
    peer = await member(stage, tag="first of the table")
    stage.note("who publishes", ack=peer.ack, url=stage.instance.url)
    await peer.await_type("dht_store", within=2 * COMES)
