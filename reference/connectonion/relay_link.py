"""A host's connection to a relay: it announces itself, and takes prompts as it takes them directly.

A relayed prompt passes the same gate and the same policy (CO-RELAY-10); what it brings goes back
with its `input_id`. The connection is made again whenever it is lost (CO-RELAY-09).
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from reference.connectonion import canonical
from reference.connectonion.conversation import Begin, Conversation, Effect, Say, event
from reference.connectonion.host_shell import Shell, new_id
from reference.connectonion.identity import Identity

SUMMARY_LIMIT = 1000  # characters, CO-RELAY-02
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before the relay is dialled again


def announcement(identity: Identity, summary: str, *, now: float) -> dict[str, Any]:
    """Return a signed ANNOUNCE of this moment (CO-RELAY-08)."""
    message = {
        "type": "ANNOUNCE",
        "address": identity.address,
        "timestamp": int(now),
        "summary": summary[:SUMMARY_LIMIT],
        "endpoints": [],
    }
    return {**message, "signature": identity.sign(canonical.announcement(message))}


class RelayLink:
    """Keeps a host reachable through a relay."""

    def __init__(
        self, shell: Shell, identity: Identity, url: str, *, summary: str, heartbeat: float
    ) -> None:
        self._shell = shell
        self._identity = identity
        self._url = url.rstrip("/") + "/ws/announce"
        self._summary = summary
        self._heartbeat = heartbeat
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Hang up for good."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    async with http.ws_connect(self._url) as socket:
                        pause = FIRST_PAUSE
                        await self._serve(socket)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        beat = asyncio.create_task(self._announce(socket))
        lines: dict[str, Relayed] = {}
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                await self._take(socket, lines, message.data)
        finally:
            beat.cancel()
            for line in lines.values():
                line.close()

    async def _announce(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            told = announcement(self._identity, self._summary, now=time.time())
            await socket.send_str(json.dumps(told))
            await asyncio.sleep(self._heartbeat)

    async def _take(
        self, socket: aiohttp.ClientWebSocketResponse, lines: dict[str, "Relayed"], text: str
    ) -> None:
        """Give a frame to the conversation of its input; others are ignored (CO-RELAY-12)."""
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return
        input_id = frame.get("input_id") if isinstance(frame, dict) else None
        if not isinstance(input_id, str) or frame.get("type") == "ERROR":
            return
        for each in [each for each, line in lines.items() if line.talk.run is None]:
            del lines[each]  # what has been answered
        if input_id not in lines:
            lines[input_id] = Relayed(self._shell, socket, input_id)
        line = lines[input_id]
        effects = line.talk.hear(text, now=time.time())
        self._shell.settle()
        await line.perform(effects)


class Relayed:
    """One prompt through the relay, as the line of the agent that works for it."""

    def __init__(
        self, shell: Shell, socket: aiohttp.ClientWebSocketResponse, input_id: str
    ) -> None:
        self.talk = Conversation(shell.host.desk)
        self._shell = shell
        self._socket = socket
        self._input_id = input_id
        self._heard: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    async def perform(self, effects: list[Effect]) -> None:
        """Do what the conversation wants done."""
        for effect in effects:
            match effect:
                case Say(frame):
                    await self.say(frame)
                case Begin(run):
                    self._shell.work(self, run)
                case _:
                    self._heard.put_nowait(effect.frame)

    async def say(self, frame: Mapping[str, Any]) -> None:
        """Send a frame back to where the prompt came from (CO-RELAY-05)."""
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(json.dumps({**frame, "input_id": self._input_id}))

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Tell the client what the agent does."""
        await self.say(event(frame, new_id=new_id, now=time.time()).frame)

    async def receive(self) -> Mapping[str, Any]:
        """Hear what the client answers the agent."""
        return await self._heard.get()

    def close(self) -> None:
        """Tell the agent that nobody is there any more."""
        self._heard.put_nowait({"type": "io_closed"})
