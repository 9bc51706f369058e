"""HTTP requests in and answers out of a gateway (sheet 7.5)."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from aiohttp import web

from reference.neuron import json_text
from reference.neuron.gateway_replies import Reply

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY_LIMIT = web.AppKey("body_limit", int)
# What a proxy on the way must not hold back or keep.
STREAM_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


class RefusedError(Exception):
    """A refusal on its way out."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body)
        self.reply = reply


def response(reply: Reply) -> web.Response:
    """Make an HTTP response: compact JSON, never compressed, never empty (NEURON-GW-POST-02)."""
    return web.Response(
        status=reply.status,
        headers=reply.headers,
        body=json_text.write(reply.body),
        content_type="application/json",
    )


async def read_body(request: web.Request) -> bytes:
    """Read a body; raises HTTPRequestEntityTooLarge for more than the limit."""
    body = await request.read()
    limit: int = request.app[BODY_LIMIT]
    if len(body) > limit:  # aiohttp's own limit is only near this one
        raise web.HTTPRequestEntityTooLarge(limit, len(body))
    return body


def event_stream() -> web.StreamResponse:
    """Make the response of a stream; its connection serves nothing else after its end."""
    answer = web.StreamResponse(headers=STREAM_HEADERS)
    answer.force_close()
    return answer


def queried(request: web.Request, name: str) -> str | None:
    """Return a member of the query, percent-decoded as UTF-8 (NEURON-GW-SSE-03).

    A plus is a plus: neurons write %20 for a space. Undecodable bytes are as good as nothing.
    """
    query = request.raw_path.partition("?")[2]
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            try:
                return unquote(value, errors="strict")
            except UnicodeDecodeError:
                return None
    return None


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals, also 404, 405 and 413, in JSON like everything else (NEURON-GW-POST-08)."""
    try:
        return await handler(request)
    except RefusedError as error:
        return response(error.reply)
    except web.HTTPException as error:
        refused = response(Reply(error.status, {"error": (error.reason or "refused").lower()}))
        if "Allow" in error.headers:
            refused.headers["Allow"] = error.headers["Allow"]
        return refused
