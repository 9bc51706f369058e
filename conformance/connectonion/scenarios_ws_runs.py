"""Conversations in which the agent works for a client on a WebSocket, or for one who has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempt, noted
from conformance.connectonion.peer import COMES, admitted
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from conformance.connectonion.peer import Caller
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

PROMPTS = ("one", "two", "three")
EVENTS, AFTER_EVENTS = "a run with events", "after a run with events"
FAILURE, AFTER_FAILURE = "a failure", "after a failure"
WORDS = "assay says no"
LONG, SHORT = "a long run", ("a short run", "a second", "a third", "a fourth")
LEAVING = ("closed", "cut")
WAITING = "the agent waits for who has left"
SLEEP = 0.4  # seconds of a run that something else happens beside


@scenario()
async def in_turn(stage: Stage) -> None:
    """Ask one thing after the other on one connection."""
    talk = await Talk.open(await admitted(stage), tag="in turn")
    for prompt in PROMPTS:
        await attempt(talk, prompt, talk.input(prompt))
    await talk.quiet()


@scenario()
async def with_events(stage: Stage) -> None:
    """Have the agent tell what it does; ask again after a while."""
    talk = await Talk.open(await admitted(stage), tag="events")
    await talk.caller.meet_the_profile()
    await attempt(talk, EVENTS, talk.input("events"))
    await talk.quiet()
    await attempt(talk, AFTER_EVENTS, talk.input())


@scenario()
async def agent_fails(stage: Stage) -> None:
    """Have the agent fail; ask again."""
    talk = await Talk.open(await admitted(stage), tag="failing")
    await talk.caller.meet_the_profile()
    await attempt(talk, FAILURE, talk.input(f"raise:{WORDS}"))
    await attempt(talk, AFTER_FAILURE, talk.input())


@scenario()
async def side_by_side(stage: Stage) -> None:
    """Have a long run on one connection, and short ones on others meanwhile."""
    caller = await admitted(stage)
    long = await Talk.open(caller, tag=LONG)
    await long.caller.meet_the_profile()
    shorts = [await Talk.open(caller, tag=tag) for tag in SHORT]
    begun = await long.say(long.input("sleep:0.9"))
    sent = [await short.say(short.input("sleep:0.1")) for short in shorts]
    for about, short, asked in zip(SHORT, shorts, sent, strict=True):
        noted(short, about, asked, await short.hear("OUTPUT", "ERROR", after=asked.number))
    noted(long, LONG, begun, await long.hear("OUTPUT", "ERROR", after=begun.number))


@scenario()
async def left_alone(stage: Stage) -> None:
    """Leave during a run, politely and not; look for its result until it is there."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    for how in LEAVING:
        talk, session_id = await _running(caller, f"sleep:{SLEEP}", how)
        await (talk.leave() if how == "closed" else talk.cut())
        await _until_done(caller, session_id, how)


@scenario()
async def left_waiting(stage: Stage) -> None:
    """Leave while the agent waits for a frame."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    talk, session_id = await _running(caller, "recv", WAITING)
    await talk.leave()
    await _until_done(caller, session_id, WAITING)


async def _running(caller: Caller, prompt: str, tag: str) -> tuple[Talk, str]:
    """Begin a run, and see that it has begun."""
    stage = caller.stage
    talk, session_id = await Talk.open(caller, tag=tag), stage.unique("session")
    await talk.say(talk.input(prompt, session={"session_id": session_id}))
    found = await stage.until(
        lambda: caller.record(session_id, tag=f"begun: {tag}"),
        lambda answer: answer.status != 404,  # noqa: PLR2004
        within=COMES,
    )
    if not found.ok:
        raise Unmet(f"a run has no record: {found.shown()}", *found.evidence)
    return talk, session_id


async def _until_done(caller: Caller, session_id: str, tag: str) -> Answer:
    """Look at a record until its run is over; the last look has a tag."""
    await caller.stage.until(
        lambda: caller.record(session_id),
        lambda answer: answer.member("status") == "done",
        within=COMES,
    )
    return await caller.record(session_id, tag=f"the record: {tag}")
