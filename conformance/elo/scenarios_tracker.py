"""Conversations with a tracker: who is there, and work that is passed on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer
from conformance.elo.errands import errand
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

RELAY, DISCOVERY = "relay", "discovery"
INNER = {"text": "é🚀", "numbers": [1, 2.5]}  # what is passed on
DONE = {"answer": "of the worker"}
CODE = "ASSAY_REFUSED"  # of a worker that fails
CROWD, AT_ONCE = 300, 50  # peers of ELO-TRK-10, and how many of them come at the same time
COMES_BACK = 10.0  # seconds; published nodes that come back do so after one


def relay_task(caller: Peer, target: str, capability: str, payload: Any) -> dict[str, Any]:
    """Return the task by which a tracker is asked to pass another on."""
    inner = {"target": target, "capability": capability, "payload": payload, "ttl_s": 30}
    return caller.task(RELAY, inner)


async def worker(stage: Stage, tag: str) -> Peer:
    """Be a peer that can be given work, and could also be dialled."""
    listener = await stage.listen()
    return await Peer.greeted(stage, tag=tag, listen=int(listener.address.rpartition(":")[2]))


async def given(peer: Peer, capability: str) -> Message | None:
    """Wait for the task that is passed on to a peer."""
    return await peer.await_message(
        lambda each: each.type == "task" and each.body.get("capability") == capability
    )


async def pass_on(caller: Peer, to: Peer, about: str, reply: Mapping[str, Any]) -> None:
    """Have a task passed on; ``reply`` replaces members of the result that is sent back."""
    wanted = caller.stage.unique("assay")
    task = relay_task(caller, to.identity.node_id, wanted, INNER)
    note = {"id": task["id"], "target": to.identity.node_id, "capability": wanted}
    caller.stage.note(about, **note)
    asking = asyncio.create_task(caller.give(task))
    job = await given(to, wanted)
    if job is not None:
        await to.say(to.success(job.body.get("id"), **{"payload": DONE, **reply}))
    await asking


@scenario(exclusive=True)
async def work_is_passed_on(stage: Stage) -> None:
    """Have a tracker pass work on: to who does it, to who fails, and to nobody.

    Exclusive: a tracker that knows another would ask that one to reach who is not there.
    """
    caller = await Peer.greeted(stage, tag="the caller")
    able = await worker(stage, "the worker")
    await pass_on(caller, able, "passed on", {})
    failure = {"status": "error", "payload": None, "error": {"code": CODE, "message": "no"}}
    await pass_on(caller, able, "failed there", failure)
    lost = relay_task(caller, fresh_identity().node_id, "echo", INNER)
    await caller.attempt("to nobody", lost)


@scenario()
async def work_is_answered_crosswise(stage: Stage) -> None:
    """Have two tasks of two callers passed on to one peer, which answers the second first."""
    able = await worker(stage, "the worker of two")
    callers = [await Peer.greeted(stage, tag=tag) for tag in ("the first", "the second")]
    asking, jobs = [], []
    for caller in callers:
        wanted = stage.unique("assay")
        task = relay_task(caller, able.identity.node_id, wanted, INNER)
        asking.append(asyncio.create_task(caller.give(task)))
        jobs.append(await given(able, wanted))
    for caller, job in reversed(list(zip(callers, jobs, strict=True))):
        if job is not None:
            await able.say(able.success(job.body.get("id"), {"for": caller.tag}))
    await asyncio.gather(*asking)


@scenario()
async def a_worker_goes(stage: Stage) -> None:
    """Have a task passed on to a peer that goes when it has got it."""
    caller = await Peer.greeted(stage, tag="the caller of who goes")
    able = await worker(stage, "who goes")
    wanted = stage.unique("assay")
    asking = asyncio.create_task(
        caller.give(relay_task(caller, able.identity.node_id, wanted, INNER))
    )
    if await given(able, wanted) is not None:
        stage.note("a worker went")
        await able.vanish()
    await asking


@scenario()
async def behind_a_socket(stage: Stage) -> None:
    """Be a peer that nobody can dial, and be sent work by its name."""
    asker = await Peer.greeted(stage, tag="who asks for it")
    hidden = await Peer.greeted(stage, tag="behind a socket")
    wanted, target = stage.unique("assay"), hidden.identity.node_id
    asking = asyncio.create_task(errand(asker, "behind", target=target, capability=wanted))
    job = await given(hidden, wanted)
    if job is not None:
        await hidden.say(hidden.success(job.body.get("id"), DONE))
    await asking


async def response(asker: Peer, id: str) -> Message | None:
    """Wait for the answer to a query."""
    return await asker.await_message(
        lambda each: each.type == "query_resp" and each.body.get("id") == id
    )


@scenario()
async def who_is_there(stage: Stage) -> None:
    """Ask a tracker for anybody, for what nobody has, for what it has itself; let others come."""
    able = await Peer.greeted(stage, "assay-known", tag="known")
    plain = await Peer.greeted(stage, tag="known as well")
    asker = await Peer.greeted(stage, tag="the asker")
    names = {"able": able.prefix, "plain": plain.prefix, "asker": asker.prefix}
    stage.note("who is there", **names)
    own = RELAY if RELAY in asker.offers else next(iter(sorted(asker.offers)), "echo")
    queries = {
        "anybody": "",
        "what nobody has": stage.unique("assay-nobody"),
        "what the tracker has": own,
    }
    for about, capability in queries.items():
        id = stage.unique("q")
        stage.note(about, id=id)
        await asker.say({"type": "query", "capability": capability, "id": id, "ttl": 1})
        await response(asker, id)
    newcomer = await Peer.greeted(stage, "assay-new", tag="a newcomer")
    stage.note("a newcomer", prefix=newcomer.prefix)
    await asker.quiet()


@scenario()
async def discovery(stage: Stage) -> None:
    """Give a tracker the task to tell whom it knows."""
    able = await Peer.greeted(stage, "assay-known", tag="who is known")
    asker = await Peer.greeted(stage, tag="who discovers")
    stage.note("who is known", prefix=able.prefix)
    asker.need(DISCOVERY)
    await asker.attempt("discovery", asker.task(DISCOVERY, {}))


@scenario(settings={"visibility": "unlisted"})
async def another_visibility(stage: Stage) -> None:
    """Greet a target that is neither public nor private."""
    await Peer.greeted(stage, tag="who is told nothing")


@scenario(exclusive=True, bound=90.0)
async def crowded(stage: Stage) -> None:
    """Come with very many peers, and then with one more."""
    crowd: list[Peer] = []
    while len(crowd) < CROWD:
        crowd += await asyncio.gather(*(_one_of_many(stage) for _ in range(AT_ONCE)))
    stage.note("the crowd", prefixes=[peer.prefix for peer in crowd])
    last = await Peer.dial(stage, tag="who comes last")
    await last.say(last.hello())
    await last.await_type("hello_ack")


async def _one_of_many(stage: Stage) -> Peer:
    peer = await Peer.dial(stage, tag="the crowd")
    await peer.say(peer.hello())
    await peer.await_type("hello_ack")
    return peer


@scenario(bound=60.0)
async def a_lost_tracker(stage: Stage) -> None:
    """Be the tracker that a target was started with, and go; wait for it to come again."""
    tracker = await stage.listen()
    starting = stage.beside(stage.another(peers=tracker.address))
    waiting = asyncio.create_task(tracker.accept(within=COMES))
    await asyncio.wait({waiting, starting}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done() and starting.exception() is not None:
        waiting.cancel()
        starting.result()
    if (tcp := await waiting) is None:
        return
    peer = Peer(stage, tcp, tag="the tracker")
    await peer.await_type("hello")
    await peer.say(answer(peer, RELAY))
    await starting
    stage.note("the tracker went")  # before it does: what is measured is never too short
    await peer.vanish()
    if (tcp := await tracker.accept(within=COMES_BACK)) is not None:
        stage.note("somebody came")
        back = Peer(stage, tcp, tag="the tracker again", identity=peer.identity)
        await back.await_type("hello")
        await back.say(answer(back, RELAY))
