"""Judging a recorded transcript: the same checks, without a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit import protocols
from conformance.kit.judging.judge import judge
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.kit.judging.suite import Check
    from conformance.kit.transcript import Event


def verdicts(
    header: Mapping[str, Any], events: Sequence[Event], checks: Iterable[Check]
) -> Iterator[tuple[str, Check, Outcome]]:
    """Yield (item, check, outcome) of every check of the capture's protocol and role."""
    rows = protocols.requirements_of(header["protocol"])
    for check in checks:
        row = rows[check.requirement]
        if header["role"] not in row.roles:
            continue
        if check.for_all:
            ((item, _),) = check.item_ids()
            yield item, check, _examples(check, header, events)
            continue
        for item, case in check.item_ids():
            outcome = judge(check, row, _select(events, check), facts={}, case=case)
            yield item, check, outcome


def _examples(check: Check, header: Mapping[str, Any], events: Sequence[Event]) -> Outcome:
    """Judge the examples of a property that the capture holds."""
    row = protocols.requirements_of(header["protocol"])[check.requirement]
    prefix = f"{check.function.__name__}:"
    starts = [
        each for each in events if each.kind == "example" and each.scenario.startswith(prefix)
    ]
    subjects = 0
    for start in starts:
        own = [each for each in events if each.scenario == start.scenario]
        outcome = judge(check, row, own, facts={}, example=start.data["example"])
        if outcome.verdict is not Verdict.PASS:
            return outcome
        subjects += outcome.subjects
    if not starts:
        return Outcome(Verdict.NOT_OBSERVED, "the capture holds no example of this property")
    return Outcome(Verdict.PASS, f"{len(starts)} examples", subjects=subjects)


def _select(events: Sequence[Event], check: Check) -> Sequence[Event]:
    """Return the events that a check may look at."""
    if check.passive:
        return list(events)
    names = {scenario.name for scenario in check.scenarios}
    return [event for event in events if event.scenario in names]
