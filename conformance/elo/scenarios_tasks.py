"""Conversations in which the target does tasks, or refuses to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.errands import ASK
from conformance.elo.peer import COMES, QUIET, Peer
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet
from reference.elo.signing import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

SLOW = 1.0  # seconds that a slow task takes
LONG_AGO = 1  # seconds since the epoch
PAYLOADS: Mapping[str, Any] = {
    "a text": "é🚀 \u2028 \x7f",
    "null": None,
    "true": True,
    "an empty object": {},
    "an array": [[], {}, [1, [2]]],
    "integers": [0, -1, 2**70],
    "floats": [1.0, -0.0, 1e16, 1e-05, 0.1],
    "odd keys": {"": 1, "é": {"type": "task", "signature": "x"}},
}
WRONG_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "an id that is a number": {"id": 5},
    "an id that is an object": {"id": {"a": [1]}},
    "a target that is a number": {"target": 5},
    "a target that is an array": {"target": ["x"]},
    "a capability that is a number": {"capability": 5},
    "a capability that is an object": {"capability": {"name": "echo"}},
    "a capability that is an array": {"capability": ["echo"]},
    "a timestamp that is a text": {"timestamp": "now"},
    "a timestamp that is true": {"timestamp": True},
    "a ttl_s that is a text": {"ttl_s": "soon"},
    "a ttl_s that is an object": {"ttl_s": {}},
    "a protocol that is a number": {"protocol": 1},
}


@scenario()
async def tasks_are_done(stage: Stage) -> None:
    """Give tasks with payloads of every kind."""
    peer = await Peer.greeted(stage, tag="echo")
    await peer.attempt("an echo", peer.task("echo", {"a": [1]}))
    for name, payload in PAYLOADS.items():
        task = sign({**peer.task(), "payload": payload}, peer.identity)
        await peer.attempt(f"payload: {name}", task)
    await peer.quiet()

    leaving = await Peer.greeted(stage, tag="after a bye")
    await leaving.say({"type": "bye"})
    await leaving.attempt("after a bye", leaving.task())


@scenario()
async def handler_raises(stage: Stage) -> None:
    """Have the handler fail, then give another task."""
    peer = await Peer.greeted(stage, tag="raise")
    peer.need("raise")
    await peer.attempt("a failure", peer.task("raise", {"message": "assay says no"}))
    await peer.attempt("after a failure", peer.task())


@scenario()
async def handler_returns_nothing(stage: Stage) -> None:
    """Have the handler return null."""
    peer = await Peer.greeted(stage, tag="none")
    peer.need("none")
    await peer.attempt("nothing", peer.task("none"))


@scenario()
async def handler_returns_no_json(stage: Stage) -> None:
    """Have the handler return what JSON does not know."""
    peer = await Peer.greeted(stage, tag="object")
    peer.need("object")
    await peer.attempt("no JSON", peer.task("object"))
    await peer.attempt("after no JSON", peer.task())


@scenario(settings={"handler": False})
async def no_handler(stage: Stage) -> None:
    """Give a task to a target that has no handler."""
    peer = await Peer.greeted(stage, tag="no handler")
    await peer.attempt("no handler", peer.task())


@scenario()
async def odd_tasks(stage: Stage) -> None:
    """Give tasks with too few members, and with members of wrong types."""
    bare = await Peer.greeted(stage, tag="bare")
    await bare.attempt("a bare task", {"type": "task"})
    await bare.attempt("after a bare task", bare.task())
    peer = await Peer.greeted(stage, tag="wrong members")
    for name, members in WRONG_MEMBERS.items():
        await peer.attempt(name, peer.task(**members))
    await peer.attempt("after wrong members", peer.task())


@scenario()
async def refused_tasks(stage: Stage) -> None:
    """Give tasks for others, for what nobody can, and too late; and the same tasks as they are."""
    peer = await Peer.greeted(stage, tag="refused")
    node_id = str(peer.ack.get("node_id"))
    now = int(stage.now())
    await peer.attempt("for another", peer.task(target=peer.identity.node_id))
    await peer.attempt("for another prefix", peer.task(target=peer.prefix))
    await peer.attempt("for itself", peer.task(target=node_id))
    await peer.attempt("for its prefix", peer.task(target=node_id[:12]))
    await peer.attempt("an unknown capability", peer.task(stage.unique("assay-unknown")))
    await peer.attempt("a known capability", peer.task("echo"))
    await peer.attempt("long over", peer.task(timestamp=LONG_AGO))
    await peer.attempt("over", peer.task(timestamp=now - 100, ttl_s=60))
    await peer.attempt("not over", peer.task(timestamp=now - 30, ttl_s=60))


@scenario()
async def repeated_tasks(stage: Stage) -> None:
    """Repeat a task on its connection and on another, and count how often it is done."""
    doer = await Peer.greeted(stage, tag="who counts")
    asker = await Peer.greeted(stage, tag="repeated")
    asker.need(ASK)
    wanted = stage.unique("assay")
    errand = {"target": doer.identity.node_id, "capability": wanted, "payload": 1, "ttl_s": 60}
    task = asker.task(ASK, errand)
    stage.note("repeated", capability=wanted)

    async def serve() -> None:
        done: list[Any] = []
        while job := await doer.await_message(
            lambda each: each.body.get("capability") == wanted and each.body["id"] not in done
        ):
            done.append(job.body["id"])
            await doer.say(doer.success(job.body["id"], len(done)))

    stage.beside(serve())
    if await asker.give(task) is None:
        raise Unmet("the task was not answered the first time")
    await asker.say(task)
    other = await Peer.greeted(stage, tag="repeated elsewhere")
    await other.say(task)
    await other.quiet(2 * QUIET)


@scenario()
async def side_by_side(stage: Stage) -> None:
    """Give a slow task and a fast one, on one connection and on two."""
    peer = await Peer.greeted(stage, tag="slow and fast")
    peer.need("slow")
    other = await Peer.greeted(stage, tag="another connection")
    slow, fast = peer.task("slow", {"s": SLOW}), peer.task("echo", "fast")
    stage.note("in order", ids=[slow["id"], fast["id"]])
    await peer.say(slow)
    await other.attempt("meanwhile", other.task("echo", "meanwhile"))
    await peer.say(fast)
    await peer.result(fast["id"])
    await peer.result(slow["id"])


@scenario()
async def asked_back(stage: Stage) -> None:
    """Have the target ask a peer for something while it does that peer's task."""
    peer = await Peer.greeted(stage, tag="asked back")
    peer.need(ASK)
    wanted = stage.unique("assay")
    errand = {"target": peer.identity.node_id, "capability": wanted, "payload": 1, "ttl_s": 60}
    asking = asyncio.create_task(peer.attempt("asked back", peer.task(ASK, errand)))
    job = await peer.await_message(lambda each: each.body.get("capability") == wanted)
    if job is not None:
        await peer.say(peer.success(job.body.get("id"), "answered meanwhile"))
    async with asyncio.timeout(2 * COMES):
        await asking
