"""Conversations about sessions: runs, their records, and the time for which these are kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import COMES, Caller, admitted
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

TTL = 1  # seconds
LONGER = 2.6  # seconds that a run takes which outlasts its time to live, on a slow machine too
RUNS = 0.8  # seconds that a run takes which somebody looks at meanwhile
FAILS_WITHIN = 2.0  # seconds after which a failed run says so
LISTED = "/sessions"
# What is no id of a session, as JSON has it.
NO_IDS: Mapping[str, Any] = {"a number": 5, "true": True, "an array": ["x"], "an object": {"a": 1}}


async def until_it_runs(caller: Caller, session_id: str, *, tag: str) -> Answer:
    """Look at a record until its run has begun, and once more under a tag."""
    await caller.stage.until(
        lambda: caller.record(session_id), lambda answer: answer.ok, within=COMES
    )
    return await caller.record(session_id, tag=tag)


async def until_it_is_done(caller: Caller, session_id: str, *, tag: str, within: float) -> Answer:
    """Look at a record until its run is over, and once more under a tag."""
    await caller.stage.until(
        lambda: caller.record(session_id),
        lambda answer: answer.member("status") == "done",
        within=within,
    )
    return await caller.record(session_id, tag=tag)


@scenario()
async def runs_over_http(stage: Stage) -> None:
    """Have prompts answered, with an id and without, and look at their records."""
    caller = await admitted(stage)
    ours = stage.instance.id is not None or stage.instance.child is not None
    stage.note("who started it", kit=ours)
    for tag in ("a run without an id", "another run without an id"):
        await caller.ask(tag=tag)
    named = stage.unique("Assay session é")
    await caller.ask("named", tag="a run with an id", session={"session_id": named})
    await caller.record(named, tag="the record of a run with an id")
    stage.note("the id of a run over HTTP", id=named)
    await caller.record(stage.unique("nobody's"), tag="the record of no run")


@scenario()
async def a_run_on_a_websocket(stage: Stage) -> None:
    """Look at the record of a run while it goes on, and after its OUTPUT."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    named = stage.unique("session")
    talk = await Talk.open(caller, tag="a run on a WebSocket")
    await talk.say(talk.input(f"sleep:{RUNS}", session={"session_id": named}))
    await until_it_runs(caller, named, tag="the record of a run that goes on")
    await talk.hear("OUTPUT", "ERROR", within=COMES)
    await caller.record(named, tag="the record of a run that is over")
    stage.note("the id of a run on a WebSocket", id=named)


@scenario()
async def a_client_that_leaves(stage: Stage) -> None:
    """Break the connection during a run, and look for its result."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    named = stage.unique("session")
    talk = await Talk.open(caller, tag="a client that leaves")
    await talk.say(talk.input(f"sleep:{RUNS}", session={"session_id": named}))
    await until_it_runs(caller, named, tag="a run before its client left")
    await talk.cut()
    await until_it_is_done(caller, named, tag="a run whose client left", within=COMES)


@scenario()
async def a_run_that_fails(stage: Stage) -> None:
    """Have the agent fail, and look at the record."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    named = stage.unique("session")
    talk = await Talk.open(caller)
    await talk.ask(talk.input("raise:assay", session={"session_id": named}))
    await until_it_is_done(caller, named, tag="the record of a failure", within=FAILS_WITHIN)


@scenario()
async def ids_that_come_again(stage: Stage) -> None:
    """Use an id twice, with another run in between, and list the sessions."""
    caller = await admitted(stage)
    first, second = stage.unique("first"), stage.unique("second")
    await caller.done("before", session={"session_id": first})
    await caller.done("between", session={"session_id": second})
    await caller.done("after", session={"session_id": first})
    stage.note("the ids", first=first, second=second)
    await caller.get(LISTED, headers=caller.headers(), tag="the list")
    await caller.record(first, tag="the record of an id that came again")


@scenario()
async def odd_ids(stage: Stage) -> None:
    """Use an id that a path must spell otherwise, and what is no id."""
    caller = await admitted(stage)
    odd = stage.unique("a/b c%2f?é#")
    await caller.done("odd", session={"session_id": odd})
    stage.note("the odd id", id=odd)
    await caller.record(odd, tag="the record of an odd id")
    for name, value in NO_IDS.items():
        await caller.ask(tag=name, session={"session_id": value})
        plain = {"session_id": stage.unique("session")}
        await caller.ask(tag=f"{name} (twin)", session=plain)


@scenario()
async def a_session_that_goes_on(stage: Stage) -> None:
    """Have a prompt answered, and another one with the session that came back."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    first = await caller.ask("one", tag="the first turn")
    await caller.ask("two", tag="the second turn", session=first.member("session"))


@scenario()
async def an_id_of_somebody_else(stage: Stage) -> None:
    """Have two callers use one id."""
    owner, other = await admitted(stage), await admitted(stage)
    named = stage.unique("session")
    await owner.done("mine", session={"session_id": named})
    await other.ask("theirs", tag="the id of another's session", session={"session_id": named})
    await other.ask(
        "theirs",
        tag="the id of another's session (twin)",
        session={"session_id": stage.unique("session")},
    )
    await owner.record(named, tag="the record whose id another used")


@scenario()
async def a_result_that_is_no_text(stage: Stage) -> None:
    """Have the agent of a host of our own return an object, and list the sessions."""
    host = await stage.another(trust="open")
    caller = Caller(stage, at=host.url)
    caller.to = host.facts.get("recipient")
    await caller.meet_the_profile()
    object_ = json.dumps({"a": [1, None]})
    answer = await caller.ask(f"json:{object_}", tag="a result that is an object")
    if answer.member("result") == f"echo:json:{object_}":
        raise NotObserved("needs an agent that can return an object (`json:` of the profile)")
    await caller.done("after it")
    await caller.get(LISTED, headers=caller.headers(), tag="the list after an object")
