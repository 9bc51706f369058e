"""Counter-examples in files: an example as data, played again without hypothesis or seed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit import redact, transcript

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.kit.results import Result
    from conformance.kit.run import Run
    from conformance.kit.suite import Check

FORMAT = "assay-replay/1"


class ReplayError(ValueError):
    """A file that cannot be replayed; the text says why."""


def name_of(result: Result) -> str:
    """Return the file name for a result's counter-example."""
    return f"replay-{result.item}.json"


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


def check_for(document: dict[str, Any], checks: Iterable[Check]) -> Check:
    """Return the property that a replay file belongs to; raises ReplayError."""
    for check in checks:
        if check.function.__name__ == document["check"] and check.for_all:
            return check
    raise ReplayError(f"there is no property {document['check']!r} any more")
