"""Conversations in which a task of the target's finds its way, or finds none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer
from conformance.elo.errands import errand, need_errands
from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.scenarios_queries import settled
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet
from reference.elo.identity import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener

DONE = "it is done"
WITHIN = 1.0  # seconds that an answer to a query, or a result, is waited for where that can be set
RELAY = "relay"
DEAD = "127.0.0.1:1"  # where nobody listens; a port that was left may be somebody else's by now
KINDS = ("agents", "models", "tools")
MALFORMED: Mapping[str, Any] = {
    "no array": "nobody",
    "null": None,
    "texts": ["x@127.0.0.1:1"],
    "an address that is a number": [{"addr": 5, "node_id": "x" * 12, "caps": []}],
    "capabilities that are a text": [{"addr": "x@127.0.0.1:1", "node_id": "x" * 12, "caps": "x"}],
}


async def asker_of(stage: Stage) -> Peer:
    """Return a peer at whose wish the target sends tasks; raises NotObserved."""
    asker = await Peer.greeted(stage, tag="who asks")
    need_errands(asker)
    return asker


def asks(
    asker: Peer, about: str, capability: str, *, wait: str = "query_within", **task: Any
) -> asyncio.Task[dict[str, Any]]:
    """Have the target send a task, beside what the others do; ``wait`` may be waited for."""
    within = COMES + lasts(asker.stage, wait)
    asker.stage.note(f"begun: {about}")
    return asker.stage.beside(errand(asker, about, capability=capability, within=within, **task))


async def does(peer: Peer, capability: str, *, within: float = COMES) -> Message | None:
    """Wait for a task, and do it if it comes."""
    job = await peer.await_message(
        lambda each: each.type == "task" and each.body.get("capability") == capability,
        within=within,
    )
    if job is not None:
        await peer.say(peer.success(job.body.get("id"), DONE))
    return job


async def asked(peer: Peer, capability: str) -> str:
    """Wait until the target asks a peer who has a capability; return the id of the question."""
    query = await peer.await_message(
        lambda each: each.type == "query" and each.body.get("capability") == capability
    )
    return str(query.body.get("id")) if query is not None else ""


def node(place: str, name: str, *capabilities: str) -> dict[str, Any]:
    """Return what an answer says of somebody."""
    return {"addr": f"{name}@{place}", "node_id": name, "caps": list(capabilities)}


async def tell(peer: Peer, id: str, *nodes: Any) -> None:
    """Answer a question."""
    await peer.say({"type": "query_resp", "id": id, "nodes": list(nodes)})


async def visited(stage: Stage, listener: Listener, capability: str, *, tag: str) -> None:
    """Be dialled, if one is, and do what one is asked to."""
    tcp = await listener.accept(within=COMES)
    if tcp is None:
        return
    host = Peer(stage, tcp, tag=tag)
    if await host.await_type("hello") is not None:
        await host.say(answer(host, capability))
        await does(host, capability)


@scenario(exclusive=True)
async def by_name(stage: Stage) -> None:
    """Have a task sent to one of several that could do it, or pass it on."""
    asker = await asker_of(stage)
    wanted = stage.unique("assay-skill")
    rival = await Peer.greeted(stage, wanted, tag="a rival")
    tracker = await Peer.greeted(stage, RELAY, tag="a tracker")
    doer = await Peer.greeted(stage, wanted, tag="who is named")
    stage.note("by name", capability=wanted)
    asking = asks(asker, "a task by name", wanted, target=doer.identity.node_id)
    await does(doer, wanted)
    await settled(rival, tracker)
    await asking


@scenario()
async def by_capability(stage: Stage) -> None:
    """Have tasks sent for what peers told of, in each of the three kinds."""
    asker = await asker_of(stage)
    for kind in KINDS:
        wanted = stage.unique("assay-skill")
        caps: dict[str, Any] = {each: [] for each in KINDS} | {kind: [{"name": wanted}]}
        doer = await Peer.greeted(stage, caps=caps, tag=f"offers {kind}")
        stage.note(kind, capability=wanted)
        asking = asks(asker, f"a task for {kind}", wanted)
        await does(doer, wanted)
        await asking


@scenario(exclusive=True, bound=60.0)
async def nobody_knows(stage: Stage) -> None:
    """Have tasks sent for what nobody has, and leave the questions unanswered."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    others = [await Peer.greeted(stage, "assay-other", tag="is asked") for _ in range(2)]
    wanted = [stage.unique("assay-nothing") for _ in range(2)]
    stage.note("nobody knows", capabilities=wanted)
    asking = [asks(asker, "a task for nobody", each) for each in wanted]
    await asyncio.gather(*asking)
    await settled(*others)


@scenario(exclusive=True, bound=60.0)
async def nobody_else_is_there(stage: Stage) -> None:
    """Have a task sent where only its asker can be asked."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    await asks(asker, "a task for nobody", stage.unique("assay-nothing"))


@scenario(exclusive=True, bound=60.0)
async def told_where(stage: Stage) -> None:
    """Tell the target where somebody is who can."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    informant = await Peer.greeted(stage, tag="who knows")
    wanted, there = stage.unique("assay-far"), await stage.listen()
    stage.note("far away", capability=wanted, address=there.address)
    asking = asks(asker, "a task far away", wanted)
    id = await asked(informant, wanted)
    visiting = stage.beside(visited(stage, there, wanted, tag="far away"))
    await tell(informant, id, node(there.address, "f" * 12, wanted))
    await asking
    await visiting


@scenario(exclusive=True, bound=60.0)
async def told_of_itself(stage: Stage) -> None:
    """Answer that one can do it oneself, as published nodes do: at the asker's own address."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    doer = await Peer.greeted(stage, tag="names itself")
    wanted, prefix = stage.unique("assay-secret"), str(doer.ack.get("node_id"))[:PREFIX]
    asking = asks(asker, "by who names itself", wanted)
    itself = {"node_id": doer.prefix, "addr": f"{prefix}@{doer.address}"}
    await tell(doer, await asked(doer, wanted), itself)
    await does(doer, wanted)
    await asking


@scenario(exclusive=True, bound=90.0)
async def told_of_others(stage: Stage) -> None:
    """Tell the target first of somebody who cannot, then of nobody, then of somebody who can."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    informant = await Peer.greeted(stage, tag="who knows")
    wanted, there, wrong = stage.unique("assay-far"), await stage.listen(), await stage.listen()
    asking = asks(asker, "a task after others", wanted)
    id = await asked(informant, wanted)
    visiting = stage.beside(visited(stage, there, wanted, tag="who can"))
    await tell(informant, id, node(wrong.address, "w" * 12, "assay-another"))
    await tell(informant, id, node(there.address, "f" * 12, wanted))
    await asking
    await visiting
    stage.note("dialled in vain", times=wrong.arrivals)


@scenario(exclusive=True, bound=120.0)
async def told_badly(stage: Stage) -> None:
    """Answer questions badly, and then well."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    for name, nodes in MALFORMED.items():
        informant = await Peer.greeted(stage, tag=f"knows {name}")
        wanted, there = stage.unique("assay-far"), await stage.listen()
        asking = asks(asker, name, wanted)
        id = await asked(informant, wanted)
        visiting = stage.beside(visited(stage, there, wanted, tag=f"after {name}"))
        await informant.say({"type": "query_resp", "id": id, "nodes": nodes})
        await tell(informant, id, node(there.address, "f" * 12, wanted))
        try:
            await asking
        except Unmet:  # what the target says of it is no outcome
            stage.note(name, status="none", payload=None)
        visiting.cancel()
        await informant.vanish()


@scenario(exclusive=True, bound=60.0)
async def told_a_dead_address(stage: Stage) -> None:
    """Name somebody who is there no more, and somebody who is."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    informant = await Peer.greeted(stage, tag="who knows")
    wanted, there = stage.unique("assay-far"), await stage.listen()
    asking = asks(asker, "after a dead address", wanted)
    id = await asked(informant, wanted)
    visiting = stage.beside(visited(stage, there, wanted, tag="the next"))
    nodes = (node(DEAD, "d" * 12, wanted), node(there.address, "f" * 12, wanted))
    await tell(informant, id, *nodes)
    await asking
    await visiting


@scenario(exclusive=True, bound=60.0)
async def nowhere(stage: Stage) -> None:
    """Have tasks sent that no way leads to: to a stranger, and to a dead address."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    informant = await Peer.greeted(stage, tag="who knows")
    wanted = stage.unique("assay-far")
    stranger = fresh_identity().node_id
    await asks(asker, "a stranger", wanted, target=stranger)
    asking = asks(asker, "a dead address", wanted)
    await tell(informant, await asked(informant, wanted), node(DEAD, "d" * 12, wanted))
    await asking
