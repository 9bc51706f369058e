"""Seeded bugs that only an unlikely conversation or spelling brings to light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable

Ignored = tuple[tuple[str, "Callable[[Any, Any], bool]"], ...]


def unless(exempt: Callable[[Any, Any], bool]) -> Callable[[Ignored], Ignored]:
    """Let some results count after a job's end."""

    def replacement(ignored: Ignored) -> Ignored:
        return tuple((reason, excepted(holds)) for reason, holds in ignored)

    def excepted(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        return lambda job, result: (
            (not job.terminal or not exempt(job, result)) and holds(job, result)
        )

    return replacement


def after_quarantine(job: Any, _result: Any) -> bool:
    """Whether a job was given up, though not for its lateness."""
    return bool(job.status is Status.QUARANTINED and not job.timed_out)


def failure_after_cancel(job: Any, result: Any) -> bool:
    """Whether a cancelled task failed."""
    return bool(job.status is Status.CANCELLED and result.status == "failure")


def shown(value: Any) -> Any:
    """Return the value with a text in the place of every null."""
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return "null" if value is None else value


MUTANTS = (
    mutant(
        "RXON-RES-06",
        "a quarantined job is revived by a late result",
        "reference.rxon.results:IGNORED",
        unless(after_quarantine),
        role="orc",
        suffix="-quarantined",
    ),
    mutant(
        "RXON-RES-15",
        "a cancelled job is tried again when its task fails",
        "reference.rxon.results:IGNORED",
        unless(failure_after_cancel),
        role="orc",
        suffix="-failure",
    ),
    mutant(
        "RXON-SIG-16",
        "null members are part of what is verified",
        "reference.rxon.signing:verify",
        lambda verify: lambda payload, **rest: verify(shown(payload), **rest),
        role="orc",
        suffix="-null",
    ),
)
