"""Two functions called in turn in one process; runs in a published package's environment."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Pair = tuple[Callable[[], Any], Callable[[], Any]]

ROUNDS = 15
CALLS = 400


def report(pairs: Mapping[str, Pair], *, calls: int = CALLS) -> None:
    """Print label, reference and published, medians over alternating rounds, as JSON."""
    print(json.dumps([(label, *_medians(label, pair, calls)) for label, pair in pairs.items()]))


def _medians(label: str, pair: Pair, calls: int) -> tuple[float, float]:
    ours, theirs = pair
    if ours() != theirs():
        raise RuntimeError(f"{label}: the two do not agree, so their times mean nothing")
    rounds = [(_once(ours, calls), _once(theirs, calls)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in rounds), statistics.median(b for _, b in rounds)


def _once(call: Callable[[], Any], calls: int) -> float:
    begun = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begun) / calls
