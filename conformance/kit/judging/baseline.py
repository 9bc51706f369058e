"""The baseline: known failures of one target, each with a reason, each still executed."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.kit import schemas
from conformance.kit.verdict import RED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Ids, the kit's own unique names, measured times and large numbers differ from run to run; a status
# or a small count does not.
VARIABLE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{0,12}){1,4}|[0-9a-f]{16,}"  # an id may be cut off
    r"|(?<=_ms\": )\d+"
    r"|\b[0-9a-f]{6}-\d+\b|\d+\.\d+|\d{4,}"
)

CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # what a TOML string may not hold as it is


class BaselineError(ValueError):
    """A baseline file that cannot be used; the text names file and entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One known failure: which item, what it says, and why it is accepted."""

    id: str
    verdict: Verdict
    says: str
    reason: str


def fingerprint(reason: str) -> str:
    """Return a finding's text without what changes from run to run."""
    return VARIABLE.sub("#", reason)


def load(path: Path) -> dict[str, Known]:
    """Read a baseline; entries by item id."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BaselineError(f"{path}: {error}") from error
    schemas.check("baseline", "", document, error=BaselineError, about=str(path))
    entries: dict[str, Known] = {}
    for row in document.get("known", ()):
        if row["id"] in entries:
            raise BaselineError(f"{path}: {row['id']} stands twice")
        entries[row["id"]] = Known(**{**row, "verdict": Verdict(row["verdict"])})
    return entries


def apply(outcome: Outcome, known: Known | None) -> Outcome:
    """Turn a red outcome that the baseline knows, with a reason, into a known failure."""
    if known is None or outcome.verdict not in RED:
        return outcome
    if not known.reason.strip():
        return replace(outcome, reason=f"{outcome.reason} (its baseline entry gives no reason)")
    if fingerprint(outcome.reason) != known.says:
        return replace(
            outcome,
            reason=f"{outcome.reason} (fails differently from its baseline entry: {known.says})",
        )
    return replace(
        outcome, verdict=Verdict.KNOWN_FAILURE, reason=f"{known.reason} [{outcome.reason}]"
    )


def stale(entries: Iterable[str], outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the entries whose item ran and was not red."""
    return [id for id in entries if id in outcomes and outcomes[id].verdict is Verdict.PASS]


def updated(entries: Mapping[str, Known], outcomes: Mapping[str, Outcome]) -> dict[str, Known]:
    """Return the entries that fit these outcomes: reasons kept, stale dropped, new ones bare."""
    gone = stale(entries, outcomes)
    kept = {id: known for id, known in entries.items() if id not in gone}
    for id, outcome in outcomes.items():
        if outcome.verdict in RED:
            reason = entries[id].reason if id in entries else ""
            kept[id] = Known(
                id=id, verdict=outcome.verdict, says=fingerprint(outcome.reason), reason=reason
            )
    return dict(sorted(kept.items()))


def write(path: Path, entries: Mapping[str, Known], *, target: str) -> None:
    """Write a baseline; an entry without a reason is there to be completed by hand."""
    lines = [
        f"# Known failures of {target}. They are still executed; one that passes fails the run.",
        "# `says` is what the failure says, with # for what varies; `reason` is written by hand.",
    ]
    for known in entries.values():
        lines += [
            "",
            "[[known]]",
            f"id = {_quoted(known.id)}",
            f"verdict = {_quoted(known.verdict)}",
            f"says = {_quoted(known.says)}",
            f"reason = {_quoted(known.reason)}",
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(text: Any) -> str:
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
