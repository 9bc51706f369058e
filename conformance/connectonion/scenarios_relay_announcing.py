"""Conversations with a host that announces itself to a relay, which is the kit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import Caller
from conformance.connectonion.switchboard import ANNOUNCE, ANSWERED, Switchboard
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.switchboard import Line
    from conformance.connectonion.talk import Frame
    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.instance import Instance

LONG = 40.0  # seconds
HEARTBEAT, USUAL_HEARTBEAT = 0.4, 60.0  # seconds: ours, and CO-RELAY-07
COMES_BACK = 33.0  # seconds; the longest pause between two attempts in a published host is 30
SOON = 1.5  # seconds in which a host that ended its line may have begun another
PATIENCE = 8.0  # seconds by which a heartbeat may be late, on a busy machine too
BEATS = 5  # at so many heartbeats a timestamp in whole seconds has moved on
SILENCE = 1.5  # seconds in which a relay says nothing to a host that has announced itself
NOWHERE = "ws://127.0.0.1:9"

FIRST, BEATING = "the host's first line", "a line with heartbeats"
SIGNED = "a signed prompt"
PLAIN, UNACKNOWLEDGED = "a prompt with an odd id", "a prompt after a relay's silence"
AFTER_ERRORS = "a prompt after an ERROR and what nobody knows"
FAILED, AFTER_FAILURE = "a prompt at which the agent fails", "a prompt after a failure"
UNSIGNED, STRANGER = "a prompt that nobody signed", "a stranger's prompt for a strict host"
TWIN = "the prompt of somebody whom the strict host knows"
SLOW, BESIDE = "a prompt that takes long", "a prompt beside one that takes long"
ASKED_BACK = "a prompt at which the agent asks back"
WORK = 0.8  # seconds
UNREACHABLE, GONE = "no relay answers", "the relay has gone"
ODD = ({"type": "ERROR", "error": "assay says so"}, {"type": "WELCOME"}, {"type": 5}, {"odd": True})
NO_SIGNATURE: Mapping[str, Any] = {"payload": None, "from": None, "signature": None}
# What is no prompt, by what it is.
MALFORMED = {
    "half an object": '{"type": "INPUT"',
    "a list": '["INPUT"]',
    "null": "null",
    "an INPUT without an id": '{"type": "INPUT", "prompt": "hi"}',
    "an INPUT whose id is a number": '{"type": "INPUT", "input_id": 5, "prompt": "hi"}',
    "an INPUT without a prompt": '{"type": "INPUT", "input_id": "assay"}',
}
PARTINGS = ("a close", "a cut")


def after(what: str) -> str:
    """Return what a prompt is about that follows something."""
    return f"a prompt after {what}"


@scenario(bound=LONG)
async def a_host_that_announces_itself(stage: Stage) -> None:
    """Pass prompts to a host, signed and not, and what it does not know."""
    stage.note("the clock", wall=stage.now())
    _, line = await _announced(stage, tag=FIRST)
    await line.asks(PLAIN, input_id=stage.unique("Der 1. Prompt: né"))
    await line.asks(SIGNED)
    await line.asks(UNSIGNED, **NO_SIGNATURE)
    for frame in ODD:
        await line.say(frame)
    await line.asks(AFTER_ERRORS)


@scenario(bound=LONG + COMES_BACK)
async def partings(stage: Stage) -> None:
    """Part from two hosts, each in another way, and wait for them to come again."""
    await asyncio.gather(*(_parted(stage, how) for how in PARTINGS))


async def _parted(stage: Stage, how: str) -> None:
    """End a host's line; look at the host while it has none, and pass a prompt on the next."""
    board = await Switchboard.open(stage)
    host = await board.host(trust="open")
    line = await board.dialled(tag=f"a line before {how}")
    await (line.leave() if how == "a close" else line.cut())
    stage.note(how)
    if how == "a close":
        await _look(stage, host, GONE)
    again = await board.arrival(tag=how, within=COMES_BACK)
    if again is not None:
        await again.asks(after(how))


@scenario(bound=LONG)
async def an_agent_that_fails(stage: Stage) -> None:
    """Pass on a prompt at which the agent fails, and another."""
    _, line = await _announced(stage, tag="a line of failures")
    await line.asks(FAILED, "raise:assay wants it so")
    await line.asks(AFTER_FAILURE)


@scenario(bound=LONG)
async def agents_at_work(stage: Stage) -> None:
    """Pass on a prompt beside one that takes long, and one at which the agent asks back."""
    _, line = await _announced(stage, tag="a line of work")
    slow = line.relayed(f"sleep:{WORK}")
    sent = await line.say(slow)
    await line.asks(BESIDE)
    await line.answer_of(slow, after=sent.number, about=SLOW)
    curious = line.relayed("ask:which one?")
    sent = await line.say(curious)
    input_id = curious["input_id"]
    await line.await_frame(lambda each: _asks(each, input_id), within=ANSWERED)
    await line.say({"type": "ASK_USER_RESPONSE", "answer": "this one", "input_id": input_id})
    await line.answer_of(curious, after=sent.number, about=ASKED_BACK)


def _asks(frame: Frame, input_id: str) -> bool:
    return frame.type == "ask_user" and frame.body.get("input_id") == input_id


@scenario(bound=LONG)
async def malformed_frames(stage: Stage) -> None:
    """Send what is no prompt, each time with a prompt behind it, on another line after a loss."""
    board, line = await _announced(stage, tag="a line of malformed frames")
    lost = False
    for what, text in MALFORMED.items():
        if lost:
            board, line = await _next(board)
        await line.say(text)
        lost = not await line.asks(after(what))


async def _announced(stage: Stage, *, tag: str) -> tuple[Switchboard, Line]:
    """Have a host that has announced itself to a relay of its own."""
    board = await Switchboard.open(stage)
    await board.host(trust="open")
    return board, await board.dialled(tag=tag)


async def _next(board: Switchboard) -> tuple[Switchboard, Line]:
    """Return the next line of a host that lost one, or that of another host."""
    again = await board.arrival(tag="a line after a loss", within=SOON)
    if again is not None:
        return board, again
    return await _announced(board.stage, tag="another host's line")


async def _look(stage: Stage, host: Instance, tag: str) -> None:
    """Ask a host whether it is well, and for an answer."""
    caller = Caller(stage, at=host.url, to=host.facts.get("recipient"))
    await caller.get("/health", tag=tag)
    await caller.ask("hi", tag=tag)


@scenario(bound=LONG)
async def a_silent_relay(stage: Stage) -> None:
    """Say nothing to a host for a while, and pass a prompt on then."""
    _, line = await _announced(stage, tag="a silent line")
    await line.quiet(SILENCE)
    await line.asks(UNACKNOWLEDGED)


@scenario(bound=2 * USUAL_HEARTBEAT)
async def heartbeats(stage: Stage) -> None:
    """Listen to a host's heartbeats."""
    stage.note("the clock", wall=stage.now())
    board = await Switchboard.open(stage)
    seconds, beats = await _beating(board)
    stage.note("the heartbeat", seconds=seconds, beats=beats)
    line = await board.dialled(tag=BEATING)
    count = 0

    def enough(_frame: object) -> bool:
        nonlocal count
        count += 1
        return count >= beats

    await line.await_frame(
        lambda frame: frame.type == ANNOUNCE and enough(frame),
        within=(beats - 1) * seconds + PATIENCE,
    )


async def _beating(board: Switchboard) -> tuple[float, int]:
    """Have a host that beats fast, or else as hosts do; return seconds, and beats to wait for."""
    try:
        await board.host(trust="open", relay_heartbeat=HEARTBEAT)
    except NotObserved:
        await board.host(trust="open")
        return USUAL_HEARTBEAT, 2
    return HEARTBEAT, BEATS


@scenario(bound=LONG)
async def a_strict_host(stage: Stage) -> None:
    """Pass a stranger's prompt to a host that takes those of one other alone."""
    board = await Switchboard.open(stage)
    await board.host(trust="strict", whitelist=board.caller.address)
    line = await board.dialled(tag="a strict host's line")
    await line.asks(TWIN)
    stranger = Caller(stage)
    word = stage.unique("echo")
    await line.asks(STRANGER, word, **stranger.input(word))


@scenario(bound=LONG)
async def no_relay(stage: Stage) -> None:
    """Look at a host whose relay does not listen."""
    host = await stage.another(trust="open", relay_url=NOWHERE)
    await asyncio.sleep(0.2)  # for whatever becomes of its attempts
    await _look(stage, host, UNREACHABLE)
