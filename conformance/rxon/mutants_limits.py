"""RXON-RL: seeded bugs in how often a worker may speak."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[..., float | None]


def one_more(limiter: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Count polls from zero."""
    return lambda facts: limiter({**facts, "rate_limit_poll": facts["rate_limit_poll"] + 1})


def counts_refusals(check: Check) -> Check:
    """Count what was refused as well."""

    def broken(self: Any, worker_id: str, kind: str, *, now: float) -> float | None:
        wait = check(self, worker_id, kind, now=now)
        if wait is not None:
            window = self._windows.setdefault((worker_id, kind), deque())
            window.append(now)
        return wait

    return broken


def for_all_together(check: Check) -> Check:
    """Have one limit for all workers."""
    return lambda self, _worker_id, kind, *, now: check(self, "everybody", kind, now=now)


MUTANTS = (
    mutant(
        "RXON-RL-01",
        "one poll more than the limit is let in",
        "reference.rxon.orchestrator:limiter",
        one_more,
        role="orc",
    ),
    mutant(
        "RXON-RL-02",
        "a refusal does not say when to come again",
        "reference.rxon.core:too_many",
        lambda too_many: lambda wait: replace(too_many(wait), headers={}),
        role="orc",
    ),
    mutant(
        "RXON-RL-03",
        "refused messages extend the period",
        "reference.rxon.limits:RateLimiter.check",
        counts_refusals,
        role="orc",
    ),
    mutant(
        "RXON-RL-04",
        "all workers share one limit",
        "reference.rxon.limits:RateLimiter.check",
        for_all_together,
        role="orc",
    ),
)
