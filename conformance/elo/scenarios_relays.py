"""Conversations in which a task goes through a relay, or is let down by who has it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.errands import errand
from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import COMES, QUIET, Peer, fresh_identity
from conformance.elo.scenarios_queries import settled
from conformance.elo.scenarios_routing import DONE, RELAY, WITHIN, asker_of, asks, does
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

PATIENT = 6.0  # seconds that a result is waited for, where it must show that nobody waits so long
REFUSAL = {"status": "error", "error": {"code": "ASSAY_CODE", "message": "assay says no"}}
LIFE = 9  # seconds, which is no default


async def relays(tracker: Peer, *, nth: int = 1, payload: Any = DONE, **result: Any) -> None:
    """Wait for the nth request to relay, and answer it: well, or with other members."""
    count = 0

    def fits(each: Message) -> bool:
        nonlocal count
        count += each.type == "task" and each.body.get("capability") == RELAY
        return count == nth

    job = await tracker.await_message(fits, within=COMES + lasts(tracker.stage, "query_within"))
    if job is not None:
        await tracker.say(tracker.success(job.body.get("id"), payload, **result))


@scenario(exclusive=True)
async def through_a_relay(stage: Stage) -> None:
    """Have a task sent to somebody who is not there, while a rival and a tracker are."""
    asker = await asker_of(stage)
    wanted, hidden = stage.unique("assay-skill"), fresh_identity().node_id
    rival = await Peer.greeted(stage, wanted, tag="a rival")
    tracker = await Peer.greeted(stage, RELAY, tag="a tracker")
    payload = {"q": [1, "é"]}
    task: Any = {"target": hidden, "capability": wanted, "payload": payload, "ttl_s": LIFE}
    stage.note("to be relayed", **task)
    asking = stage.beside(errand(asker, "a relayed task", **task))
    await relays(tracker)
    await settled(rival)
    asking.cancel()


@scenario(exclusive=True)
async def answered_by_a_relay(stage: Stage) -> None:
    """Have tasks relayed, one with success and one without."""
    asker = await asker_of(stage)
    hidden = fresh_identity().node_id
    tracker = await Peer.greeted(stage, RELAY, tag="a tracker")
    asking = asks(asker, "a good relay", stage.unique("assay-skill"), target=hidden)
    await relays(tracker)
    await asking
    asking = asks(asker, "a refused relay", stage.unique("assay-skill"), target=hidden)
    await relays(tracker, nth=2, payload=None, **REFUSAL)
    await asking


@scenario(exclusive=True, bound=60.0)
async def relayed_in_the_end(stage: Stage) -> None:
    """Leave the question for a capability unanswered, and relay the task."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    tracker = await Peer.greeted(stage, RELAY, tag="a tracker in the end")
    wanted = stage.unique("assay-nothing")
    asking = asks(asker, "relayed in the end", wanted)
    await relays(tracker)
    await asking


@scenario(exclusive=True, bound=60.0)
async def no_result(stage: Stage) -> None:
    """Take a task and say nothing."""
    await at_pace(stage, result_within=WITHIN)
    asker = await asker_of(stage)
    wanted = stage.unique("assay-skill")
    doer = await Peer.greeted(stage, wanted, tag="says nothing")
    asking = asks(asker, "without a result", wanted, wait="result_within")
    await doer.job(wanted)
    await asking


@scenario(exclusive=True, bound=60.0)
async def gone_with_the_task(stage: Stage) -> None:
    """Take a task and go."""
    await at_pace(stage, result_within=PATIENT)
    asker = await asker_of(stage)
    wanted = stage.unique("assay-skill")
    doer = await Peer.greeted(stage, wanted, tag="goes with it")
    asking = asks(asker, "gone with the task", wanted, wait="result_within")
    await doer.job(wanted)
    await doer.vanish()
    await asking


@scenario(exclusive=True, bound=60.0)
async def no_longer_offered(stage: Stage) -> None:
    """Tell other capabilities, or go, and have tasks sent for the old and for the new ones."""
    await at_pace(stage, query_within=WITHIN)
    asker = await asker_of(stage)
    old, new, gone = (stage.unique("assay-skill") for _ in range(3))
    stage.note("offers", old=old, new=new, gone=gone)
    doer = await Peer.greeted(stage, old, tag="changes its mind")
    await doer.say({**doer.hello(new), "type": "hello_ack"})
    await settled(doer)
    goer = await Peer.greeted(stage, gone, tag="goes")
    await goer.half_close()
    await goer.closed()
    other = await Peer.greeted(stage, tag="who is asked instead")
    askers = [asker, await asker_of(stage), await asker_of(stage)]  # one task at a time of each
    asking = [
        asks(each, f"for the {name}", capability)
        for each, name, capability in zip(
            askers, ("old", "gone", "new"), (old, gone, new), strict=True
        )
    ]
    await does(doer, new)
    await asyncio.gather(*asking)
    await settled(other)
    await doer.quiet(QUIET)
