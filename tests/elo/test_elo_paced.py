"""An instance with short times where there can be one, and the protocol's own times elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from conformance.elo.paced import TIMES, at_pace, lasted, lasts
from conformance.kit.judging.seen import Seen
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage


class Standing:
    """As much of a stage as is restarted, or cannot be."""

    def __init__(self, *, starts: bool) -> None:
        self.facts: dict[str, Any] = {}
        self.starts = starts

    async def restart(self, **settings: Any) -> None:
        if not self.starts:
            raise NotObserved("runs already")
        self.facts = settings


@pytest.mark.parametrize(("starts", "expected"), [(True, 0.5), (False, 30.0)])
def test_times_are_short_where_they_can_be_set(starts: bool, expected: float) -> None:  # noqa: FBT001
    stage = cast("Stage", Standing(starts=starts))
    asyncio.run(at_pace(stage, heartbeat_interval=0.5))
    assert lasts(stage, "heartbeat_interval") == expected


def test_a_target_that_tells_nothing_has_the_protocols_times() -> None:
    seen = Seen([], {})
    assert {name: lasted(seen, name) for name in TIMES} == TIMES
    assert lasted(Seen([], {"idle_limit": 2}), "idle_limit") == 2.0
