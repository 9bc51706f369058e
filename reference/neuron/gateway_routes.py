"""The routes that neurons use (sheet 2)."""

import asyncio
import time

from aiohttp import web

from reference.neuron import gateway_answers as answers
from reference.neuron import messages, sse
from reference.neuron.frames import Frame
from reference.neuron.gateway_replies import Refusal, Reply
from reference.neuron.gateway_shell import Shell

WRITE_SECONDS = 30.0  # how long a neuron may take to read one frame
KEEP_ALIVE = sse.comment("keep-alive")


class NeuronApi:
    """Reads requests of neurons, asks the core, writes its replies and frames."""

    def __init__(self, shell: Shell, *, keep_alive: float) -> None:
        self._shell = shell
        self._keep_alive = keep_alive

    def routes(self) -> list[web.RouteDef]:
        """Return the routes (NEURON-GW-POST-01)."""
        posts = [web.post(f"/neuron/{kind}", self.post) for kind in messages.FROM_NEURON]
        return [web.get("/neuron/events", self.events, allow_head=False), *posts]

    async def post(self, request: web.Request) -> web.Response:
        """Answer one frame; who it is comes first, so that strangers send no bodies."""
        subject = self._subject(request)
        if subject is None:
            return self._shell.answer(Refusal.UNAUTHORIZED.reply())
        body = await answers.read_body(request)
        kind = request.path.rpartition("/")[2]
        reply = self._shell.core.receive(kind, body, subject=subject, now=time.time())
        return self._shell.answer(reply)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Open a neuron's stream, its headers at once (NEURON-GW-SSE-01, -02)."""
        subject = self._subject(request)
        if subject is None:
            return self._shell.answer(Refusal.UNAUTHORIZED.reply())
        neuron_id = answers.queried(request, "neuronId")
        if not neuron_id:
            return self._shell.answer(Refusal.NO_NEURON_ID.reply())
        opened = self._shell.core.open_stream(neuron_id, subject=subject, now=time.time())
        if isinstance(opened, Reply):
            return self._shell.answer(opened)
        return await self._serve(request, opened)

    async def _serve(self, request: web.Request, number: int) -> web.StreamResponse:
        answer = answers.event_stream()
        with self._shell.stream(number) as stream:
            self._shell.settle()
            try:
                await answer.prepare(request)
                async for frame in stream.frames(keep_alive=self._keep_alive):
                    async with asyncio.timeout(WRITE_SECONDS):
                        await answer.write(KEEP_ALIVE if frame is None else event(frame))
            except TimeoutError:  # a reader that does not read would be kept for ever
                hang_up(request)
            except ConnectionError:
                pass
        return answer

    def _subject(self, request: web.Request) -> str | None:
        shown = request.headers.get("Authorization")
        return self._shell.core.identify(shown, now=time.time())


def event(frame: Frame) -> bytes:
    """Write a frame as an event: its type is the name (NEURON-GW-SSE-05, -07)."""
    return sse.encode(messages.render(frame).decode(), name=messages.TYPES[type(frame)])


def hang_up(request: web.Request) -> None:
    """Break a connection off."""
    if request.transport is not None:
        request.transport.abort()
