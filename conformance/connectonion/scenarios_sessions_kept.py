"""Conversations about what a host keeps: for how long, for whom, and beyond its own end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.connectonion.peer import COMES, Caller, admitted
from conformance.connectonion.scenarios_sessions import LISTED, LONGER, TTL, until_it_runs
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

MARGIN = 0.3  # seconds after which what has expired is looked for
FOREVER = 120  # seconds of a run that only the end of its host ends
SHORT = {"result_ttl": TTL}


@scenario(settings=SHORT)
async def a_result_that_expires(stage: Stage) -> None:
    """Look at a result until it is gone, then list the sessions."""
    caller = await admitted(stage)
    named = stage.unique("session")
    await caller.ask("kept", tag="a run", session={"session_id": named})
    await caller.record(named, tag="a result that is new")
    await stage.until(
        lambda: caller.record(named, tag="a result that gets old"),
        lambda answer: not answer.ok,
        within=TTL + COMES,
    )
    await caller.get(LISTED, headers=caller.headers(), tag="the list")
    stage.note("the id", id=named)


@scenario(settings=SHORT)
async def a_run_that_outlasts_its_time(stage: Stage) -> None:
    """Look at a run that takes longer than results are kept, and at its result."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    named = stage.unique("session")
    talk = await Talk.open(caller, tag="a long run")
    await talk.say(talk.input(f"sleep:{LONGER}", session={"session_id": named}))
    await until_it_runs(caller, named, tag="a run that is young")
    await talk.quiet(TTL + MARGIN)
    await caller.record(named, tag="a run that is old")
    await talk.hear("OUTPUT", "ERROR", within=COMES)
    await caller.record(named, tag="the result of an old run")


@scenario()
async def who_reads(stage: Stage) -> None:
    """Read a record with proof and without, on a host that asks for it if one can be had."""
    try:
        host = await stage.another(open_sessions=False, trust="open")
        at, to = host.url, host.facts.get("recipient")
    except NotObserved as why:
        stage.note("the host as it is", why=why.reason)
        at, to = "", stage.facts.get("recipient")
    owner = Caller(stage, at=at) if at else await admitted(stage)
    other = Caller(stage, at=at) if at else await admitted(stage)
    owner.to = other.to = to
    named = stage.unique("session")
    await owner.done("secret", session={"session_id": named})
    path = f"{LISTED}/{named}"
    await owner.get(path, headers=owner.headers(), tag="a look with proof")
    await owner.get(path, tag="a look without proof")
    await owner.get(LISTED, tag="a list without proof")
    await owner.get(path, headers=other.headers(), tag="a look of somebody else")
    await owner.get(LISTED, headers=other.headers(), tag="a list of somebody else")
    stage.note("the id", id=named)


@scenario(bound=60.0)
async def a_host_that_comes_back(stage: Stage) -> None:
    """Stop a host that has a result and a run under way, and start it again on its store."""
    folder = stage.closing.enter_context(tempfile.TemporaryDirectory(prefix="assay-"))
    store = str(Path(folder) / "store")
    await stage.restart(store=store, trust="open")
    caller = Caller(stage)
    await caller.meet_the_profile()
    finished, lost = stage.unique("finished"), stage.unique("lost")
    await caller.ask("kept", tag="a run before the end", session={"session_id": finished})
    talk = await Talk.open(caller)
    await talk.say(talk.input(f"sleep:{FOREVER}", session={"session_id": lost}))
    await until_it_runs(caller, lost, tag="a run under way before the end")
    await stage.restart(store=store, trust="open")
    again = Caller(stage)
    await again.record(finished, tag="a result after the end")
    await again.record(lost, tag="a run under way after the end")
