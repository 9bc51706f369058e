"""Conversations with a client whose connection holds: prompts, events, questions, results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.hosting import A_MOMENT, Hosting
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.connectonion.hosting import Call
    from conformance.kit.running.stage import Stage

RELAYED_TO = "0x8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
ORDINARY, NEXT, THIRD = "an ordinary call", "the next call", "a call after that"
LETTERS = "a prompt with other letters"
OTHER_LETTERS = 'héllo 世 🎉 "\\/\x7f\u2028'
EVENTFUL, QUESTION = "a call with odd events", "a question"
FOREIGN, NOBODYS = "a call beside another's", "00000000-0000-4000-8000-000000000000"
SESSION = {"messages": [{"role": "user", "content": "é"}], "turn": 1, "odd": [1, 1.0, None]}
ERRORS = ("message", "error")
ENDS_WITHIN = 3.0  # seconds for a call that has failed to end, also on a busy machine
NO_RESULT = "assay does not want to"
# What is no JSON object, by what it is.
MALFORMED = {
    "half an object": '{"type": "OUTPUT"',
    "a list": '[{"type": "OUTPUT", "result": "no"}]',
    "a number": "5",
    "null": "null",
    "a text": '"OUTPUT"',
}
EVENTS = (
    {"type": "thinking", "id": "1", "ts": 1.5},
    {"type": "tool_call", "tool_id": "c", "name": "add", "args": {}, "id": "2", "ts": 2},
    {"type": "nobody_knows_this", "result": "no"},
    {"type": 5, "result": "no"},
    {"type": ["OUTPUT"], "result": "no"},
    {"type": None, "input_id": ["no"], "session": 5},
    {"result": "no type at all"},
)


def failing(how: str) -> str:
    """Return what the call is about that is answered with an ERROR in this member."""
    return f"an ERROR with `{how}`"


def malformed(what: str) -> str:
    """Return what the call is about that is answered with this."""
    return f"{what} for an answer"


@scenario()
async def one_after_the_other(stage: Stage) -> None:
    """Answer calls in order: with events and a result, with a session, with questions."""
    host = await Hosting(stage).comes()
    await _ordinary(host)
    for about in (NEXT, THIRD):
        call = await host.asked(stage.unique("once more"), about=about)
        stage.note(f"result of {about}", result=await host.done(call))
    letters = await host.asked(f"{OTHER_LETTERS}{stage.unique('')}", about=LETTERS)
    await host.done(letters)
    await _odd_events(host)
    await _question(host)
    if stage.facts.get("to"):
        await _foreign(host)


async def _ordinary(host: Hosting) -> None:
    call = await host.asked(host.stage.unique("hello"), about=ORDINARY)
    session = {"session_id": call.session_id or "assay", **SESSION}
    host.stage.note("session", session=session)
    host.stage.note(f"result of {ORDINARY}", result=await host.done(call, session=session))
    await host.heard(call, lambda event: event.kind == "ws.close", within=1.0)


async def _odd_events(host: Hosting) -> None:
    call = await host.asked(host.stage.unique("tell me"), about=EVENTFUL)
    for event in EVENTS:
        await host.say(event, tag="an event")
    host.stage.note(f"result of {EVENTFUL}", result=await host.done(call))


async def _question(host: Hosting) -> None:
    text = host.stage.unique("which one?")
    call = await host.asked(host.stage.unique("ask me"), about=QUESTION)
    host.stage.note("question", text=text)
    await host.say(
        {"type": "ask_user", "text": text, "question": text, "options": ["a", "b"], "id": "q"}
    )
    await host.over(call, within=1.5)  # less than a client waits for a PING
    host.answers(call, answer="b")
    await host.hears(call, "ASK_USER_RESPONSE", "INPUT", within=1.0)
    await host.done(call)


@scenario()
async def how_calls_fail(stage: Stage) -> None:
    """Answer calls with errors, and with what is no frame."""
    host = await Hosting(stage).comes()
    for how in ERRORS:
        call = await host.asked(stage.unique("fail"), about=failing(how))
        await host.say({"type": "ERROR", how: NO_RESULT})
        await _ended(host, call)
    for what, text in MALFORMED.items():
        call = await host.asked(stage.unique("confuse me"), about=malformed(what))
        await host.say(text, tag="malformed")
        await _ended(host, call)


async def _ended(host: Hosting, call: Call) -> None:
    """Wait for the end of a call; of one that does not end let go."""
    if not await host.over(call, within=ENDS_WITHIN):
        await host.leave(call)


@scenario(settings={"to": RELAYED_TO})
async def through_a_relay(stage: Stage) -> None:
    """Answer a client that calls through a relay, first with somebody else's result."""
    await _foreign(await Hosting(stage).comes())


async def _foreign(host: Hosting) -> None:
    call = await host.asked(host.stage.unique("hello"), about=FOREIGN)
    await host.say(host.output(call, "somebody else's", input_id=NOBODYS))
    await host.heard(call, lambda event: event.kind == "ws.close", within=A_MOMENT)
    host.stage.note(f"result of {FOREIGN}", result=await host.done(call))


@scenario()
async def behind_a_slash(stage: Stage) -> None:
    """Answer a client whose address ends in a slash."""
    host = await Hosting(stage).comes("/")
    await host.done(await host.asked(stage.unique("hello"), about=ORDINARY))
