"""One tracker of the Elo benchmark, in a process of its own: ``reference`` or ``published``.

Either runs in the published package's environment, lifts its limit of messages, and relays: the
package by its application's handler, as it leaves that to applications.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
from typing import Any

NO_LIMIT = 10**9  # messages in a window


async def reference() -> str:
    """Serve the reference tracker."""
    from reference.elo.tracker import TrackerRole  # noqa: PLC0415  (not beside the other)

    role = TrackerRole()
    settings = {"rate_limit": NO_LIMIT}
    await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
    return role.url


class Uncounted(dict[str, Any]):
    """The package's counts of messages, of which none grows."""

    def get(self, _peer: str, default: Any = None) -> Any:
        """Return a count of nothing."""
        return 0, default[1]


async def published() -> str:
    """Serve a node of the package as a tracker."""
    from elo import EphemeralIdentity, Node  # type: ignore[attr-defined]  # noqa: PLC0415

    node = Node("bench", port=0, identity=EphemeralIdentity())
    node._msg_count = Uncounted()  # the limit has no setting
    await node.register(agents=["echo", "relay"])

    async def handle(task: Any) -> Any:
        if task.capability != "relay":
            return {"echo": task.payload}
        asked = task.payload
        result = await node.send_task(
            asked["target"], asked["capability"], asked["payload"], ttl_s=asked["ttl_s"]
        )
        if result.status != "success":
            raise RuntimeError(result.error)
        return result.payload

    node.on_task(handle)
    await node.connect()
    RUNNING.append(asyncio.create_task(node.run()))
    return f"elo://127.0.0.1:{node.port}"


RUNNING: list[asyncio.Task[Any]] = []


async def main() -> None:
    """Serve until the process is killed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(await {"reference": reference, "published": published}[sys.argv[1]](), flush=True)
    await asyncio.Event().wait()


with tempfile.TemporaryDirectory() as home:
    os.environ["HOME"] = home  # the package looks there for a key
    asyncio.run(main())
