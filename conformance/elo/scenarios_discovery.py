"""Conversations in which the target is made to ask who is there, or to send and not to wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.elo.peer import QUIET, Peer
from conformance.elo.scenarios_queries import settled
from conformance.elo.scenarios_routing import asked, node, tell
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

DISCOVER, SEND_ASYNC = "discover", "send_task_async"
WITHIN = 2.5  # seconds that answers are gathered
NEAR, FAR = "near-assay-x", "far-assay-xx"  # 12 characters, as answers tell of an id


@scenario(exclusive=True)
async def discovering(stage: Stage) -> None:
    """Have the target ask who is there; one peer answers at once, the other a little later."""
    if not stage.can(DISCOVER):
        raise NotObserved(f"needs the driver method `{DISCOVER}`, which this target does not offer")
    first = await Peer.greeted(stage, tag="answers first")
    second = await Peer.greeted(stage, tag="answers later")
    asking = stage.beside(stage.call(DISCOVER, seconds=WITHIN))
    await tell(first, await asked(first, ""), node("192.0.2.1:7878", NEAR))
    await second.quiet(QUIET)
    await tell(second, await asked(second, ""), node("192.0.2.2:7878", FAR))
    stage.note("found", nodes=await asking)


@scenario(exclusive=True)
async def sent_and_not_waited_for(stage: Stage) -> None:
    """Have a task sent without waiting, for what no peer told of, then for what one did."""
    if not stage.can(SEND_ASYNC):
        raise NotObserved(
            f"needs the driver method `{SEND_ASYNC}`, which this target does not offer"
        )
    nothing, wanted = stage.unique("assay-nothing"), stage.unique("assay-skill")
    peers = [await Peer.greeted(stage, tag="cannot do it") for _ in range(3)]
    able = await Peer.greeted(stage, wanted, tag="can do it")
    stage.note("not waited for", nothing=nothing, capability=wanted)
    for capability in (nothing, wanted):
        await stage.call(SEND_ASYNC, capability=capability, payload=1)
    await able.job(wanted)
    await asyncio.gather(*(settled(peer) for peer in peers))
    await able.quiet()
