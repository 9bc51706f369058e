"""The conversation of a property: one client says what hypothesis thought of, in its order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from conformance.connectonion.peer import COMES, admitted
from conformance.connectonion.scenarios_ws_frames import PONG
from conformance.connectonion.talk import Talk, of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.kit.running.stage import Stage

    Example = Sequence[dict[str, Any]]
    Frame = Mapping[str, Any] | str

CHATTER, SAID, END = "chatter", "said", "the end"
PROMPTS = {"prompt": "hello", "question": "recv", "failing": "raise:assay says no"}
ANSWERED = ("prompt", "failing", "unsigned")  # at once, where no run is active
SETTLES = 0.2  # seconds in which a host has mostly done what it was told
ROUNDS = 5  # how often an end is tried, since runs may wait


class Sent(NamedTuple):
    """The number of an event, and the session that its INPUT named."""

    number: int
    session: str


def _input(talk: Talk, kind: str, session_id: str) -> Frame:
    """Return an INPUT; of `unsigned` ones the signature is cut short."""
    frame = talk.input(PROMPTS.get(kind, "hello"), session={"session_id": session_id})
    return {**frame, "signature": frame["signature"][:-2]} if kind == "unsigned" else frame


INPUTS = (*PROMPTS, "unsigned")
OTHERS: dict[str, Callable[[Talk], Frame]] = {
    "answer": lambda _: {"type": "ASK_USER_RESPONSE", "answer": "x"},
    "pong": lambda _: PONG,
    "unknown": lambda _: {"type": "ASSAY"},
    "no object": lambda _: "[]",
    "no JSON": lambda _: "{",
    "submission": lambda talk: talk.submission(invite_code="assay-wrong"),
    "order": lambda talk: talk.order("GET_LEVEL", talk.caller.address),
}


async def chatter(stage: Stage, example: Example) -> None:
    """Say everything, let every run come to its end, and look which prompts have a record."""
    talk = await Talk.open(await admitted(stage), tag=CHATTER)
    sent = [await _say(talk, step["say"], wait=step["wait"]) for step in example]
    await _come_to_an_end(talk)
    heard = of_type(stage.recorder.transcript.of(stage.name), "OUTPUT")
    answered = {frame.body.get("session_id") for frame in heard}
    for session in (each.session for each in sent):
        if session and session not in answered:
            await talk.caller.record(session, tag=session)


async def _say(talk: Talk, kind: str, *, wait: bool) -> Sent:
    """Say one thing, and note it."""
    session = talk.stage.unique("session") if kind in INPUTS else ""
    if kind == "binary":
        event = await talk.socket.send_bytes(json.dumps(talk.input()).encode(), tag=talk.tag)
    else:
        frame = _input(talk, kind, session) if kind in INPUTS else OTHERS[kind](talk)
        event = await talk.say(frame)
    talk.stage.note(SAID, kind=kind, session=session, sent=event.number)
    if wait and kind in ANSWERED:
        await talk.hear("OUTPUT", "ERROR", after=event.number, within=SETTLES)
    elif wait:
        await _is_heard(talk, event.number)
    return Sent(event.number, session)


async def _is_heard(talk: Talk, number: int) -> None:
    """Wait until the host has heard what was sent so far: its pong says so."""
    if talk.ended.is_set():
        return
    payload = str(number).encode()
    await talk.socket.ping(payload)
    await talk.stage.heard(
        lambda event: event.kind == "ws.pong" and event.body == payload, within=SETTLES
    )


async def _come_to_an_end(talk: Talk) -> None:
    """Answer whatever still waits, until a last prompt is run."""
    run = False
    for _ in range(ROUNDS):
        await _say(talk, "answer", wait=True)
        last = await _say(talk, "prompt", wait=False)
        answer = await talk.await_frame(
            lambda frame, last=last: (  # type: ignore[misc]
                frame.type == "ERROR" or frame.body.get("session_id") == last.session
            ),
            after=last.number,
            within=COMES,
        )
        run = answer is not None and answer.type == "OUTPUT"
        if run or answer is None:
            break
    talk.stage.note(END, alive=run)
