"""Conversations over HTTP: prompts, and what is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.instances import STRICT
from conformance.connectonion.peer import COMES, admitted, seeded, twin
from conformance.connectonion.wrong_types import NOT_JSON, NOT_UTF_8, WRONG
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Headers = list[tuple[str, str]]

SIGNED, UNSIGNED = "signed words", "words that nobody signed"
TYPES: Mapping[str, Headers] = {
    "no type": [],
    "plain text": [("Content-Type", "text/plain")],
    "a form": [("Content-Type", "application/x-www-form-urlencoded")],
    "a form of parts": [("Content-Type", "multipart/form-data; boundary=x")],
    "another character set": [("Content-Type", "application/json; charset=utf-16")],
    "nonsense": [("Content-Type", "nonsense")],
}
INCOMPLETE = ("nothing", "an empty object", "no payload", "no signature")
TAKES = 3.0  # seconds that a long prompt takes; a slow machine answers others within it
BEGUN = 0.3  # seconds after which a target has begun to work on it
MUCH = 5 * 1024 * 1024  # bytes
LONG, MEANWHILE = "a long prompt", "meanwhile: "


def without(envelope: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an envelope that lacks a member."""
    return {key: value for key, value in envelope.items() if key != name}


@scenario()
async def prompts(stage: Stage) -> None:
    """Have prompts answered that are written in every way that is allowed."""
    caller = await admitted(stage)
    await caller.ask(SIGNED, tag="a prompt")
    await caller.post("/input", {**caller.input(SIGNED), "prompt": UNSIGNED}, tag="two prompts")
    bare = {**caller.input(None), "prompt": UNSIGNED}
    await caller.post("/input", bare, tag="an unsigned prompt")
    for name, headers in TYPES.items():
        await caller.post("/input", caller.input(), headers=headers, tag=f"sent as {name}")


@scenario()
async def much(stage: Stage) -> None:
    """Send a short prompt in a body of more than 5 MB."""
    caller = await admitted(stage)
    await caller.ask(tag=twin("much"))
    await caller.ask(tag="much", filler="x" * MUCH, within=2 * COMES)


@scenario()
async def no_prompts(stage: Stage) -> None:
    """Post what is no JSON, and what is no signed prompt."""
    caller = await admitted(stage)
    for name, body in (*NOT_JSON.items(), *NOT_UTF_8.items()):
        await caller.post("/input", body, tag=f"no JSON: {name}")
    bodies: dict[str, Any] = {
        "nothing": b"",
        "an empty object": {},
        **{f"no {name}": without(caller.input(), name) for name in ("payload", "signature")},
    }
    for name, body in bodies.items():
        await caller.post("/input", body, tag=f"incomplete: {name}")
    await caller.ask(tag="after everything")


@scenario(bound=40)
async def wrong_types(stage: Stage) -> None:
    """Post JSON of every wrong type, each with a session of its own, and look for that."""
    caller = await admitted(stage)
    for name, spoil in WRONG.items():
        session_id = stage.unique("session")
        good = caller.input(session={"session_id": session_id})
        await caller.post("/input", spoil(caller, good), tag=name)
        await caller.record(session_id, tag=f"record of {name}")
    await caller.ask(tag="the right types")


@scenario()
async def unauthenticated(stage: Stage) -> None:
    """Be refused for every reason that has to do with signatures."""
    caller = await admitted(stage)
    await caller.post("/input", without(caller.input(), "signature"), tag="unsigned")
    await caller.post("/input", {**caller.input(), "signature": "00" * 64}, tag="forged")
    await caller.ask(timestamp=int(stage.now()) - 3600, tag="an hour old")
    await caller.ask(tag="signed now")


@scenario(settings=STRICT)
async def turned_away(stage: Stage) -> None:
    """Be refused by the policy."""
    for level in ("whitelist", "stranger", "contact", "blocked"):
        caller = await seeded(stage, level)
        await caller.ask(tag=level)


@scenario()
async def failing(stage: Stage) -> None:
    """Have the agent fail, and go on."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    await caller.ask("raise:on purpose", tag="a failure")
    await caller.get("/health", tag="health after a failure")
    await caller.ask(tag="a prompt after a failure")


@scenario(bound=35)
async def waiting(stage: Stage) -> None:
    """Ask for other things while the agent works on a long prompt."""
    caller = await admitted(stage)
    await caller.meet_the_profile()
    long = stage.beside(caller.ask(f"sleep:{TAKES}", tag=LONG, within=4 * COMES))
    await asyncio.sleep(BEGUN)
    await asyncio.gather(
        caller.get("/health", tag=f"{MEANWHILE}health"),
        caller.get("/info", tag=f"{MEANWHILE}info"),
        caller.ask("quick", tag=f"{MEANWHILE}a prompt"),
    )
    await long
