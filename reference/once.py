"""A request that is sent once: what breaks is the caller's to repeat, when its protocol says so.

The HTTP library would repeat a GET at once, unasked, when its connection breaks.
"""

import aiohttp


class BrokenOffError(Exception):
    """The peer broke the connection before it answered."""


async def once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request, and say so when its connection breaks; a middleware of aiohttp."""
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise BrokenOffError(str(error) or type(error).__name__) from error
