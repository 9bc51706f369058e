"""What breaks each requirement of NEURON-GW-AUTH."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aiohttp import web

from conformance.neuron.gateway_mutations import (
    CORE,
    POST,
    Post,
    handler_of,
    of_the_gateway,
    posts,
    replies,
)
from reference.neuron import registration
from reference.neuron.gateway_replies import Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

UNAUTHORIZED, FORBIDDEN = 401, 403
BEARERS = "reference.neuron.bearers"


def takes_any_scheme(_token_of: Any) -> Callable[[str | None], str]:
    """Take the second word of an Authorization header for a token, whatever the first is."""
    return lambda authorization: (authorization or "").partition(" ")[2]


def takes_heartbeats_from_anybody(request: web.Request, answer: web.Response) -> Any:
    """Welcome a heartbeat without a bearer."""
    anonymous = request.path.endswith("heartbeat") and "Authorization" not in request.headers
    return web.json_response({"ok": True}) if anonymous and answer.status == UNAUTHORIZED else None


def remembers_what_it_refused(post: Post) -> Post:
    """Take the repetition of an unauthorized post for a duplicate."""
    refused: set[str] = set()

    async def posted(self: Any, request: web.Request) -> web.Response:
        digest = hashlib.sha256(await request.read()).hexdigest()
        answer = await post(self, request)
        if answer.status == UNAUTHORIZED:
            refused.add(digest)
            return answer
        duplicate = digest in refused and request.path.rpartition("/")[2] in {"ack", "progress"}
        return web.json_response({"error": "duplicate"}, status=409) if duplicate else answer

    return posted


def cuts_streams(rotate: Callable[..., None]) -> Callable[..., None]:
    """End the streams of an identity whose bearer changes."""

    def rotated(core: Any, subject: str, token: str, *, grace: float, now: float) -> None:
        rotate(core, subject, token, grace=grace, now=now)
        for neuron in list(core.state.fleet):
            if neuron.subject == subject:
                registration.cut(core.state, neuron, now=now)

    return rotated


def forgets_whose_scope_it_is(denial: Callable[..., Any]) -> Callable[..., Any]:
    """Allow the tasks of any user to anybody."""

    def denied(state: Any, capability: Any, *, subject: str) -> Any:
        found = denial(state, capability, subject=subject)
        return None if found is Refusal.FOREIGN_SCOPE else found

    return denied


def believes_everybody(lease: Any, **_subject: str) -> Any:
    """Ask only whether there is such a lease."""
    return Refusal.UNKNOWN_LEASE if lease is None else None


def as_unauthorized(_state: Any, _frame: Any, reply: Reply) -> Reply | None:
    """Call unauthorized what is forbidden."""
    return Refusal.UNAUTHORIZED.reply() if reply.status == FORBIDDEN else None


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-AUTH-01",
        "takes a token with any scheme",
        f"{BEARERS}:token_of",
        takes_any_scheme,
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-02",
        "takes heartbeats without a bearer",
        POST,
        posts(takes_heartbeats_from_anybody),
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-03",
        "takes the repetition of an unauthorized post for a duplicate",
        POST,
        remembers_what_it_refused,
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-04",
        "knows only one bearer of an identity",
        f"{BEARERS}:Bearers._fits",
        lambda _: lambda _self, shown, token: shown == token != "",
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-05",
        "cuts a stream when its bearer expires",
        f"{CORE}:Gateway.rotate",
        cuts_streams,
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-06",
        "calls a report on another identity's lease unauthorized",
        handler_of("progress"),
        replies(as_unauthorized),
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-07",
        "lets a neuron register for any user",
        "reference.neuron.registration:denial",
        forgets_whose_scope_it_is,
    ),
    of_the_gateway(
        "NEURON-GW-AUTH-08",
        "takes results from whoever knows the lease",
        "reference.neuron.results:not_theirs",
        lambda _: believes_everybody,
    ),
)
