"""Conversations about who is still there: heartbeats, silence, leave-taking, and coming back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer, arrival
from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import COMES, QUIET, Peer
from conformance.elo.scenarios_greeting import look_around
from conformance.elo.scenarios_queries import settled
from conformance.kit.judging.suite import scenario
from conformance.kit.running.stage import Unreachable
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

BEATS = 4  # heartbeats that are waited for
INTERVAL = 0.7  # seconds between them, where that can be set
IDLE = 2.0  # seconds of silence after which a peer is let go, where that can be set
PULSE = 2 / 9  # of that time: a heartbeat every 20 seconds where 90 are allowed
SAID = 5  # heartbeats that a peer sends at once
STOPS_WITHIN = 5.0  # seconds of ELO-LIFE-11
RECONNECT = "reconnect"
UNKNOWN: Mapping[str, Mapping[str, Any]] = {
    "an unknown type": {"type": "x-assay-unknown", "id": "u", "data": {"a": 1}},
    "another case": {"type": "TASK", "id": "u"},
    "no type": {"id": "u"},
    "null": {"type": None},
    "a number": {"type": 5},
    "an array": {"type": ["task"]},
    "an object": {"type": {"name": "task"}},
    "nothing at all": {},
}
EVENT = {"type": "event", "event_type": "assay.happened", "data": {}, "protocol": "elo.v1"}


@scenario(exclusive=True, bound=60.0)
async def beating(stage: Stage) -> None:
    """Listen to the heartbeats of a target that two peers have greeted."""
    await at_pace(stage, heartbeat_interval=INTERVAL)
    peers = [await Peer.greeted(stage, tag=tag) for tag in ("hears it", "hears it as well")]
    within = (BEATS + 1) * lasts(stage, "heartbeat_interval") + COMES
    await asyncio.gather(*(beats(peer, within=within) for peer in peers))


async def beats(peer: Peer, *, within: float) -> None:
    """Wait for so many heartbeats."""
    count = 0

    def last(each: Message) -> bool:
        nonlocal count
        count += bool(each.type == "heartbeat")
        return count == BEATS

    await peer.await_message(last, within=within)


@scenario()
async def beaten_to(stage: Stage) -> None:
    """Send heartbeats, and then ask for work."""
    peer = await Peer.greeted(stage, tag="sends heartbeats")
    for _ in range(SAID):
        await peer.say(heartbeat(peer))
    await settled(peer)
    await peer.quiet()


def heartbeat(peer: Peer) -> dict[str, Any]:
    """Return a heartbeat of a peer."""
    return {
        "type": "heartbeat",
        "node_id": peer.identity.node_id,
        "ts": int(peer.stage.now()),
    }


@scenario(exclusive=True, bound=150.0)
async def silence(stage: Stage) -> None:
    """Have one peer say nothing, and another nothing but heartbeats."""
    await at_pace(stage, heartbeat_interval=INTERVAL / 2, idle_limit=IDLE)
    silent = await Peer.greeted(stage, tag="says nothing")
    loyal = await Peer.greeted(stage, tag="only beats")
    idle = lasts(stage, "idle_limit")
    beating = stage.beside(keeps_beating(loyal, every=PULSE * idle))
    await silent.closed(within=idle + lasts(stage, "heartbeat_interval") + COMES)
    await loyal.quiet(QUIET)
    beating.cancel()
    await settled(loyal)


async def keeps_beating(peer: Peer, *, every: float) -> None:
    """Send heartbeats without an end."""
    while True:
        await peer.say(heartbeat(peer))
        await asyncio.sleep(every)


@scenario()
async def online(stage: Stage) -> None:
    """Be dialled by a target that starts, and hear that it is there."""
    listener = await stage.listen()
    starting: asyncio.Task[Any] = stage.beside(stage.another(peers=listener.address))
    peer = await arrival(stage, listener, starting, tag="is dialled at the start")
    await peer.say(answer(peer))
    await peer.await_type("event")
    await peer.quiet()


@scenario()
async def events(stage: Stage) -> None:
    """Tell of events, and hear whether anybody is told of them."""
    other = await Peer.greeted(stage, tag="hears of events")
    peer = await Peer.greeted(stage, tag="tells events")
    id = stage.unique("event")
    stage.note("the events", id=id)
    for _ in range(2):
        await peer.say({**EVENT, "id": id, "timestamp": int(stage.now())})
    await settled(peer, other)


@scenario(restarts=True)
async def stopping(stage: Stage) -> None:
    """Stop a target that has two peers, while somebody has not greeted."""
    await stage.restart()
    silent = await Peer.dial(stage, tag="has not greeted")
    for tag in ("is there at the end", "is there as well"):
        await settled(await Peer.greeted(stage, tag=tag))
    stage.note("is told to stop")
    stopping = stage.beside(stage.restart())
    await asyncio.wait({stopping}, timeout=STOPS_WITHIN + COMES)
    stage.note("has stopped", done=stopping.done())
    await silent.vanish()
    await stopping


@scenario()
async def leave_taking(stage: Stage) -> None:
    """Say bye and stay; then see whom newcomers are told of."""
    await Peer.greeted(stage, "assay-stays", tag="who stays")
    leaver = await Peer.greeted(stage, "assay-leaves", tag="who says bye")
    stage.note("who says bye", prefix=leaver.prefix)
    await look_around(stage, "before they go")
    await leaver.say({"type": "bye"})
    await leaver.quiet(2 * QUIET)
    await look_around(stage, "after they went")


@scenario()
async def unknown_messages(stage: Stage) -> None:
    """Say what nobody knows, on a connection for each, and ask for work afterwards."""
    for name, message in UNKNOWN.items():
        peer = await Peer.greeted(stage, tag=name)
        await peer.say(message)
        await settled(peer)


@scenario(exclusive=True)
async def reconnecting(stage: Stage) -> None:
    """Have the target disconnect and connect again, and greet it before and after."""
    if not stage.can(RECONNECT):
        raise NotObserved(
            f"needs the driver method `{RECONNECT}`, which this target does not offer"
        )
    before = await Peer.greeted(stage, tag="before it reconnects")
    await stage.call(RECONNECT)
    stage.note("has reconnected", url=stage.instance.url)
    await before.closed()
    with contextlib.suppress(Unreachable):
        after = await Peer.dial(stage, tag="after it reconnected")
        await after.say(after.hello())
        await after.await_type("hello_ack")
