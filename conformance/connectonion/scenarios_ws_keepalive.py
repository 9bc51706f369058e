"""Conversations that last: long runs, silent peers, and hosts that stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempt, noted
from conformance.connectonion.peer import COMES, Caller, admitted
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG_RUN = "a run of nearly three intervals"
INTERVAL = 30.0  # seconds between two PINGs, unless the target says otherwise
DEAD, ALIVE, AFTERWARDS = "a peer that is gone", "a peer that is there", "it is still heard"
DEAD_AFTER = 60.0  # seconds
SOON = 4.0  # seconds after which a reference host lets a dead peer go
STOPPED = ("an idle connection", "a connection with a run")
LONGEST = DEAD_AFTER + 2 * COMES


@scenario(bound=45.0)
async def long_run(stage: Stage) -> None:
    """Have a long run, and answer no PING."""
    interval = float(stage.facts.get("ping_interval", INTERVAL))
    talk = await Talk.open(await admitted(stage), tag="long")
    await talk.caller.meet_the_profile()
    lasts = 2.9 * interval
    sent = await talk.say(talk.input(f"sleep:{lasts}"))
    output = await talk.hear("OUTPUT", "ERROR", after=sent.number, within=lasts + COMES)
    noted(talk, LONG_RUN, sent, output)


@scenario(bound=LONGEST)
async def dead_peer(stage: Stage) -> None:
    """Leave a connection open without an answer to anything; beside one that answers."""
    at, within = "", DEAD_AFTER
    try:
        instance = await stage.another(trust="open", dead_after=SOON)
        at, within = instance.url, SOON
    except NotObserved:
        pass  # then it takes as long as it takes
    caller = Caller(stage, at=at) if at else await admitted(stage)
    dead, alive = await Talk.open(caller, tag=DEAD), await Talk.open(caller, tag=ALIVE)
    dead.socket.mute = True
    await dead.closed(within=within + COMES)
    await attempt(alive, AFTERWARDS, alive.input())


@scenario()
async def host_stops(stage: Stage) -> None:
    """Stop a host that has connections, one of them with a run."""
    instance = await stage.another(trust="open")
    caller = Caller(stage, at=instance.url)
    talks = [await Talk.open(caller, tag=tag) for tag in STOPPED]
    await talks[0].done()
    begun = await talks[1].say(talks[1].input("ask:anything"))
    await talks[1].hear("ask_user", "OUTPUT", after=begun.number)
    await instance.stop()
    for talk in talks:
        await talk.closed()
