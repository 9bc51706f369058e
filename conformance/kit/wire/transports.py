"""What asyncio's transports do differently from one Python to the next."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


def cut(transport: asyncio.WriteTransport) -> None:
    """Break a connection at once, without waiting for what is in flight; safe to call twice."""
    # A TLS transport that was closed twice has nothing to abort any more: the first releases of
    # Python 3.11 fail over that.
    with contextlib.suppress(AttributeError):
        transport.abort()
