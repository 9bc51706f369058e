"""Conversations in which a client says what it should not while its run is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempt, noted
from conformance.connectonion.peer import Caller, admitted
from conformance.connectonion.scenarios_ws_frames import NO_JSON, NO_OBJECT
from conformance.connectonion.talk import ENDS, Talk
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

FIRST, AGAIN, SECOND = "the first run", "the second prompt once more", "a second prompt"
ORDERS = "an order during a run"
SLEEP = 0.4  # seconds of the run


@scenario()
async def second_prompt(stage: Stage) -> None:
    """Send a prompt while another is being worked on, and once more afterwards."""
    caller = await admitted(stage)
    talk = await Talk.open(caller, tag="two prompts")
    await talk.caller.meet_the_profile()
    first, second = stage.unique("session"), stage.unique("session")
    sent = await talk.say(talk.input(f"sleep:{SLEEP}", session={"session_id": first}))
    late = talk.input(SECOND, session={"session_id": second})
    await talk.say(late)
    noted(talk, FIRST, sent, await talk.hear("OUTPUT", after=sent.number))
    await talk.quiet()
    await caller.record(second, tag=SECOND)
    await attempt(talk, AGAIN, late)


@scenario()
async def odd_frames_during_runs(stage: Stage) -> None:
    """Send JSON that is no object, and no JSON, during runs on connections of their own."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    talks = {name: await Talk.open(caller, tag=name) for name in (*NO_OBJECT, *NO_JSON)}
    begun = {}
    for name, talk in talks.items():
        begun[name] = await talk.say(talk.input(f"sleep:{SLEEP}"))
        await talk.say({**NO_OBJECT, **NO_JSON}[name])
    for name, talk in talks.items():
        sent = begun[name]
        noted(talk, f"during: {name}", sent, await talk.hear("OUTPUT", after=sent.number))


@scenario()
async def order_during_a_run(stage: Stage) -> None:
    """Be an admin, and order something while a run is under way; and once it is over."""
    caller = await admitted(stage)
    talk = await Talk.open(caller, tag="orders")
    await talk.caller.meet_the_profile()
    await _named_admin(stage, caller)
    client = Caller(stage).address
    sent = await talk.say(talk.input(f"sleep:{SLEEP}"))
    await talk.say(talk.order("PROMOTE", client))
    noted(talk, ORDERS, sent, await talk.hear(*ENDS, after=sent.number))
    await attempt(talk, f"{ORDERS}: level", talk.order("GET_LEVEL", client))


async def _named_admin(stage: Stage, caller: Caller) -> None:
    """Make a caller an admin, through the driver or by the super admin."""
    if stage.can("set_admin"):
        await stage.call("set_admin", client_id=caller.address)
        return
    talk = await Talk.open(Caller.holding(stage, "super_admin_key"), tag="naming an admin")
    told = await talk.ask(talk.order("ADD", caller.address), "ADMIN_RESULT", "ERROR")
    if told is None or told.type == "ERROR":
        raise Unmet("the super admin could not name an admin")
