"""Conversations in which two targets know each other, and the kit asks both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.crossing import crossing
from conformance.elo.dialled import DIAL
from conformance.elo.errands import errand
from conformance.elo.peer import COMES, Peer
from conformance.elo.scenarios_greeting import look_around
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tcp import Address

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.instance import Instance

LOOKS = 6  # at whom a target knows, until it knows who has just dialled it
PAIRS = 3  # that dial each other at once
# Seconds after which two nodes of 0.4.10 have answered each other's acks so often that neither is
# heard any more; until then the acks would tell what is registered.
SETTLED = 3.0
LATE = {"agents": ["assay-late"], "tools": ["assay-late-tool"], "models": ["assay-late-model"]}


def place(url: str) -> str:
    """Return ``host:port`` of an instance."""
    return Address.of(url).authority


async def neighbour(stage: Stage) -> Instance:
    """Start one more target that dials the first."""
    return await stage.another(peers=place(stage.instance.url))


def entry_of(asker: Peer, prefix: str) -> dict[str, Any]:
    """Return what the target tells of a peer in its hello_ack."""
    known = asker.ack.get("known_peers")
    items = known if isinstance(known, list) else []
    named = [each for each in items if isinstance(each, dict) and each.get("node_id") == prefix]
    return named[0] if named else {}


@scenario()
async def told_addresses(stage: Stage) -> None:
    """Ask where a second target can be reached that has dialled the first, and go there."""
    other = await neighbour(stage)
    itself = await Peer.greeted(stage, tag="the second target itself", at=other.url)
    name = str(itself.ack.get("node_id"))
    told = await _told_of(stage, name[:12])
    stage.note("the second target", node_id=name, told=told)
    if isinstance(told, str) and told.rpartition(":")[2].isdigit():
        at = f"elo://{told.rpartition('@')[2]}"
        visitor = await Peer.dial(stage, tag="at the told address", at=at)
        await visitor.say(visitor.hello())
        await visitor.await_type("hello_ack")


async def _told_of(stage: Stage, prefix: str) -> Any:
    """Return where a target that has dialled the first can be reached, once that is told."""
    told = None
    for _ in range(LOOKS):
        newcomer = await Peer.greeted(stage, tag="who asks where it is")
        if (told := entry_of(newcomer, prefix).get("addr")) is not None:
            break
        await newcomer.quiet()
    return told


@scenario()
async def registering(stage: Stage) -> None:
    """Have a second target register after it has connected to the first, and hear of it."""
    await register_late(stage, await neighbour(stage))


async def register_late(stage: Stage, other: Instance, *, after: float = 0.0) -> str:
    """Have a target register while it has a peer of the kit's; return the target's id."""
    peer = await Peer.greeted(stage, tag="a peer of who registers", at=other.url)
    await peer.quiet(after)
    await other.call("register", **LATE)
    stage.note("registered", **LATE)
    await peer.await_type("interest_update")
    await peer.quiet()
    return str(peer.ack.get("node_id"))


@scenario(exclusive=True)
async def late_capabilities(stage: Stage) -> None:
    """Ask the first target what a second offers that has registered after it had connected.

    Exclusive: a target that is busy with others falls silent later.
    """
    name = await register_late(stage, await neighbour(stage), after=SETTLED)

    async def look() -> Any:
        return entry_of(await look_around(stage, "who asks what is offered"), name[:12])

    told = await stage.until(look, lambda entry: LATE["agents"][0] in str(entry), within=COMES / 2)
    stage.note("told of who registered late", **told)


@scenario(exclusive=True)
async def dialling_each_other(stage: Stage) -> None:
    """Have pairs of targets dial each other at the same moment, and do tasks for each other.

    Exclusive: nobody else may be there who could pass the tasks on.
    """
    if not stage.can(DIAL):
        raise NotObserved(f"needs the driver method `{DIAL}`, which this target does not offer")
    own = await Peer.greeted(stage, tag="a peer of the one")
    others = [await stage.another() for _ in range(PAIRS)]
    await asyncio.gather(*(meet(stage, own, other, number) for number, other in enumerate(others)))


async def meet(stage: Stage, own: Peer, other: Instance, number: int) -> None:
    """Have a target and another dial each other, then send tasks both ways."""
    here, there = await crossing(stage, stage.instance.url, other.url)
    await asyncio.gather(
        stage.call(DIAL, address=here, within=COMES),
        other.call(DIAL, address=there, within=COMES),
    )
    await own.quiet()
    theirs = await Peer.greeted(stage, tag=f"a peer of the other {number}", at=other.url)
    for asker, target in ((own, theirs), (theirs, own)):
        await errand(asker, "across", target=str(target.ack.get("node_id")))
