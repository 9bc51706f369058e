"""Conversations about frames: whole, cut, glued together, and bytes that are none."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from conformance.elo import broken
from conformance.elo.peer import Peer
from conformance.elo.wire import MAX_PAYLOAD, framed, written
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

TEXT = "é🚀 ☃"
PROMPT = 1.0  # seconds within which a connection that must end has ended
APART = 0.004  # seconds between two bytes, so that they arrive one by one
PATIENCE = 5.0  # seconds of ELO-FRAME-14


@scenario()
async def frames_come_in_any_pieces(stage: Stage) -> None:
    """Cut and glue good frames."""
    slow = await Peer.dial(stage, tag="byte by byte")
    for byte in framed(written(slow.hello())):
        await slow.send(bytes([byte]))
        await asyncio.sleep(APART)
    await slow.await_type("hello_ack")

    eager = await Peer.dial(stage, tag="before the ack")
    await eager.throw(_frames(eager.hello(), eager.task("echo", "eager")))
    await eager.await_type("result")

    three = await Peer.greeted(stage, tag="three at once")
    tasks = [three.task("echo", number) for number in range(3)]
    stage.note("three tasks", ids=[task["id"] for task in tasks])
    await three.throw(_frames(*tasks))
    for task in tasks:
        await three.result(task["id"])


def _frames(*messages: Mapping[str, object]) -> bytes:
    return b"".join(framed(written(message)) for message in messages)


@scenario()
async def json_is_spelled_in_any_way(stage: Stage) -> None:
    """Write the same task differently, and the longest frame that there is."""
    peer = await Peer.greeted(stage, tag="spelling")
    task = peer.task("slow", {"é": [1, "/"], "s": 0})
    variants = {
        "spaced": json.dumps(task, indent=2).replace("\n", "\r\n\t"),
        "escaped": json.dumps(task, ensure_ascii=True).replace("/", "\\/"),
        "reversed": json.dumps(dict(reversed(task.items())), ensure_ascii=False),
    }
    for name, spelled in variants.items():
        own = await Peer.greeted(stage, tag=name, identity=peer.identity)
        again = own.task("slow", {"é": [1, "/"], "s": 0}, timestamp=task["timestamp"])
        for member in ("id", "signature"):
            spelled = spelled.replace(task[member], again[member])  # noqa: PLW2901
        await own.throw(framed(spelled.encode()))
        await own.result(again["id"])

    twice = await Peer.greeted(stage, tag="a key twice")
    last = twice.task("echo", 1)
    await twice.throw(framed(b'{"id": "first", ' + written(last)[1:]))
    await twice.await_type("result")
    stage.note("the last id", id=last["id"])

    long = await Peer.greeted(stage, tag="the longest")
    await long.send(framed(b'{"type": "noise"}'.ljust(MAX_PAYLOAD)))
    await long.give(long.task("echo", "after the longest"))

    writer = await Peer.greeted(stage, tag="not ASCII")
    await writer.give(writer.task("echo", TEXT))

    half = await Peer.greeted(stage, tag="half closed")
    task = half.task("slow", {"s": 0.2})
    await half.say(task)
    await half.half_close()
    await half.result(task["id"])
    await half.closed()


@scenario(exclusive=True)
async def what_is_no_frame_ends_its_connection(stage: Stage) -> None:
    """Send bytes that are no frames before and after a hello, while others work."""
    bystander = await Peer.greeted(stage, tag="bystander")
    cases = {
        "too long": broken.TOO_LONG,
        "the longest header": broken.LONGEST_HEADER,
        "no length": broken.NO_LENGTH,
        **broken.NO_JSON,
        **broken.NO_UTF8,
        **broken.NO_OBJECT,
        **broken.OTHER_TALK,
    }
    for name, data in cases.items():
        stranger = await Peer.dial(stage, tag=name)
        await stranger.throw(data)
        await stranger.closed()
        known = await Peer.greeted(stage, tag=f"{name}, greeted")
        await known.throw(data)
        await known.closed()
    await bystander.give(bystander.task("echo", "still here"))

    cut = await Peer.dial(stage, tag="truncated")
    await cut.throw(broken.TRUNCATED)
    await cut.half_close()
    await cut.closed()


@scenario(exclusive=True)
async def what_is_nested_too_deep(stage: Stage) -> None:
    """Send what no reader can read, and see whether others are still served."""
    deep = await Peer.greeted(stage, tag="deep")
    await deep.send(broken.NESTED)
    await deep.closed(within=PROMPT)
    other = await Peer.greeted(stage, tag="after the deep one")
    await other.give(other.task("echo", "alive"))


@scenario(bound=20.0)
async def half_a_frame_is_waited_for(stage: Stage) -> None:
    """Begin a frame and say nothing more."""
    peer = await Peer.dial(stage, tag="half a frame")
    await peer.throw(framed(written(peer.hello()))[:9])
    await peer.quiet(PATIENCE)


@scenario()
async def results_that_no_frame_can_carry(stage: Stage) -> None:
    """Have the target return what is too long, or no text."""
    peer = await Peer.greeted(stage, tag="impossible results")
    offered = {item.get("name") for item in peer.ack.get("caps", {}).get("agents", [])}
    if missing := {"big", "half"} - offered:
        raise NotObserved(f"the target offers no {', '.join(sorted(missing))} (see fixtures/nodes)")
    for capability in ("big", "half"):
        task = peer.task(capability, {"size": 2 * MAX_PAYLOAD})
        stage.note("impossible", id=task["id"])
        await peer.give(task)
    await peer.give(peer.task("echo", "and after that"))


@scenario(settings={"hello_within": 1.0}, bound=20.0)
async def nobody_greets(stage: Stage) -> None:
    """Connect, say nothing, and wait."""
    peer = await Peer.dial(stage, tag="no hello")
    await peer.closed(within=3 * float(stage.need("hello_within")) + 5)
