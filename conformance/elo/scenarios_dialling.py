"""Conversations in which the target dials, and is answered well, badly or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer, arrival, be_dialled, has_dial
from conformance.elo.peer import COMES, QUIET, Peer
from conformance.elo.wire import framed, written
from conformance.kit.judging.suite import scenario
from conformance.kit.targets.driver import DriverError, DriverRefused
from conformance.kit.targets.instance import TargetError
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener
    from conformance.kit.wire.tcp import Tcp

BEFORE_THE_ACK = 1.0  # seconds of ELO-HELLO-23
ACK_WITHIN = 5.0  # seconds of ELO-HELLO-24
TROUBLE = (Unmet, TargetError, DriverError, DriverRefused)  # of a target that is in trouble
KNOWN = "abcdefghijkl"  # the first characters of somebody's id
WRONG_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "an event": {"type": "event", "event_type": "node.online", "data": {}, "id": "e"},
    "a hello": {"type": "hello", "node_id": "x" * 43, "caps": {}, "interests": []},
    "a result": {"type": "result", "id": "t", "status": "success"},
    "no type": {"node_id": "x" * 43},
}
MALFORMED: Mapping[str, Any] = {
    "a brace": b"{",
    "an array": b"[]",
    "a node_id that is a number": {"node_id": 5},
    "caps null": {"caps": None},
    "interests null": {"interests": None},
    "known_peers of texts": {"known_peers": ["x@127.0.0.1:1"]},
    "an address that is a number": {"known_peers": [{"addr": 5}]},
}


@scenario()
async def answered_well(stage: Stage) -> None:
    """Let the target wait for its answer, then name somebody else in it."""
    known = await stage.listen()
    peer = await be_dialled(stage, tag="answered well")
    await peer.quiet(BEFORE_THE_ACK)
    entry = {"addr": f"{KNOWN}@{known.address}", "node_id": KNOWN, "caps": [], "interests": []}
    await peer.say(answer(peer, known_peers=[entry]))
    stage.note("a known peer", address=known.address)
    tcp = await known.accept(within=COMES)
    if tcp is not None:
        other = Peer(stage, tcp, tag="the known peer")
        await other.await_type("hello")
    await peer.give(peer.task())
    await peer.quiet()


@scenario(bound=40.0)
async def not_answered(stage: Stage) -> None:
    """Say nothing to who dials."""
    peer = await be_dialled(stage, tag="not answered")
    await peer.closed(within=3 * ACK_WITHIN)


@scenario()
async def answered_with_something_else(stage: Stage) -> None:
    """Answer a hello with other frames."""
    for name, frame in WRONG_ANSWERS.items():
        peer = await be_dialled(stage, tag=name)
        await peer.say(frame)
        await peer.closed(within=ACK_WITHIN / 2)


@scenario(exclusive=True)
async def answered_badly(stage: Stage) -> None:
    """Answer a hello with what is no good hello_ack, then be dialled again elsewhere."""
    for name, flaw in MALFORMED.items():
        bad, good = await stage.listen(), await stage.listen()
        dialling = has_dial(stage, bad.address, good.address)
        peer = await arrival(stage, bad, dialling, tag=name)
        if isinstance(flaw, bytes):
            await peer.throw(framed(flaw))
        else:
            await peer.throw(framed(written({**answer(peer), **flaw})))
        try:
            after = await arrival(stage, good, dialling, tag=f"after {name}")
        except TROUBLE:
            continue  # the check says so
        await after.say(answer(after))
        await after.give(after.task())


async def once_more(listener: Listener, dialling: asyncio.Task[Any]) -> Tcp | None:
    """Return the next connection, or None when the target is done and does not dial again."""
    waiting = asyncio.create_task(listener.accept(within=COMES))
    await asyncio.wait({waiting, dialling}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({waiting}, timeout=QUIET)
    if not waiting.done():
        waiting.cancel()
        return None
    return waiting.result()


@scenario(exclusive=True)
async def dialled_twice(stage: Stage) -> None:
    """Be dialled at the same address twice, then ask for work wherever a connection is left.

    Exclusive: a target that others know tells them the address, and they would dial it as well.
    """
    listener = await stage.listen()
    dialling = has_dial(stage, listener.address, listener.address)
    first = await arrival(stage, listener, dialling, tag="dialled twice")
    await first.say(answer(first))
    peers = [first]
    tcp = await once_more(listener, dialling)
    if tcp is not None:
        second = Peer(stage, tcp, tag="dialled twice", identity=first.identity)
        await second.await_type("hello")
        await second.say(answer(second))
        peers.append(second)
    await first.quiet()
    for peer in peers:
        if not peer.ended.is_set():
            await peer.give(peer.task())
