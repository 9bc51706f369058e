"""Waiting no longer than must be: an instance with short times, where the kit can start one.

A target whose times cannot be set is waited for as long as the protocol says.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage

# The protocol's own times in seconds, by the names that settings and facts have.
TIMES: Mapping[str, float] = {
    "heartbeat_interval": 30.0,  # ELO-LIFE-01
    "idle_limit": 90.0,  # ELO-LIFE-03
    "query_within": 5.0,  # ELO-ROUTE-05
    "query_memory": 60.0,  # ELO-ROUTE-16
    "result_within": 30.0,  # ELO-ROUTE-11
}


async def at_pace(stage: Stage, **times: float) -> None:
    """Go on with an instance of one's own: with these times, else with its own, if it can be."""
    for settings in (times, {}):
        with contextlib.suppress(NotObserved):
            await stage.restart(**settings)
            return


def lasts(stage: Stage, name: str) -> float:
    """Return how many seconds one of the target's times lasts."""
    return float(stage.facts.get(name, TIMES[name]))


def lasted(seen: Seen, name: str) -> float:
    """Return how many seconds one of the times lasted for the target that was seen."""
    return float(seen.fact(name, TIMES[name]))
