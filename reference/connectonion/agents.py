"""Agents that do what their prompt says, so that a host can be judged without a model.

`sleep:N` works N seconds, `raise:TEXT` fails, `events` tells what it does, `approve` and
`ask:TEXT` wait for the client, `recv` waits for any frame, `big:N` answers N characters,
`json:TEXT` answers what the text says; anything else is echoed.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

Frame = Mapping[str, Any]
CLOSED: Frame = {"type": "io_closed"}


class AgentFailed(Exception):  # noqa: N818  (what an agent may do)
    """The agent gives up; the text is told to the client."""


class Line(Protocol):
    """What an agent can do beside thinking: tell its client, and hear it."""

    async def send(self, frame: Frame) -> None:
        """Tell the client; without one, nobody hears it."""

    async def receive(self) -> Frame:
        """Hear the client; when it is gone, hear that."""


class Silent:
    """The line of a run that came over HTTP."""

    async def send(self, frame: Frame) -> None:
        """Tell nobody."""

    async def receive(self) -> Frame:
        """Hear that nobody is there."""
        return CLOSED


async def work(prompt: str, line: Line) -> Any:
    """Do what a prompt says and return the result; raises AgentFailed."""
    name, _, detail = prompt.partition(":")
    deed = DEEDS.get(name)
    return f"echo:{prompt}" if deed is None else await deed(detail, line)


async def _sleep(detail: str, _line: Line) -> str:
    try:
        await asyncio.sleep(float(detail))
    except ValueError:
        raise AgentFailed(f"sleep: {detail!r} is no number of seconds") from None
    return "slept"


async def _raise(detail: str, _line: Line) -> str:
    raise AgentFailed(detail)


async def _events(_detail: str, line: Line) -> str:
    await line.send({"type": "thinking"})
    await line.send({"type": "tool_call", "tool_id": "call_1", "name": "add", "args": {"a": 1}})
    told = {"type": "tool_result", "tool_id": "call_1", "name": "add", "args": {"a": 1}}
    await line.send({**told, "status": "success", "result": "1", "timing_ms": 0.1})
    await line.send({"type": "note", "id": "own-id", "ts": 5})
    return "told"


async def _approve(_detail: str, line: Line) -> str:
    await line.send({"type": "approval_needed", "tool": "bash", "arguments": {"command": "ls"}})
    answer = await line.receive()
    return f"approved:{str(answer.get('approved') is True).lower()}"  # CO-WS-19


async def _ask(detail: str, line: Line) -> str:
    text = detail or "what next?"
    asked = {"type": "ask_user", "text": text, "question": text}  # CO-WS-21, and what hosts send
    await line.send({**asked, "options": None, "multi_select": False})
    answer = await line.receive()
    return f"answer:{answer.get('answer', '')}"


async def _receive(_detail: str, line: Line) -> str:
    return f"received:{(await line.receive()).get('type')}"


async def _big(detail: str, _line: Line) -> str:
    if not detail.isdigit():
        raise AgentFailed(f"big: {detail!r} is no number of characters")
    return "x" * int(detail)


async def _json(detail: str, _line: Line) -> Any:
    try:
        return json.loads(detail)
    except (ValueError, RecursionError):
        raise AgentFailed(f"json: {detail!r} is no JSON") from None


DEEDS: Mapping[str, Callable[[str, Line], Awaitable[Any]]] = {
    "sleep": _sleep,
    "raise": _raise,
    "events": _events,
    "approve": _approve,
    "ask": _ask,
    "recv": _receive,
    "big": _big,
    "json": _json,
}
