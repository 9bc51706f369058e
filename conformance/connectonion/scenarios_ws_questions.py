"""Conversations in which the agent asks its client something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import noted
from conformance.connectonion.peer import admitted
from conformance.connectonion.scenarios_ws_frames import PONG
from conformance.connectonion.talk import ENDS, Talk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Body = dict[str, Any]

# What is answered, and the result of the run that asked.
APPROVALS: Mapping[str, tuple[Body, str]] = {
    "approved": ({"approved": True}, "approved:true"),
    "not approved": ({"approved": False}, "approved:false"),
    "an answer that does not say": ({}, "approved:false"),
}
QUESTION = "which colour?"
ASKED, PONG_RUNNING, BINARY_RUNNING = "a question", "a PONG during a run", "a binary frame, too"
EARLY, STALE = "an early answer", "a stale frame"
SLEEP = 0.4  # seconds


@scenario()
async def approvals(stage: Stage) -> None:
    """Have the agent ask for approval, and give it, deny it, or say nothing of it."""
    talk = await Talk.open(await admitted(stage), tag="approvals")
    await talk.caller.meet_the_profile()
    for name, (members, _) in APPROVALS.items():
        await answered(talk, name, "approve", {"type": "APPROVAL_RESPONSE", **members})


@scenario()
async def asked(stage: Stage) -> None:
    """Have the agent ask a question, and answer it."""
    talk = await Talk.open(await admitted(stage), tag="asked")
    await talk.caller.meet_the_profile()
    await answered(talk, ASKED, f"ask:{QUESTION}", {"type": "ASK_USER_RESPONSE", "answer": "blue"})


@scenario()
async def pong_during_a_run(stage: Stage) -> None:
    """Send a PONG while the agent waits for a frame, then another frame."""
    talk = await Talk.open(await admitted(stage), tag="pong")
    await talk.caller.meet_the_profile()
    sent = await talk.say(talk.input("recv"))
    await talk.say(PONG)
    await talk.say({"type": "assay"})
    noted(talk, PONG_RUNNING, sent, await talk.hear(*ENDS, after=sent.number))


@scenario()
async def binary_during_a_run(stage: Stage) -> None:
    """Approve in a binary frame, then deny in a text."""
    talk = await Talk.open(await admitted(stage), tag="binary answer")
    await talk.caller.meet_the_profile()
    sent = await talk.say(talk.input("recv"))
    await talk.socket.send_bytes(json.dumps({"type": "bytes"}).encode(), tag=talk.tag)
    await talk.say({"type": "text"})
    noted(talk, BINARY_RUNNING, sent, await talk.hear(*ENDS, after=sent.number))


@scenario()
async def answered_too_early(stage: Stage) -> None:
    """Approve before anything is asked, then deny what is asked."""
    talk = await Talk.open(await admitted(stage), tag="early")
    await talk.caller.meet_the_profile()
    await talk.say({"type": "APPROVAL_RESPONSE", "approved": True})
    await answered(talk, EARLY, "approve", {"type": "APPROVAL_RESPONSE", "approved": False})


@scenario()
async def unheard_frames(stage: Stage) -> None:
    """Send frames to an agent that hears none; see whether the next one hears them."""
    talk = await Talk.open(await admitted(stage), tag="unheard")
    await talk.caller.meet_the_profile()
    deaf = await talk.say(talk.input(f"sleep:{SLEEP}"))
    await talk.say({"type": "stale"})
    await talk.hear(*ENDS, after=deaf.number)
    sent = await talk.say(talk.input("recv"))
    await talk.say({"type": "fresh"})
    noted(talk, STALE, sent, await talk.hear(*ENDS, after=sent.number))


async def answered(talk: Talk, about: str, prompt: str, answer: Body) -> None:
    """Begin a run, answer what it asks, and wait for its end."""
    sent = await talk.say(talk.input(prompt))
    await talk.hear("approval_needed", "ask_user", "OUTPUT", after=sent.number)
    await talk.say(answer)
    noted(talk, about, sent, await talk.hear("OUTPUT", after=sent.number))
