from __future__ import annotations

import asyncio
import threading

import pytest

from conformance.kit.running.loop import LoopThread


def test_work_is_done_in_a_thread_of_its_own() -> None:
    async def where() -> str:
        return threading.current_thread().name

    loop = LoopThread()
    try:
        assert loop.run(where(), within=5) == "assay"
        assert loop.time() > 0
    finally:
        loop.close()
    loop.close()  # a second time is no error


def test_an_error_comes_back_to_the_caller() -> None:
    async def fails() -> None:
        raise KeyError("x")

    loop = LoopThread()
    try:
        with pytest.raises(KeyError):
            loop.run(fails(), within=5)
    finally:
        loop.close()


def test_work_that_takes_too_long_is_cancelled() -> None:
    ended = threading.Event()

    async def sleeps() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    loop = LoopThread()
    try:
        with pytest.raises(TimeoutError):
            loop.run(sleeps(), within=0.01)
        assert ended.wait(5)
    finally:
        loop.close()
