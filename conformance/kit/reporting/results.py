"""The results of one run: every item's outcome, raw and as the baseline sees it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import conformance
from conformance.kit import protocols, transcript
from conformance.kit.judging import baseline
from conformance.kit.reporting import redact
from conformance.kit.verdict import JUDGED, RED, Level, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.kit.judging.suite import Check
    from conformance.kit.requirements import Requirement
    from conformance.kit.running.run import Run
    from conformance.kit.transcript import Event

# A target can send "\\ud800", which is JSON but no UTF-8: such a half goes out escaped again.
LONE = "backslashreplace"


@dataclass(frozen=True, slots=True)
class Result:
    """One item: which requirement and case, and what came out."""

    item: str  # RXON-REG-04-a dot
    requirement: Requirement
    case: str
    check: Check
    outcome: Outcome
    seconds: float
    raw: Outcome  # before the baseline was applied


@dataclass(slots=True, eq=False)
class Results:
    """What a run has found so far."""

    run: Run
    known: dict[str, baseline.Known] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    def add(self, check: Check, item: str, case: str, raw: Outcome, seconds: float) -> Result:
        """Take an outcome, apply the baseline, and return the result.

        What a finding says is redacted here already: a baseline is a file that people commit, and
        what it says is compared with what is said now.
        """
        if raw.verdict in RED:
            raw = replace(raw, reason=redact.mask(raw.reason, self.secrets))
        outcome = baseline.apply(raw, self.known.get(item))
        result = Result(item, self.run.requirement(check), case, check, outcome, seconds, raw)
        self.results.append(result)
        return result

    @property
    def stale(self) -> list[str]:
        """The baseline's entries that pass."""
        return baseline.stale(self.known, self._raw())

    def updated_baseline(self) -> dict[str, baseline.Known]:
        """Return the baseline that fits this run."""
        return baseline.updated(self.known, self._raw())

    def _raw(self) -> dict[str, Outcome]:
        return {result.item: result.raw for result in self.results}

    def count(self, *verdicts: Verdict) -> int:
        """Return how many items have one of the verdicts."""
        return sum(result.outcome.verdict in verdicts for result in self.results)

    @property
    def judged(self) -> int:
        """How many items got a verdict about the target."""
        return self.count(*JUDGED)

    def table(self) -> dict[Level, Counter[Verdict]]:
        """Return level → verdict → number of items."""
        table = {level: Counter[Verdict]() for level in Level}
        for result in self.results:
            table[result.requirement.level][result.outcome.verdict] += 1
        return table

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials that must not be shown."""
        instances = [event.data["facts"] for event in self.run.events if event.kind == "instance"]
        return redact.secrets_of([self.run.wish.facts, *instances])


def document(results: Results) -> dict[str, Any]:
    """Return the report as JSON data (schemas/report.schema.json)."""
    run = results.run
    target = run.target
    rows = protocols.requirements_of(target.protocol.name)
    return {
        "format": "assay-report/1",
        "kit": {"name": "assay", "version": conformance.__version__},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "target": {
            "text": redact.mask(target.text, results.secrets),
            "name": target.name,
            "version": target.version,
            "protocol": target.protocol.name,
            "role": target.role.name,
            "revision": target.revision,
        },
        "requirements": {
            "rows": sum(target.role.name in row.roles for row in rows.values()),
            "excluded": {
                row.id: row.excluded
                for row in rows.values()
                if row.excluded and target.role.name in row.roles
            },
            "sha256": _digest(target.protocol.folder / "requirements.toml"),
        },
        "seed": run.seed,
        "counts": {
            level.value: {verdict.value: counter[verdict] for verdict in Verdict}
            for level, counter in results.table().items()
        },
        "stale_baseline_entries": results.stale,
        "ledger": [_ledger(result) for result in results.results if result.requirement.ledger],
        "results": [_row(result, results.secrets) for result in results.results],
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _row(result: Result, secrets: dict[str, str]) -> dict[str, Any]:
    row = result.requirement
    return {
        "item": result.item,
        "requirement": row.id,
        "case": result.case,
        "level": row.level.value,
        "source": row.source.value,
        "sentence": row.sentence,
        "verdict": result.outcome.verdict.value,
        "reason": redact.mask(result.outcome.reason, secrets),
        "subjects": result.outcome.subjects,
        "seconds": round(result.seconds, 6),
        "check": result.check.address,
        "evidence": [
            json.loads(redact.mask(json.dumps(transcript.to_row(event)), secrets))
            for event in result.outcome.evidence
        ],
        **({"example": result.outcome.example} if result.outcome.example is not None else {}),
    }


def _ledger(result: Result) -> dict[str, Any]:
    return {
        "requirement": result.requirement.id,
        "source": result.requirement.source.value,
        "verdict": result.raw.verdict.value,
        "difference": result.requirement.ledger,
    }


def kept_events(results: Results, which: str) -> Sequence[Event]:
    """Return the events that a transcript file keeps: of red items, all, or none."""
    if which == "none":
        return []
    if which == "all":
        return results.run.events
    names = {
        event.scenario
        for result in results.results
        if result.raw.verdict in RED or result.raw.verdict is Verdict.KIT_ERROR
        for event in (*results.run.events_for(result.check), *result.outcome.evidence)
        if not result.check.passive or event in result.outcome.evidence
    }
    return [event for event in results.run.events if event.scenario in names]


def write(results: Results, folder: Path, *, transcripts: str) -> list[Path]:
    """Write report.json and the transcript; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "report.json"
    text = json.dumps(document(results), indent=1, ensure_ascii=False)
    report.write_text(text + "\n", encoding="utf-8", errors=LONE)
    written = [report]
    if transcripts != "none":
        path = folder / "transcript.jsonl"
        with path.open("w", encoding="utf-8", errors=LONE) as stream:
            masked = redact.Masked(stream, results.secrets)
            transcript.dump(kept_events(results, transcripts), header(results), masked)
        written.append(path)
    return written


def header(results: Results) -> dict[str, Any]:
    """Return the first line of a transcript file."""
    target = results.run.target
    return {
        "protocol": target.protocol.name,
        "role": target.role.name,
        "revision": target.revision,
        "target": target.title,
    }
