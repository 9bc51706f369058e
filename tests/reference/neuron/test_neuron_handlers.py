"""What surrounds a handler: its context, its thread if it blocks, and what it came to."""

import asyncio
import sys
import threading
from collections.abc import Awaitable
from typing import Any, NoReturn

import pytest

from reference.neuron.frames import Lease, Task
from reference.neuron.neuron_handlers import Context, Execution, Failure, Handler
from reference.neuron.neuron_outcomes import Aborted, Failed, Outcome, Raised, Returned
from reference.neuron.timestamps import at

TASK = Task(task_id="t1", workflow_id="w1", capability="a/b", input={"n": 1}, attempt=0)
LEASE = Lease(lease_id="l1", expires_at=at(0.0), task=TASK)
SECONDS = 10


class Run:
    """One run of a handler, with what it reports."""

    def __init__(self, handler: Handler) -> None:
        self.told: list[dict[str, Any]] = []
        self._ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.context = Context(LEASE, lambda **told: self.told.append(told))
        self.execution = Execution(handler, self.context, self._ended.set_result)

    async def outcome(self) -> Outcome:
        async with asyncio.timeout(SECONDS):
            return await self._ended


def came_to(handler: Handler) -> Outcome:
    async def run() -> Outcome:
        return await Run(handler).outcome()

    return asyncio.run(run())


async def coroutine(given: Any, _context: Context) -> Any:
    return given


def function(given: Any, _context: Context) -> Any:
    return given


def function_that_gives_a_coroutine(given: Any, context: Context) -> Awaitable[Any]:
    return coroutine(given, context)


class Callable_:  # noqa: N801
    async def __call__(self, given: Any, _context: Context) -> Any:
        return given


@pytest.mark.parametrize(
    "handler", [coroutine, function, function_that_gives_a_coroutine, Callable_()]
)
def test_every_kind_of_handler_runs(handler: Handler) -> None:
    assert came_to(handler) == Returned({"n": 1})


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


RAISED: list[tuple[BaseException, Outcome]] = [
    (RuntimeError("boom"), Raised("boom")),
    (RuntimeError(), Raised("RuntimeError")),
    (KeyError("kk"), Raised("'kk'")),
    (TimeoutError(), Raised("TimeoutError")),
    (StopIteration(), Raised("coroutine raised StopIteration")),
    (SystemExit(3), Raised("3")),
    (SilentError(), Raised("SilentError")),
    (asyncio.CancelledError(), Aborted()),
    (Failure("no"), Failed("no")),
    (Failure("no", code="C"), Failed("no", "C")),
]


@pytest.mark.parametrize(("error", "outcome"), RAISED, ids=lambda each: type(each).__name__)
def test_whatever_a_coroutine_raises_is_an_outcome(error: BaseException, outcome: Outcome) -> None:
    async def handler(_given: Any, _context: Context) -> NoReturn:
        raise error

    assert came_to(handler) == outcome


@pytest.mark.parametrize(("error", "outcome"), RAISED, ids=lambda each: type(each).__name__)
def test_whatever_a_function_raises_is_an_outcome(error: BaseException, outcome: Outcome) -> None:
    def handler(_given: Any, _context: Context) -> NoReturn:
        raise error

    assert came_to(handler) == outcome


def test_a_context_fails_for_good() -> None:
    async def handler(_given: Any, context: Context) -> NoReturn:
        context.fail(5, code=7)  # type: ignore[arg-type]

    assert came_to(handler) == Failed("5", "7")


def test_a_function_runs_in_a_thread_that_does_not_keep_the_process() -> None:
    def handler(_given: Any, _context: Context) -> Any:
        return [threading.current_thread().daemon, threading.get_ident() != main]

    main = threading.get_ident()
    assert came_to(handler) == Returned([True, True])


@pytest.mark.parametrize("blocking", [False, True])
def test_reports_are_told_in_order_and_as_they_were(*, blocking: bool) -> None:
    def report(_given: Any, context: Context) -> None:
        state = {"step": 1}
        context.progress(percent=1, data=state)
        state["step"] = 2
        context.progress(message="m")
        context.progress(data=sys)

    async def report_too(given: Any, context: Context) -> None:
        report(given, context)

    async def scene() -> None:
        run = Run(report if blocking else report_too)
        await run.outcome()
        assert run.told == [
            {"percent": 1, "message": None, "data": {"step": 1}},
            {"percent": None, "message": "m", "data": None},
            {"percent": None, "message": None, "data": sys},
        ]

    asyncio.run(scene())


def test_a_coroutine_is_interrupted_where_it_waits() -> None:
    async def handler(_given: Any, context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            assert context.cancelled.is_set()

    async def scene() -> None:
        run = Run(handler)
        await asyncio.sleep(0)
        run.execution.interrupt()
        assert await run.outcome() == Aborted()

    asyncio.run(scene())


def test_a_coroutine_is_interrupted_before_its_first_step() -> None:
    async def scene() -> None:
        run = Run(coroutine)
        run.execution.interrupt()
        assert await run.outcome() == Aborted()

    asyncio.run(scene())


def test_a_function_is_only_told_that_it_should_end() -> None:
    def handler(_given: Any, context: Context) -> Any:
        return context.cancelled.wait(SECONDS)

    async def scene() -> None:
        run = Run(handler)
        await asyncio.sleep(0.01)
        run.execution.interrupt()
        assert await run.outcome() == Returned(True)  # noqa: FBT003

    asyncio.run(scene())


def test_what_is_abandoned_is_not_waited_for() -> None:
    blocked = threading.Event()

    def handler(_given: Any, _context: Context) -> None:
        blocked.wait(SECONDS)

    async def scene() -> None:
        run = Run(handler)
        await asyncio.sleep(0.01)
        await run.execution.abandon()
        assert await run.outcome() == Aborted()
        blocked.set()

    asyncio.run(scene())
