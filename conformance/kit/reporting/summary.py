"""The end of a run on a terminal: counts by level and verdict, then what needs words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from conformance.kit.reporting import redact
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.reporting.results import Result, Results

WIDTH = 100
IN_WORDS = (
    (Verdict.WARN, "broken, but not binding"),
    (Verdict.KNOWN_FAILURE, "known failures (in the baseline, still executed)"),
    (Verdict.UNSUPPORTED, "unsupported (declared by the target)"),
    (Verdict.NOT_OBSERVED, "not observed"),
)


def lines(results: Results) -> Iterator[str]:
    """Yield the lines of the summary."""
    verdicts = [verdict for verdict in Verdict if results.count(verdict)]
    yield f"{'':8}" + "".join(f"{verdict.value:>15}" for verdict in verdicts)
    for level, counter in results.table().items():
        if counter.total():
            yield f"{level.value:8}" + "".join(f"{counter[v] or '·':>15}" for v in verdicts)
    for verdict, words in IN_WORDS:
        chosen = [each for each in results.results if each.outcome.verdict is verdict]
        if chosen:
            yield f"{words}:"
            yield from (
                redact.mask(line, results.secrets) for each in chosen for line in _told(each)
            )
    for item in results.stale:
        yield f"stale baseline entry: {item} passes now; take it out (--assay-baseline-update)"


def _told(result: Result) -> list[str]:
    return textwrap.wrap(
        f"{result.item}  {result.outcome.reason}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="      ",
    )
