"""Counter-examples in files: an example as data, played again without hypothesis or seed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit import transcript
from conformance.kit.reporting import redact

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.kit.judging.suite import Check
    from conformance.kit.reporting.results import Result
    from conformance.kit.running.run import Run

FORMAT = "assay-replay/1"


class ReplayError(ValueError):
    """A file that cannot be replayed; the text says why."""


def write(path: Path, result: Result, run: Run, *, secrets: dict[str, str]) -> None:
    """Save a counter-example with what was said on the wire when it failed."""
    rows = [transcript.to_row(event) for event in result.raw.evidence]
    document = {
        "format": FORMAT,
        "protocol": result.check.protocol,
        "role": run.target.role.name,
        "requirement": result.requirement.id,
        "sentence": result.requirement.sentence,
        "check": result.check.function.__name__,
        "example": result.raw.example,
        "said": result.raw.reason,
        "target": run.target.title,
        "transcript": json.loads(redact.mask(json.dumps(rows), secrets)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    """Read a replay file; raises ReplayError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReplayError(f"{path}: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReplayError(f'{path}: a replay file is a JSON object with "format": "{FORMAT}"')
    return document


def belongs(document: dict[str, Any], check: Check) -> bool:
    """Whether a replay file is a counter-example of this property."""
    return bool(check.for_all) and document["check"] == check.function.__name__
