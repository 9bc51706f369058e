"""The judge: one function for live runs, captures, properties and mutants."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.seen import Missing, Seen
from conformance.kit.verdict import (
    BROKEN_AT,
    Broken,
    NotObserved,
    NotPassed,
    Outcome,
    Unmet,
    Unsupported,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.kit.judging.suite import Check
    from conformance.kit.requirements import Requirement
    from conformance.kit.transcript import Event

UNSET = object()


class End(StrEnum):
    """How a scenario ended."""

    FINISHED = "finished"
    NOT_OBSERVED = "not-observed"
    UNSUPPORTED = "unsupported"
    UNMET = "unmet"  # the target kept it from going on
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"  # our fault


@dataclass(frozen=True, slots=True)
class Ending:
    """The last event of a scenario, as data."""

    end: End
    reason: str = ""
    evidence: tuple[Event, ...] = ()


def endings(events: Iterable[Event]) -> dict[str, Ending]:
    """Read how each scenario ended from a transcript."""
    everything = list(events)
    by_number = {event.number: event for event in everything}
    return {
        event.scenario: Ending(
            End(event.data["end"]),
            event.data.get("reason", ""),
            tuple(by_number[n] for n in event.data.get("evidence", ()) if n in by_number),
        )
        for event in everything
        if event.kind == "end"
    }


def judge(  # noqa: PLR0913  (a judgement needs the rule, the case and the record)
    check: Check,
    requirement: Requirement,
    events: Sequence[Event],
    *,
    facts: Mapping[str, Any],
    case: str = "",
    example: Any = UNSET,
) -> Outcome:
    """Give the verdict of one check over the events of its scenarios."""
    if check.scenarios and not events:
        return Outcome(Verdict.NOT_OBSERVED, "none of its conversations was recorded")
    red = BROKEN_AT[requirement.level]
    seen = Seen(events, facts)
    arguments = [case] if case else [] if example is UNSET else [example]
    complaint: NotPassed | None = None
    ends = [] if check.passive else list(endings(events).values())
    try:
        check.function(seen, *arguments)
    except Broken as found:
        return Outcome(red, found.reason, found.evidence, seen.subjects)
    except NotPassed as found:
        complaint = found
    except Missing as missing:
        seen.subjects = 0
        complaint = NotObserved(f"the run holds nothing tagged “{missing}”")
    except Exception:  # noqa: BLE001  (a check that raises anything else is our own bug)
        if all(ending.end is End.FINISHED for ending in ends):
            return Outcome(Verdict.KIT_ERROR, "the check crashed", details=traceback.format_exc())
        # It stumbled over what the scenario did not get to: that scenario's ending says why.
        seen.subjects = 0
    return _with_endings(seen, complaint, ends, red)


def _with_endings(
    seen: Seen, complaint: NotPassed | None, ends: list[Ending], red: Verdict
) -> Outcome:
    """Weigh what the check said against how its scenarios ended."""
    for ending in ends:
        if ending.end is End.CRASHED:
            return Outcome(Verdict.KIT_ERROR, "the scenario crashed", details=ending.reason)
        if ending.end in {End.UNMET, End.TIMED_OUT}:
            return _unmet(red, ending, seen.subjects)
    if isinstance(complaint, Unmet):
        return _unmet(red, complaint, seen.subjects)
    if complaint is None and seen.subjects:
        return Outcome(Verdict.PASS, subjects=seen.subjects)
    return _nothing_seen(complaint, ends)


def _unmet(red: Verdict, why: Ending | Unmet, subjects: int) -> Outcome:
    return Outcome(red, f"prerequisite: {why.reason}", why.evidence, subjects, met=False)


def _nothing_seen(complaint: NotPassed | None, ends: list[Ending]) -> Outcome:
    for ending in ends:
        if ending.end is End.UNSUPPORTED:
            return Outcome(Verdict.UNSUPPORTED, ending.reason)
        if ending.end is End.NOT_OBSERVED:
            return Outcome(Verdict.NOT_OBSERVED, ending.reason)
    if isinstance(complaint, Unsupported):
        return Outcome(Verdict.UNSUPPORTED, complaint.reason)
    if complaint is not None:
        return Outcome(Verdict.NOT_OBSERVED, complaint.reason, complaint.evidence)
    return Outcome(Verdict.NOT_OBSERVED, "nothing that the run recorded is a subject of this check")
