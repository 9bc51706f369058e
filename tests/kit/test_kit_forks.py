from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from conformance.kit.proof import forks
from conformance.kit.proof.forks import ForkFailed, forked

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


def test_each_thing_is_done_in_a_process_of_its_own() -> None:
    found = dict(forked([1, 2, 3], lambda thing: (thing * 2, os.getpid()), jobs=2))
    assert {thing: result for thing, (result, _) in found.items()} == {1: 2, 2: 4, 3: 6}
    assert len({pid for _, pid in found.values()} | {os.getpid()}) == 4


def test_nothing_that_is_done_there_is_left_behind() -> None:
    seen: list[int] = []
    assert dict(forked([1], seen.append, jobs=1)) == {1: None}
    assert seen == []


def test_so_many_at_a_time_and_no_more() -> None:
    begun: list[int] = []

    def things() -> Iterator[int]:
        for number in range(6):
            begun.append(number)
            yield number

    ended = forked(things(), abs, jobs=2)
    next(ended)
    assert begun == [0, 1]
    assert len(list(ended)) == 5


def test_what_the_work_raises_is_told() -> None:
    def work(thing: str) -> None:
        raise ValueError(f"{thing} is wrong")

    with pytest.raises(ForkFailed, match="ValueError: it is wrong"):
        list(forked(["it"], work, jobs=1))


def test_a_process_that_is_killed_is_told() -> None:
    with pytest.raises(ForkFailed, match=f"it: the process ended with -{signal.SIGKILL}"):
        list(forked(["it"], lambda _: os.kill(os.getpid(), signal.SIGKILL), jobs=1))


def test_whoever_stops_listening_leaves_nobody_running() -> None:
    waiting = forked([0, 600], time.sleep, jobs=2)  # the sleeper is ended, not waited for
    next(waiting)
    begun = time.monotonic()
    waiting.close()
    assert time.monotonic() - begun < 60


def test_work_without_an_end_is_told_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "LONGEST", 0.2)
    with pytest.raises(ForkFailed, match="no end within 0 s: 7"):
        dict(forked([7], lambda _: signal.pause(), jobs=1))
