"""How the gateway's mutants take hold: of a post's answer, of a frame's handler, of the core."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.kit.proof.mutation import mutant
from reference.neuron.gateway_replies import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

Post: TypeAlias = "Callable[[Any, web.Request], Awaitable[web.Response]]"
Handler: TypeAlias = "Callable[..., Reply]"
Replacement: TypeAlias = "Callable[[Any], Any]"

POST = "reference.neuron.gateway_routes:NeuronApi.post"
RECEIVE = "reference.neuron.gateway_core:Gateway.receive"
CORE = "reference.neuron.gateway_core"
OK = Reply(200, {"ok": True})

of_the_gateway = partial(mutant, role="gw")


def nothing(*_arguments: Any, **_named: Any) -> None:
    """Do nothing."""


def handler_of(kind: str) -> str:
    """Return the place of what handles frames of a kind."""
    return f"{CORE}:HANDLERS[{kind}]"


def posts(change: Callable[[web.Request, web.Response], Any]) -> Replacement:
    """Have answers to posts changed: ``change`` returns another one, or None."""

    def replaced(post: Post) -> Post:
        async def posted(self: Any, request: web.Request) -> web.Response:
            answer = await post(self, request)
            return change(request, answer) or answer

        return posted

    return replaced


def replies(change: Callable[[Any, Any, Reply], Reply | None]) -> Replacement:
    """Have a handler's reply changed, after it has done what it does.

    ``change`` gets state, frame and reply, and returns another reply, or None.
    """

    def replaced(handle: Handler) -> Handler:
        def handled(state: Any, frame: Any, **about: Any) -> Reply:
            reply = handle(state, frame, **about)
            return change(state, frame, reply) or reply

        return handled

    return replaced


def frames_read_as(change: Callable[[Any], Any]) -> Replacement:
    """Have a handler read another frame than the one that came."""

    def replaced(handle: Handler) -> Handler:
        return lambda state, frame, **about: handle(state, change(frame), **about)

    return replaced


def said(reply: Reply, status: int) -> bool:
    """Whether a reply has a status."""
    return reply.status == status
