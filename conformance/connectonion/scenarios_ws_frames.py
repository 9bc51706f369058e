"""Conversations of odd frames on a WebSocket that has no run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import attempt, noted, pass_over
from conformance.connectonion.peer import COMES, admitted
from conformance.connectonion.talk import PATH, Talk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Body = dict[str, Any]

# Paths that are no WebSocket.
OTHER_PATHS = {
    "the root": "/",
    "a slash more": "/ws/",
    "that of relays": "/ws/input",
    "another name": "/wss",
    "a route of HTTP": "/input",
}
NO_JSON = {
    "half an object": "{",
    "nothing": "",
    "words": "hello",
    "other quotes": "{'type': 'INPUT'}",
    "two objects": '{"type": "PONG"} {}',
}
NO_OBJECT = {"an array": "[]", "null": "null", "a number": "5", "a text": '"x"', "true": "true"}
UNKNOWN: Mapping[str, Body] = {
    "an unknown type": {"type": "ASSAY"},
    "no type": {"assay": 1},
    "null as type": {"type": None},
    "an empty type": {"type": ""},
    "a PING": {"type": "PING"},
    "an OUTPUT": {"type": "OUTPUT", "result": "x"},
}
NO_TEXT: Mapping[str, Body] = {
    "a number as type": {"type": 5},
    "an array as type": {"type": ["INPUT"]},
    "an object as type": {"type": {}},
    "true as type": {"type": True},
}
NOT_SIGNED: Mapping[str, Body] = {
    "an INPUT alone": {"type": "INPUT"},
    "a bare prompt": {"type": "INPUT", "prompt": "hi"},
    "no signature": {"signature": None},
    "no payload": {"payload": None},
    "an empty signature": {"signature": ""},
}
NO_PROMPT: Mapping[str, Any] = {"an empty prompt": "", "no prompt": None}
PONG = {"type": "PONG"}
PONG_IDLE, BINARY_IDLE, IN_PARTS = "a PONG while idle", "a binary frame while idle", "in parts"
AFTER_NO_JSON, AFTER_UNSIGNED, AFTER_NO_PROMPT = "after no JSON", "after unsigned", "after nothing"
LARGE, TOO_LARGE = "a large frame", "too large a frame"
MEBIBYTE = 1024 * 1024


@scenario()
async def sockets_at_paths(stage: Stage) -> None:
    """Ask for a WebSocket at the right path and at others."""
    caller = await admitted(stage)
    await Talk.tried(caller, PATH, tag="the path")
    await Talk.tried(caller, f"{PATH}?a=1", tag="a query")
    for name, path in OTHER_PATHS.items():
        await Talk.tried(caller, path, tag=name)


@scenario()
async def no_json(stage: Stage) -> None:
    """Send texts that are no JSON, then a prompt."""
    talk = await Talk.open(await admitted(stage), tag="no JSON")
    for name, text in NO_JSON.items():
        await attempt(talk, name, text)
    await attempt(talk, AFTER_NO_JSON, talk.input())


@scenario()
async def no_object(stage: Stage) -> None:
    """Send JSON that is no object, each on a connection of its own, beside an idle one."""
    caller = await admitted(stage)
    other = await Talk.open(caller, tag="beside")
    for name, text in NO_OBJECT.items():
        talk = await Talk.open(caller, tag=name)
        await attempt(talk, name, text)
        await attempt(other, f"beside: {name}", other.input())


@scenario()
async def passed_over(stage: Stage) -> None:
    """Send frames that mean nothing to an idle host, and a prompt after each."""
    talk = await Talk.open(await admitted(stage), tag="unknown")
    for name, frame in UNKNOWN.items():
        await pass_over(talk, name, frame)
    await pass_over(talk, "small letters", {**talk.input("small letters"), "type": "input"})
    await pass_over(talk, PONG_IDLE, PONG)


@scenario()
async def types_that_are_no_texts(stage: Stage) -> None:
    """Send frames whose type is no text, each on a connection of its own."""
    caller = await admitted(stage)
    for name, frame in NO_TEXT.items():
        await pass_over(await Talk.open(caller, tag=name), name, frame)


@scenario()
async def binary(stage: Stage) -> None:
    """Send a signed prompt in a binary frame, on an idle connection."""
    talk = await Talk.open(await admitted(stage), tag="binary")
    await pass_over(talk, BINARY_IDLE, json.dumps(talk.input("binary")).encode())


@scenario()
async def unsigned(stage: Stage) -> None:
    """Send prompts that nobody signed, then one that is."""
    talk = await Talk.open(await admitted(stage), tag="unsigned")
    for name, members in NOT_SIGNED.items():
        frame = members if "type" in members else {**talk.input(), **members}
        await attempt(talk, name, {key: each for key, each in frame.items() if each is not None})
    await attempt(talk, AFTER_UNSIGNED, talk.input())


@scenario()
async def no_prompts(stage: Stage) -> None:
    """Send signed INPUTs without a prompt; beside one that is not signed for its prompt."""
    talk = await Talk.open(await admitted(stage), tag="no prompt")
    for name, prompt in NO_PROMPT.items():
        await attempt(talk, name, talk.input(prompt))
    await attempt(talk, "a prompt beside", {**talk.input(None), "prompt": "unsigned"})
    await attempt(talk, AFTER_NO_PROMPT, talk.input())


@scenario()
async def in_parts(stage: Stage) -> None:
    """Send a prompt as one message in three frames."""
    talk = await Talk.open(await admitted(stage), tag=IN_PARTS)
    text = json.dumps(talk.input("in parts"))
    third = len(text) // 3
    parts = (text[:third], text[third : 2 * third], text[2 * third :])
    sent = await talk.socket.send_parts(*parts, tag=talk.tag)
    noted(talk, IN_PARTS, sent, await talk.hear("OUTPUT", "ERROR", after=sent.number))


@scenario()
async def too_large(stage: Stage) -> None:
    """Send an unsigned prompt in a frame of a mebibyte, then a frame of seventeen."""
    talk = await Talk.open(await admitted(stage), tag=LARGE)
    text = json.dumps({"type": "INPUT", "prompt": "x" * MEBIBYTE})
    sent = await talk.socket.send_large(text.encode(), tag=talk.tag)
    noted(talk, LARGE, sent, await talk.hear("ERROR", after=sent.number))
    await talk.socket.send_large(b"x" * (17 * MEBIBYTE), pause=COMES, tag=TOO_LARGE)
    await talk.closed()
