"""An event loop in a thread of its own, so that blocking callers and conversations coexist."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future
    from typing import Any

T = TypeVar("T")
JOIN_WITHIN = 10.0  # seconds


class LoopThread:
    """Runs coroutines for threads that cannot await."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="assay", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine; the future is a thread's, not asyncio's."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], *, within: float | None = None) -> T:
        """Run a coroutine and wait for its result; raises TimeoutError."""
        future = self.spawn(work)
        try:
            return future.result(within)
        except BaseException:
            future.cancel()
            raise

    def time(self) -> float:
        """Return the loop's clock."""
        return self._loop.time()

    def close(self) -> None:
        """Stop the loop and its thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(JOIN_WITHIN)
