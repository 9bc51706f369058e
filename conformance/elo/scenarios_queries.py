"""Conversations in which the kit asks the target who is there, and hears what becomes of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import QUIET, Peer
from conformance.elo.scenarios_greeting import ALLOWED, PRIVATE, look_around
from conformance.elo.wire import told_of, unpadded
from conformance.kit.judging.suite import scenario
from conformance.kit.running.stage import Unreachable
from conformance.kit.verdict import NotObserved
from reference.elo.identity import PREFIX, Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

SOMEBODY = "y" * 43  # an id that is nobody's here
FAR: Mapping[str, Any] = {
    "addr": f"{'f' * 12}@192.0.2.1:7878",
    "node_id": "f" * 12,
    "caps": ["assay-far"],
}
TOLD = ["assay-one", "assay-two"]
MEMORY = 1.0  # seconds that an id is remembered, where that can be set
# Lives of queries, and with which they must be passed on, if at all.
LIVES: Mapping[str, tuple[Any, Any]] = {
    "3": (3, 2),
    "1": (1, None),
    "0": (0, None),
    "-1": (-1, None),
    "2": (2, 1),
}
ODD_IDS: Mapping[str, Any] = {"a number": 5, "null": None, "an array": ["x"], "an object": {}}
ODD_LIVES: Mapping[str, Any] = {"a text": "5", "null": None, "an object": {}, "true": True}


def query(peer: Peer, capability: str = "", **members: Any) -> dict[str, Any]:
    """Return a question who has a capability."""
    asked = {"type": "query", "capability": capability, "id": peer.stage.unique("q"), "ttl": 5}
    return {**asked, **members}


async def ask(peer: Peer, about: str, asked: Mapping[str, Any]) -> Message | None:
    """Send a question, noting its id as ``about``, and return how it was answered, if it was."""
    peer.stage.note(about, id=asked["id"])
    await peer.say(asked)
    await settled(peer)
    return await peer.await_message(
        lambda each: each.type == "query_resp" and each.body.get("id") == asked["id"], within=0
    )


async def settled(*peers: Peer) -> None:
    """Wait until the target has dealt with all that these peers have said."""
    for peer in peers:
        await peer.give(peer.task())


@scenario()
async def who_is_there(stage: Stage) -> None:
    """Ask for what nobody has, and for what the target has itself; go where it says that it is."""
    known = [await Peer.greeted(stage, "assay-known", tag="known") for _ in range(2)]
    asker = await Peer.greeted(stage, tag="who asks for anything")
    stage.note("who is there", known=[each.prefix for each in known], asker=asker.prefix)
    nothing = stage.unique("assay-nothing")
    await ask(asker, "for what nobody has", query(asker, nothing, ttl=1))
    await ask(asker, "for anybody", query(asker))

    curious = await Peer.greeted(stage, tag="who asks for its own")
    if not curious.offers:
        raise NotObserved("the target offers nothing that could be asked for")
    told = await ask(curious, "for its own", query(curious, min(curious.offers)))
    place = place_of(told, str(curious.ack.get("node_id"))[:PREFIX]) if told is not None else ""
    if place:
        with contextlib.suppress(Unreachable):
            visitor = await Peer.dial(stage, tag="where it says that it is", at=f"elo://{place}")
            await visitor.say(visitor.hello())
            await visitor.await_type("hello_ack")


def place_of(told: Message, prefix: str) -> str:
    """Return the ``host:port`` at which an answer says that somebody is; empty if it does not."""
    for node in told_of(told, prefix):
        place = str(node.get("addr")).rpartition("@")[2]
        if place.rpartition(":")[2].isdigit():
            return place
    return ""


@scenario()
async def asked_again(stage: Stage) -> None:
    """Ask the same question twice, have somebody else ask it, and ask the target its own."""
    await Peer.greeted(stage, "assay-known", tag="known")
    first = await Peer.greeted(stage, tag="who asks twice")
    second = await Peer.greeted(stage, tag="who asks the same")
    asked = query(first)
    await ask(first, "the question", asked)
    await ask(first, "the question", asked)
    await ask(second, "the question", asked)
    await ask(second, "another question", query(second))
    third = await Peer.greeted(stage, tag="who asks it its own")
    await ask(third, "its own question", query(third, origin=unpadded(third.ack.get("node_id"))))
    await ask(third, "somebody's question", query(third, origin=SOMEBODY))


@scenario(exclusive=True, bound=40.0)
async def asked_much_later(stage: Stage) -> None:
    """Ask the same question again, once it may be forgotten."""
    await at_pace(stage, query_memory=MEMORY)
    await Peer.greeted(stage, "assay-known", tag="known")
    asker = await Peer.greeted(stage, tag="who asks much later")
    asked = query(asker)
    await ask(asker, "the question", asked)
    await asker.quiet(lasts(stage, "query_memory") + QUIET)
    await ask(asker, "the question", asked)


@scenario(exclusive=True)
async def passed_on(stage: Stage) -> None:
    """Ask for what nobody has; somebody who has said bye and stays is nobody to tell of."""
    other = await Peer.greeted(stage, tag="who is asked in turn")
    await other.say({"type": "bye"})
    await other.quiet()
    asker = await Peer.greeted(stage, tag="who asks first")
    stage.note("who asks first", node_id=asker.identity.node_id)
    nothing = stage.unique("assay-nothing")
    asked = query(asker, nothing, ttl=3)
    await ask(asker, "the question", asked)
    await other.say({"type": "query_resp", "id": asked["id"], "nodes": [FAR]})
    await ask(asker, "with an origin", query(asker, nothing, origin=SOMEBODY))
    for life, (ttl, _) in LIVES.items():
        asked = query(asker, nothing, ttl=ttl)
        await ask(asker, f"a life of {life}", asked)
    await other.await_message(lambda each: each.body.get("id") == asked["id"])  # the last goes on
    await settled(asker)


@scenario(exclusive=True)
async def odd_lives(stage: Stage) -> None:
    """Ask with lives that are no numbers, where there is nobody to tell of."""
    other = await Peer.greeted(stage, tag="who is asked oddly in turn")
    askers = {life: await Peer.greeted(stage, tag=f"asks with {life}") for life in ODD_LIVES}
    for peer in (other, *askers.values()):
        await peer.say({"type": "bye"})
    await other.quiet()
    for life, asker in askers.items():
        asked = query(asker, stage.unique("assay-nothing"), ttl=ODD_LIVES[life])
        stage.note(life, id=asked["id"])
        await asker.say(asked)
    for asker in askers.values():
        await asker.quiet(QUIET / 2)


@scenario(exclusive=True)
async def somebody_is_known(stage: Stage) -> None:
    """Ask for what a known peer has, and for what none has."""
    other = await Peer.greeted(stage, "assay-known", tag="who is known")
    asker = await Peer.greeted(stage, tag="who asks")
    await ask(asker, "for what somebody has", query(asker, "assay-known"))
    await ask(asker, "for what none has", query(asker, stage.unique("assay-nothing")))
    await settled(other)


@scenario(settings=PRIVATE, exclusive=True)
async def a_private_node_is_asked(stage: Stage) -> None:
    """Ask a private target for its own capability, as somebody on its list and as others."""
    allowed = await Peer.greeted(stage, tag="on the list", identity=Identity.of_seed(ALLOWED))
    allowed.need("echo")
    stranger = await Peer.greeted(stage, tag="not on the list")
    stage.note("the private node", prefix=str(allowed.ack.get("node_id"))[:PREFIX])
    await ask(allowed, "as a friend", query(allowed, "echo"))
    await ask(stranger, "as a stranger", query(stranger, "echo"))


@scenario()
async def unasked_answers(stage: Stage) -> None:
    """Answer questions that nobody has asked, or can have asked."""
    peer = await Peer.greeted(stage, tag="answers unasked")
    for id in ("0123abcd", ""):
        await peer.say({"type": "query_resp", "id": id, "nodes": [FAR]})
    await settled(peer)
    for name, odd in ODD_IDS.items():
        other = await Peer.greeted(stage, tag=f"answers {name}")
        await other.say({"type": "query_resp", "id": odd, "nodes": [FAR]})
        await settled(other)


@scenario()
async def who_has_gone(stage: Stage) -> None:
    """Have a peer leave, and see whom newcomers are told of."""
    await Peer.greeted(stage, "assay-stays", tag="who stays")
    goer = await Peer.greeted(stage, "assay-goes", tag="who goes")
    stage.note("who goes", prefix=goer.prefix)
    await look_around(stage, "before they go")
    await goer.half_close()
    await goer.closed()
    await look_around(stage, "after they went")


@scenario()
async def other_interests(stage: Stage) -> None:
    """Have a peer tell other interests."""
    peer = await Peer.greeted(stage, "assay-agent", tag="has interests", interests=["assay-old"])
    stage.note("has interests", prefix=peer.prefix)
    await peer.say({"type": "interest_update", "interests": TOLD})
    await settled(peer)
    await look_around(stage, "after other interests")
