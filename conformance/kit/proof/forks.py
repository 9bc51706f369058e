"""Work in forked processes: each begins as this one is now, does one thing, and is gone."""

from __future__ import annotations

import gc
import multiprocessing
import traceback
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

LONGEST = 600.0  # seconds in which at least one of the processes has to end

T = TypeVar("T")
R = TypeVar("R")


class ForkFailed(RuntimeError):  # noqa: N818  (says what happened)
    """A forked process ended without a result; the text says how."""


def forked(
    things: Iterable[T], work: Callable[[T], R], *, jobs: int
) -> Generator[tuple[T, R], None, None]:
    """Yield each thing with its result as it ends; so many processes at a time.

    Forked and not started: a process that begins where this one stands has imported all that this
    one has, and neither the work nor the things need to be told to it. There must be no other
    threads in this process. Raises ForkFailed with what the work raised.
    """
    context = multiprocessing.get_context("fork")
    running: dict[Connection, tuple[BaseProcess, T]] = {}
    gc.collect()
    gc.freeze()  # so that collections in the forks do not copy this process's memory
    try:
        for thing in things:
            process, end = _started(context, thing, work)
            running[end] = (process, thing)
            if len(running) >= jobs:
                yield from _ended(running)
        while running:
            yield from _ended(running)
    finally:
        gc.unfreeze()
        for process, _ in running.values():
            process.terminate()
            process.join()


def _started(
    context: multiprocessing.context.ForkContext, thing: T, work: Callable[[T], R]
) -> tuple[BaseProcess, Connection]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_one, args=(thing, work, theirs))
    process.start()
    theirs.close()
    return process, ours


def _one(thing: T, work: Callable[[T], R], end: Connection) -> None:
    try:
        end.send((work(thing), ""))
    except BaseException:  # noqa: BLE001  (it is told on the other side)
        end.send((None, traceback.format_exc()))


def _ended(running: dict[Connection, tuple[BaseProcess, T]]) -> Iterator[tuple[T, Any]]:
    """Wait for at least one process, and yield what came of those that have ended."""
    ready = wait(list(running), timeout=LONGEST)
    if not ready:
        stuck = ", ".join(str(thing) for _, thing in running.values())
        raise ForkFailed(f"no end within {LONGEST:.0f} s: {stuck}")
    for end in [end for end in running if end in ready]:
        process, thing = running.pop(end)
        try:
            result, trouble = end.recv()
        except EOFError:
            process.join()
            raise ForkFailed(f"{thing}: the process ended with {process.exitcode}") from None
        finally:
            end.close()
        process.join()
        if trouble:
            raise ForkFailed(f"{thing}: {trouble}")
        yield thing, result
