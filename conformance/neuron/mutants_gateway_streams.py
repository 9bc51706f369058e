"""What breaks each requirement of NEURON-GW-SSE."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from conformance.neuron.gateway_mutations import of_the_gateway
from reference.neuron import frames, messages, sse
from reference.neuron.fleet import Last
from reference.role import Setting, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from conformance.kit.proof.mutation import Mutant

    Route = Callable[[Any, web.Request], Awaitable[web.StreamResponse]]

ROUTES = "reference.neuron.gateway_routes"
ANSWERS = "reference.neuron.gateway_answers"
MESSAGES = "reference.neuron.messages"
LATE = 3  # comments after which a head is sent at last
LATELY = 0.9  # seconds
IDLE_ENOUGH = 2  # comments in a row after which a stream is taken for forgotten
FLOOD = 0.02  # seconds between two comments
BUSY = 0.05  # seconds that a post takes


class LateHead(web.StreamResponse):
    """A stream whose head is sent with its first frame, or when nobody expects it any more."""

    _request: Any = None
    _comments = 0

    async def prepare(self, request: Any) -> Any:
        """Put it off."""
        self._request = request

    async def write(self, data: Any) -> None:
        """Send the head first, unless it is only a comment."""
        if not self.prepared:
            comment = bytes(data).startswith(b":")
            self._comments += comment
            if comment and self._comments < LATE:
                return
            await super().prepare(self._request)
        await super().write(data)


def has_a_late_head(make: Callable[[], web.StreamResponse]) -> Callable[[], web.StreamResponse]:
    """Send the head of a stream with its first frame."""

    def made() -> web.StreamResponse:
        late = LateHead(headers=make().headers)
        late.force_close()
        return late

    return made


def decodes_twice(_queried: Any) -> Callable[[web.Request, str], str | None]:
    """Percent-decode a name, and what comes of it once more."""

    def queried(request: web.Request, name: str) -> str | None:
        pairs = (pair.partition("=") for pair in request.raw_path.partition("?")[2].split("&"))
        return next((unquote(unquote(value)) for key, _, value in pairs if key == name), None)

    return queried


def says_a_number(event: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Write an event that is no frame behind every `registered`."""

    def written(frame: Any) -> bytes:
        ping = b"data: 5\n\n" if isinstance(frame, frames.Registered) else b""
        return event(frame) + ping

    return written


def names_no_event(_event: Any) -> Callable[[Any], bytes]:
    """Call every event a message."""
    return lambda frame: sse.encode(messages.render(frame).decode(), name="message")


def of_leases(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """Change the lease frames on their way to the wire."""

    def replaced(write: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
        def written(frame: Any) -> dict[str, Any]:
            value = write(frame)
            if isinstance(frame, frames.LeaseFrame):
                change(value)
            return value

        return written

    return replaced


def ends_lines_with_crlf(encode: Callable[..., bytes]) -> Callable[..., bytes]:
    """End the lines of events as HTTP ends its own."""
    return lambda data, *, name: encode(data, name=name).replace(b"\n", b"\r\n")


def forgets_the_idle(following: Any) -> Any:
    """End the stream of a neuron that beats and has nothing to do."""

    async def frames_of(self: Any, *, keep_alive: float) -> AsyncIterator[Any]:
        comments = 0
        async for frame in following(self, keep_alive=keep_alive):
            comments = comments + 1 if frame is None else 0
            neuron = self._core.state.fleet.on_stream(self._number)
            beats = neuron is not None and neuron.last_heartbeat is not None
            if not beats or neuron.held or time.time() - neuron.last_heartbeat > LATELY:
                comments = 0
            if comments >= IDLE_ENOUGH:
                return
            yield frame

    return frames_of


def opens(answer_to: Callable[[web.Request, web.StreamResponse], Any]) -> Callable[[Route], Route]:
    """Answer some opens otherwise than the gateway would."""

    def replaced(events: Route) -> Route:
        async def answered(self: Any, request: web.Request) -> web.StreamResponse:
            early = answer_to(request, web.Response(status=200))
            if early is not None:
                return early  # type: ignore[no-any-return]
            answer = await events(self, request)
            return answer_to(request, answer) or answer

        return answered

    return replaced


def instead_of(status: int, other: int) -> Callable[[web.Request, web.StreamResponse], Any]:
    """Answer with another status, and nothing else."""
    return lambda _, answer: web.Response(status=other) if answer.status == status else None


def refuses_last_event_id(request: web.Request, _answer: Any) -> web.Response | None:
    """Refuse who wants to go on where it was."""
    return web.Response(status=400) if "Last-Event-ID" in request.headers else None


def keeps_the_first(next_frame: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a stream open when another takes its place."""
    names: dict[tuple[int, int], str] = {}

    def following(core: Any, stream: int, *, now: float) -> Any:
        there = core.state.fleet.on_stream(stream)
        if there is not None:
            names[id(core), stream] = there.neuron_id
        found = next_frame(core, stream, now=now)
        known = core.state.fleet.get(names.get((id(core), stream), ""))
        replaced = known is not None and known.stream not in {None, stream}
        return None if found is Last.END and replaced else found

    return following


def does_one_thing_at_a_time(post: Route) -> Route:
    """Refuse a heartbeat while another one of the neuron is being answered."""
    busy: set[str] = set()

    async def posted(self: Any, request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("heartbeat"):
            return await post(self, request)
        try:
            name = str(json.loads(await request.read())["neuronId"])
        except (ValueError, KeyError, TypeError, RecursionError, web.HTTPException):
            return await post(self, request)
        if name in busy:
            return web.Response(status=503)
        busy.add(name)
        try:
            await asyncio.sleep(BUSY)
            return await post(self, request)
        finally:
            busy.discard(name)

    return posted


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-SSE-01",
        "calls an event stream HTML",
        f"{ANSWERS}:STREAM_HEADERS[Content-Type]",
        lambda _: "text/html",
    ),
    of_the_gateway(
        "NEURON-GW-SSE-02",
        "sends the head of a stream with its first frame",
        f"{ANSWERS}:event_stream",
        has_a_late_head,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-03",
        "decodes names twice",
        f"{ANSWERS}:queried",
        decodes_twice,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-04",
        "writes a number where a frame is due",
        f"{ROUTES}:event",
        says_a_number,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-05",
        "gives events no name",
        f"{ROUTES}:event",
        names_no_event,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-06",
        "adds a member to lease frames",
        f"{MESSAGES}:write",
        of_leases(lambda value: value["lease"].update(priority=1)),
    ),
    of_the_gateway(
        "NEURON-GW-SSE-06",
        "leaves the workflow out of tasks",
        f"{MESSAGES}:write",
        of_leases(lambda value: value["lease"]["task"].pop("workflowId")),
        suffix="-workflow",
    ),
    of_the_gateway(
        "NEURON-GW-SSE-07",
        "ends lines with CRLF",
        "reference.neuron.sse:encode",
        ends_lines_with_crlf,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-08",
        "ends the stream of a neuron that has nothing to do",
        "reference.neuron.gateway_shell:Stream.frames",
        forgets_the_idle,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-09",
        "floods streams with comments",
        "reference.neuron.gateway_settings:SETTINGS[keep_alive]",
        lambda _: Setting(FLOOD, lambda value: FLOOD + 0.0 * seconds(value)),
    ),
    of_the_gateway(
        "NEURON-GW-SSE-10",
        "answers 204 to an open without a name",
        f"{ROUTES}:NeuronApi.events",
        opens(instead_of(400, 204)),
        also=("NEURON-GW-SSE-11",),  # which asks for 400 where this refuses
    ),
    of_the_gateway(
        "NEURON-GW-SSE-11",
        "answers 404 to an open without a name",
        f"{ROUTES}:NeuronApi.events",
        opens(instead_of(400, 404)),
    ),
    of_the_gateway(
        "NEURON-GW-SSE-12",
        "leaves the first stream open when there is a second",
        "reference.neuron.gateway_core:Gateway.next_frame",
        keeps_the_first,
    ),
    of_the_gateway(
        "NEURON-GW-SSE-13",
        "refuses Last-Event-ID",
        f"{ROUTES}:NeuronApi.events",
        opens(refuses_last_event_id),
    ),
    of_the_gateway(
        "NEURON-GW-SSE-14",
        "refuses a post while another is being answered",
        f"{ROUTES}:NeuronApi.post",
        does_one_thing_at_a_time,
    ),
)
