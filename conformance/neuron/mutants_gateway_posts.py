"""What breaks each requirement of NEURON-GW-POST."""

from __future__ import annotations

import asyncio
import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from conformance.neuron.gateway_mutations import CORE, POST, RECEIVE, Post, of_the_gateway, posts
from reference.neuron import delivery, json_text, registration
from reference.neuron.leases import Event, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.gateway_replies import Reply

NEVER = 3600.0  # seconds
SOON = 1.0  # seconds in which a stream that is read is empty


def is_about(request: web.Request, kind: str) -> bool:
    """Whether a post is of a kind."""
    return request.path.rpartition("/")[2] == kind


def with_status(
    request: web.Request, answer: web.Response, *, kind: str, status: int, other: int
) -> web.Response | None:
    """Answer posts of a kind with another status, but the same body."""
    if is_about(request, kind) and answer.status == status:
        answer.set_status(other)
    return answer


def says_json_and_is_silent(request: web.Request, answer: web.Response) -> Any:
    """Label an empty body as JSON."""
    if not is_about(request, "progress") or answer.status != 200:  # noqa: PLR2004
        return None
    return web.Response(status=200, body=b"", content_type="application/json")


def waits_for_the_reader(post: Post) -> Post:
    """Answer a register once the neuron has read what is on its stream."""

    async def posted(self: Any, request: web.Request) -> web.Response:
        answer = await post(self, request)
        if is_about(request, "register") and answer.status == 200:  # noqa: PLR2004
            name = json.loads(await request.read()).get("neuronId")
            neuron = self._shell.core.state.fleet.get(name)
            over = time.monotonic() + SOON
            while neuron is not None and neuron.outbox:  # noqa: ASYNC110  (a bug need not be nice)
                await asyncio.sleep(0.01 if time.monotonic() < over else NEVER)
        return answer

    return posted


def reads_compact_json_only(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse JSON with a blank behind its first colon."""

    def parsed(text: Any) -> Any:
        if re.match(rb'\{\s*"\w+": ', text if isinstance(text, bytes) else text.encode()):
            raise json_text.JSONTextError("a blank")
        return read(text)

    return parsed


def wants_a_fraction(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Read no instant without a fraction."""
    fraction = r"\.(?P<fraction>[0-9]+)"
    return re.compile(pattern.pattern.replace(f"(?:{fraction})?", fraction))


def minds_no_unknown_member(members: Callable[..., Any]) -> Callable[..., Any]:
    """Read past members that nobody knows."""

    def read(path: str, value: Any, fields: Mapping[str, Any]) -> Any:
        known = value
        if isinstance(value, dict):
            known = {name: member for name, member in value.items() if name in fields}
        return members(path, known, fields)

    return read


def calls_everything_bad(json_errors: Any) -> Any:
    """Answer 400 where the method is not allowed."""

    @web.middleware
    async def answered(request: web.Request, handler: Any) -> web.StreamResponse:
        answer: web.StreamResponse = await json_errors(request, handler)
        if answer.status == 405:  # noqa: PLR2004
            answer.set_status(400)
        return answer

    return answered


def waits_for_the_repetition(expire: Callable[..., None]) -> Callable[..., None]:
    """Never give a task to the only neuron that could have it, once it was silent."""

    def expired(state: Any, lease_id: str, *, now: float) -> None:
        lease = state.leases[lease_id]
        task = state.task_of(lease)
        able = {each.neuron_id for each in state.fleet.offering(task.order.capability)}
        if task.stage is Stage.CANCELLING or able - {lease.neuron_id}:
            expire(state, lease_id, now=now)
        else:
            delivery.happen(state, task, Event.EXHAUST, now=now, failure=delivery.EXPIRED)

    return expired


def hangs_up_on_nonsense(receive: Callable[..., Reply]) -> Callable[..., Reply]:
    """End the stream of a neuron whose heartbeat cannot be read."""

    def received(core: Any, kind: str, body: bytes, *, subject: str, now: float) -> Reply:
        reply = receive(core, kind, body, subject=subject, now=now)
        if kind == "heartbeat" and reply.status == 400:  # noqa: PLR2004
            found = re.search(rb'"neuronId":"([\w-]+)"', body[:1000])
            neuron = core.state.fleet.get(found[1].decode()) if found else None
            if neuron is not None:
                registration.cut(core.state, neuron, now=now)
        return reply

    return received


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-POST-01",
        "answers 404 to a progress that it cannot read",
        POST,
        posts(partial(with_status, kind="progress", status=400, other=404)),
    ),
    of_the_gateway(
        "NEURON-GW-POST-02",
        "labels an empty body as JSON",
        POST,
        posts(says_json_and_is_silent),
    ),
    of_the_gateway(
        "NEURON-GW-POST-03",
        "redirects a heartbeat without a session",
        POST,
        posts(partial(with_status, kind="heartbeat", status=409, other=307)),
    ),
    of_the_gateway(
        "NEURON-GW-POST-04",
        "answers a register when the stream has been read",
        POST,
        waits_for_the_reader,
    ),
    of_the_gateway(
        "NEURON-GW-POST-05",
        "reads compact JSON only",
        "reference.neuron.json_text:read",
        reads_compact_json_only,
    ),
    of_the_gateway(
        "NEURON-GW-POST-06",
        "reads no time without a fraction",
        "reference.neuron.timestamps:RFC_3339",
        wants_a_fraction,
    ),
    of_the_gateway(
        "NEURON-GW-POST-07",
        "reads past unknown members",
        "reference.neuron.messages:members",
        minds_no_unknown_member,
    ),
    of_the_gateway(
        "NEURON-GW-POST-08",
        "answers 400 to a wrong method",
        "reference.neuron.gateway_answers:json_errors",
        calls_everything_bad,
    ),
    of_the_gateway(
        "NEURON-GW-POST-09",
        "gives a task up when its only neuron has let the lease expire",
        f"{CORE}:DUE[lease]",
        waits_for_the_repetition,
    ),
    of_the_gateway(
        "NEURON-GW-POST-10",
        "ends the stream of a neuron whose heartbeat it cannot read",
        RECEIVE,
        hangs_up_on_nonsense,
    ),
)
