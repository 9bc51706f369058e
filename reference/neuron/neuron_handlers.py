"""What surrounds a handler: its context, its thread if it blocks, and what it came to."""

import asyncio
import contextlib
import inspect
import threading
from asyncio.tasks import _unregister_task
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from reference.neuron.frames import Lease
from reference.neuron.neuron_outcomes import Aborted, Failed, Outcome, Raised, Returned, plain

Handler: TypeAlias = Callable[[Any, "Context"], Any]
Report: TypeAlias = Callable[..., None]

ABANDON_WITHIN = 0.5  # seconds for a task to notice that it is cancelled


class Failure(Exception):  # noqa: N818  it is not an error of the program
    """A handler gives up for good; the task is not tried again."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Context:
    """What a handler knows of its lease, and can say while it runs; safe in any thread."""

    def __init__(self, lease: Lease, report: Report) -> None:
        self.lease = lease
        self.cancelled = threading.Event()  # the handler is asked to end
        self._report = report
        self._loop = asyncio.get_running_loop()

    def progress(
        self, *, percent: float | None = None, message: str | None = None, data: Any = None
    ) -> None:
        """Tell how far the work is; returns at once (NEURON-NRN-RESULT-13).

        `percent` is 0 to 100; a report that cannot be sent is left out.
        """
        try:
            copy = plain(data)  # what the handler changes later is another state
        except (TypeError, ValueError, RecursionError):
            copy = data  # the core says why it cannot be sent
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it the neuron
            self._loop.call_soon_threadsafe(
                lambda: self._report(percent=percent, message=message, data=copy)
            )

    def fail(self, reason: str, *, code: str | None = None) -> NoReturn:
        """Give up for good (NEURON-NRN-RESULT-05)."""
        raise Failure(str(reason), code=None if code is None else str(code))


class Execution:
    """One run of a handler; `done` is told what it came to, whatever that is."""

    def __init__(self, handler: Handler, context: Context, done: Callable[[Outcome], None]) -> None:
        self._context = context
        self._in_thread = False
        self._task = asyncio.create_task(self._run(handler))
        # A callback, since a task that is cancelled before its first step runs no code of its own.
        self._task.add_done_callback(
            lambda task: done(Aborted() if task.cancelled() else task.result())
        )

    def interrupt(self) -> None:
        """Ask the handler to end: nothing can stop a thread, so there it has to look itself."""
        self._context.cancelled.set()
        if not self._in_thread:
            self._task.cancel()

    async def abandon(self) -> None:
        """Wait for the handler no longer."""
        self._context.cancelled.set()
        self._task.cancel()
        await asyncio.wait([self._task], timeout=ABANDON_WITHIN)
        if not self._task.done():
            # asyncio.run waits for every task that it knows of, for this one perhaps for ever.
            _unregister_task(self._task)

    async def _run(self, handler: Handler) -> Outcome:
        try:
            return Returned(await self._call(handler))
        except Failure as failure:
            return Failed(failure.reason, failure.code)
        except asyncio.CancelledError:  # NEURON-NRN-RESULT-07: also one of the handler's own
            return Aborted()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  sys.exit in a handler must not end the neuron
            return Raised(_text(error))

    async def _call(self, handler: Handler) -> Any:
        if inspect.iscoroutinefunction(handler):
            return await handler(self._context.lease.task.input, self._context)
        self._in_thread = True
        result, error = await _from_thread(handler, self._context)
        self._in_thread = False
        if error is not None:
            raise error
        return await result if inspect.isawaitable(result) else result


def _from_thread(
    handler: Handler, context: Context
) -> asyncio.Future[tuple[Any, BaseException | None]]:
    """Run a blocking handler where it blocks nobody (NEURON-NRN-RESULT-09).

    The thread is a daemon of its own, not of a pool: a handler that never returns must not keep
    the process from ending (NEURON-NRN-STOP-08). Its slot bounds how many there are.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((result, error))

    def work() -> None:
        result, caught = None, None
        try:
            result = handler(context.lease.task.input, context)
        except BaseException as error:  # noqa: BLE001  it is raised where it is awaited
            caught = error
        # The loop may be gone when a handler returns that nobody waited for.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, caught)

    threading.Thread(target=work, daemon=True, name="neuron handler").start()
    return done


def _text(error: BaseException) -> str:
    """Return what an error says, or its kind if it says nothing (NEURON-NRN-RESULT-04)."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001  an error that cannot even be told is one all the same
        return type(error).__name__
