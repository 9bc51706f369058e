"""Conversations with a client whose connection is lost: the result is kept, and can be had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.hosting import PING, Call, Hosting
from conformance.connectonion.peer import COMES
from conformance.connectonion.polls import (
    BROKEN,
    CUT,
    DENIED,
    JSON,
    POLL_ATTEMPTS,
    UNKNOWN,
    is_anonymous,
)
from conformance.kit.judging.suite import scenario
from conformance.kit.wire.tap import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

LONG = 60.0  # seconds, beside the client's own intervals
ENOUGH = 4  # polls of which a slow client's pace can be told
PATIENT = 5  # polls after which nobody hopes that a lost prompt will arrive
WAITED_FOR = 1.0  # seconds: who polls more slowly is not waited for until it gives up
OUTAGE = 0.3  # seconds
EVENT = {"type": "thinking", "id": "1", "ts": 1.5}

UNDER_WAY = "a run under way"
LOST, ENDLESS = "a call that loses its connection", "a run without end"
# Where a conversation is cut, and what the host says before: a part of a frame has its share.
CUTS: Mapping[str, tuple[tuple[Mapping[str, Any], ...], float | None]] = {
    "after the INPUT": ((), None),
    "after an event": ((EVENT,), None),
    "after a PING": ((PING,), None),
    "in the head of the OUTPUT": ((EVENT, PING), 0.0),
    "in the middle of the OUTPUT": ((PING,), 0.5),
    "before the last byte of the OUTPUT": ((EVENT,), 1.0),
}
# What a host may answer a poll beside a record, while it is not itself.
TROUBLES: Mapping[str, Reply] = {
    "500": BROKEN,
    "503": Reply(503),
    "a broken connection": CUT,
    "no JSON": Reply(200, JSON, b"<html>"),
    "half a record": Reply(200, JSON, b'{"status": "done", "result": "no"}', stop_after=20),
    "another status": Reply(200, JSON, b'{"status": "paused", "result": "no"}'),
    "a list": Reply(200, JSON, b'[{"status": "done"}]'),
}
EMPTY: Mapping[str, Any] = {"an empty text": "", "null": None, "zero": 0, "an empty object": {}}
OUTAGE_CASE = "a host that is away"
EARLIER, TWIN = "a record of an earlier prompt", "a record of the same prompt"
PROVEN = "a host that tells nobody else of a session"
FORGOTTEN, NEVER_CAME = "a run that the host forgets", "a prompt that never arrived"
NOBODY = "a prompt for a host that is not there yet"
GIVEN = "a result that has come"
RECOVERED, EXPIRED = "a finished session", "a session of nobody"


@scenario(bound=LONG)
async def lost_connections(stage: Stage) -> None:
    """Cut calls in every place; know the run as running, and then as done."""
    host = await Hosting(stage).comes()
    for where in CUTS:
        call = await host.asked(stage.unique("hello"), about=where)
        await cut_at(host, call, *CUTS[where])
        await found_again(host, call)
    call = await _lost(host, UNDER_WAY)
    await found_again(host, call, host.record(call, "running"), host.record(call, "running"))
    call = await host.asked(stage.unique("hello"), about=GIVEN)
    stage.note(f"result of {GIVEN}", result=await host.done(call))
    await asyncio.sleep(2 * min(host.poll_interval, WAITED_FOR))


async def cut_at(
    host: Hosting, call: Call, said: tuple[Mapping[str, Any], ...], part: float | None
) -> None:
    """Say something, then perhaps a part of an OUTPUT, and break the connection."""
    for frame in said:
        await host.say(frame)
    if part is None:
        host.cut()
        return
    host.break_off(host.output(call, "this is lost"), part)


async def found_again(host: Hosting, call: Call, *before: Reply) -> None:
    """Answer the polls of a call: with these, and then with a record of its result."""
    result = host.stage.unique("result")
    host.stage.note(f"result of {call.about}", result=result)
    host.knows(*before, then=host.record(call, result=result))
    await host.fetched(call, result, within=COMES + 3 * (1 + len(before)) * host.poll_interval)
    host.knows(then=UNKNOWN)


@scenario(bound=2 * LONG)
async def troubled_polls(stage: Stage) -> None:
    """Answer polls with everything that is no record, with nothing, and with odd results."""
    host = await Hosting(stage).comes()
    times = 2 if host.poll_interval <= WAITED_FOR else 1
    for what, reply in TROUBLES.items():
        await found_again(host, await _lost(host, what), *[reply] * times)
    call = await _lost(host, OUTAGE_CASE, rest=host.stage.tap.deaf())
    await found_again(host, call)
    for what, result in EMPTY.items():
        call = await _lost(host, what)
        host.knows(then=host.record(call, result=result))
        await host.fetched(call, result, within=COMES + 3 * host.poll_interval)
        host.knows(then=UNKNOWN)


async def _lost(host: Hosting, about: str, *, rest: Any = None) -> Call:
    """Have the client ask and lose its connection; ``rest`` is what lasts for a while then."""
    call = await host.asked(host.stage.unique("hello"), about=about)
    await host.say(EVENT)
    if rest is None:
        host.cut()
        return call
    async with rest:
        await asyncio.sleep(OUTAGE)
    return call


@scenario(bound=LONG)
async def a_run_without_end(stage: Stage) -> None:
    """Call a run running as long as the client asks, or until its pace is known."""
    host = await Hosting(stage).comes()
    call = await host.asked(stage.unique("hello"), about=ENDLESS)
    host.knows(then=host.record(call, "running"))
    await host.say(EVENT)
    host.cut()
    await host.polled(call, ENOUGH)
    if host.poll_interval <= WAITED_FOR:
        await host.over(call, within=COMES + 2 * POLL_ATTEMPTS * host.poll_interval)


@scenario(bound=LONG)
async def what_the_host_knows(stage: Stage) -> None:
    """Lose prompts before they arrive, and records after; find earlier ones in their place."""
    host = await Hosting(stage).comes()
    call = await host.asked(stage.unique("hello"), about=NEVER_CAME)
    host.cut()
    await _asked_again(host, call)
    call = await host.asked(stage.unique("hello"), about=EARLIER)
    host.knows(then=host.record(call, result="of another prompt", prompt="another prompt"))
    host.cut()
    await _asked_again(host, call)
    await found_again(host, await _lost(host, TWIN))
    call = await _lost(host, PROVEN)
    secret = stage.tap.answer(is_anonymous, DENIED)
    await found_again(host, call)
    secret.withdraw()
    call = await _lost(host, FORGOTTEN)
    await host.over(call, within=COMES + 6 * host.poll_interval)
    await host.leave(call)
    await _not_there(host)


async def _asked_again(host: Hosting, call: Call) -> None:
    """Take the prompt when it comes again, and end the call."""
    if await host.comes_back(call, within=COMES + 6 * host.poll_interval):
        host.knows(then=UNKNOWN)
        host.stage.note(f"result of {call.about}", result=await host.done(call))
    await host.leave(call)


async def _not_there(host: Hosting) -> None:
    """Have the client ask when nobody listens, and come back."""
    if not host.driven:
        return
    async with host.stage.tap.deaf():
        call = host.call(host.stage.unique("hello"), about=NOBODY)
        await asyncio.sleep(OUTAGE)
    if await host.comes_back(call, within=COMES + 6 * host.poll_interval):
        host.stage.note(f"result of {NOBODY}", result=await host.done(call))
    await host.over(call, within=1.0)


@scenario(bound=LONG)
async def after_a_restart(stage: Stage) -> None:
    """Have the client bring back results of which it knows the session alone."""
    host = await Hosting(stage).comes()
    call = host.recovers(stage.unique("session"), about=RECOVERED)
    await found_again(host, call)
    call = host.recovers(stage.unique("session"), about=EXPIRED)
    await host.over(call, within=COMES + 4 * host.poll_interval)


async def cut_anywhere(stage: Stage, example: Mapping[str, Any]) -> None:
    """Cut a call where hypothesis says, and answer its polls as it says before the result."""
    host = await Hosting(stage).comes()
    call = await host.asked(stage.unique("hello"), about=LOST)
    frames = tuple(EVENT if each == "event" else PING for each in example["frames"])
    await cut_at(host, call, frames, example["part"])
    troubles = {"running": host.record(call, "running"), **TROUBLES}
    await found_again(host, call, *(troubles[each] for each in example["polls"]))
