"""The clock of a core: one moment at a time, and never within the call that sets it."""

import asyncio
import math

import pytest

from reference.alarm import Alarm

NOW = 1_000.0
SECONDS = 20


def rings(*moments: float | None) -> int:
    """Set an alarm to each moment in turn, and return how often it has rung a little later."""

    async def play() -> int:
        count = 0
        later = asyncio.Event()

        def ring() -> None:
            nonlocal count
            count += 1

        alarm = Alarm(ring, now=lambda: NOW)
        for moment in moments:
            alarm.set(moment)
        assert count == 0
        asyncio.get_running_loop().call_later(0.05, later.set)
        async with asyncio.timeout(SECONDS):
            await later.wait()
        alarm.stop()
        return count

    return asyncio.run(play())


@pytest.mark.parametrize("moment", [NOW - 5, NOW, NOW + 0.01])
def test_it_rings_once_at_its_moment(moment: float) -> None:
    assert rings(moment) == 1


@pytest.mark.parametrize("never", [None, math.inf])
def test_it_does_not_ring_when_nothing_is_due(never: float | None) -> None:
    assert rings(never) == 0
    assert rings(NOW, never) == 0


def test_a_new_moment_replaces_the_one_before() -> None:
    assert rings(NOW, NOW + 3_600) == 0
    assert rings(NOW + 3_600, NOW) == 1
    assert rings(NOW, NOW) == 1


def test_it_can_be_set_again_when_it_rings() -> None:
    async def play() -> int:
        over = asyncio.Event()
        rung = 0

        def ring() -> None:
            nonlocal rung
            rung += 1
            if rung < 3:
                alarm.set(NOW)  # the moment that it has just rung at
            else:
                over.set()

        alarm = Alarm(ring, now=lambda: NOW)
        alarm.set(NOW)
        async with asyncio.timeout(SECONDS):
            await over.wait()
        return rung

    assert asyncio.run(play()) == 3


def test_a_sooner_moment_comes_first_and_a_later_one_changes_nothing() -> None:
    async def play() -> list[float | None]:
        alarm = Alarm(lambda: None, now=lambda: NOW)
        moments = []
        for moment in (None, NOW + 20, NOW + 30, None, NOW + 10):
            alarm.sooner(moment)
            moments.append(alarm._moment)
        alarm.stop()
        return moments

    assert asyncio.run(play()) == [None, NOW + 20, NOW + 20, NOW + 20, NOW + 10]
