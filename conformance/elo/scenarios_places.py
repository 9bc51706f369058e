"""Conversations about who takes whose place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.errands import errand, need_errands
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.scenarios_greeting import look_around
from conformance.kit.judging.suite import scenario
from reference.elo.signing import sign

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage


@scenario()
async def same_identity_again(stage: Stage) -> None:
    """Come back under the same identity while the old connection is still there."""
    identity = fresh_identity()
    old = await Peer.greeted(stage, tag="the old one", identity=identity)
    new = await Peer.greeted(stage, tag="the new one", identity=identity)
    await old.closed()
    stage.note("places", prefix=identity.prefix, old=old.address, new=new.address)
    await look_around(stage, "who asks afterwards")


@scenario()
async def work_before_and_after(stage: Stage) -> None:
    """Do a task for the target, come back on another connection, and do another."""
    identity = fresh_identity()
    asker = await Peer.greeted(stage, tag="who has work")
    need_errands(asker)
    old = await Peer.greeted(stage, tag="at work", identity=identity)
    await work_for(old, asker, "an errand before")
    new = await Peer.greeted(stage, tag="at work again", identity=identity)
    await old.closed()
    await work_for(new, asker, "an errand after")


async def work_for(peer: Peer, asker: Peer, about: str) -> None:
    """Have the target send a peer a task by its name, which the peer does if it comes."""
    wanted = peer.stage.unique("assay")
    target = peer.identity.node_id
    asking = asyncio.create_task(errand(asker, about, target=target, capability=wanted))
    task = await peer.await_message(
        lambda each: each.body.get("capability") == wanted, within=COMES / 2
    )
    if task is not None:
        await peer.say(peer.success(task.body.get("id")))
    await asking


SAME = "12 characters"


@scenario()
async def twins(stage: Stage) -> None:
    """Come under names that share 12 characters with somebody's, or only 11."""
    identity = fresh_identity()
    other = "A" if identity.node_id[11] != "A" else "B"
    for tag, name in {
        SAME: identity.node_id[:12] + "y" * 31,
        "11 characters": identity.node_id[:11] + other + "y" * 31,
    }.items():
        old = await Peer.greeted(stage, tag=f"before {tag}", identity=identity)
        await Peer.greeted(stage, tag=tag, node_id=name)
        await (old.closed() if tag == SAME else old.quiet())
        await old.vanish()


def introduction(peer: Peer, *, timestamp: float) -> dict[str, Any]:
    """Return a hello that proves that its sender has the key."""
    return sign({**peer.hello(), "timestamp": timestamp}, peer.identity)


@scenario()
async def proven_places(stage: Stage) -> None:
    """Prove who one is, then have others try to take the place, and take it anew."""
    identity, now = fresh_identity(), round(stage.now(), 3)
    owner = await Peer.dial(stage, tag="the owner", identity=identity)
    proof = introduction(owner, timestamp=now)
    await owner.say(proof)
    await owner.await_type("hello_ack")

    thief = await Peer.dial(stage, tag="without a proof", identity=identity)
    await thief.say(thief.hello())
    forger = await Peer.dial(stage, tag="with a forged proof")
    await forger.say(
        sign(
            {**forger.hello(node_id=identity.node_id), "timestamp": now + 1},
            forger.identity,
        )
    )
    await owner.give(owner.task("echo", "still mine"))

    replayer = await Peer.dial(stage, tag="with the same proof", identity=identity)
    await replayer.say(proof)
    await replayer.await_type("hello_ack", within=1.0)
    await owner.give(owner.task("echo", "mine all the same"))

    back = await Peer.dial(stage, tag="with a newer proof", identity=identity)
    await back.say(introduction(back, timestamp=now + 2))
    await back.await_type("hello_ack")
    await back.give(back.task("echo", "mine again"))
