"""HTTP bodies in and answers out (RXON-LSN-03, -04)."""

from collections.abc import Mapping

import orjson
from aiohttp import web

from reference.rxon import revision
from reference.rxon.core import Reply


def response(reply: Reply) -> web.Response:
    """Make an HTTP response: compact JSON, never compressed (RXON-LSN-03).

    What the core replies with is in normal form already. Normalising it again would also refuse a
    record that is as deep as a message may be, inside the list of records.
    """
    if reply.body is None:
        return web.Response(status=reply.status, headers=reply.headers)
    return web.Response(
        status=reply.status,
        headers=reply.headers,
        body=orjson.dumps(reply.body),
        content_type="application/json",
    )


async def read_body(request: web.Request) -> bytes:
    """Read a body; raises HTTPRequestEntityTooLarge for more than the limit (RXON-LSN-04)."""
    body = await request.read()
    if len(body) > revision.BODY_LIMIT:  # aiohttp's own limit is only near this one
        raise web.HTTPRequestEntityTooLarge(revision.BODY_LIMIT, len(body))
    return body


def version_headers() -> Mapping[str, str]:
    """Return what every answer carries (RXON-LSN-03)."""
    return {"X-RXON-Version": revision.PROTOCOL_VERSION}
