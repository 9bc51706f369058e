"""Exit codes beyond pytest's own 0–6, and which of several troubles decides."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Why a run did not end with 0, where pytest has no code for it."""

    UNREACHABLE = 10  # no target there, or not one that can be recognised
    KIT_ERROR = 11  # our fault
    STALE_BASELINE = 12  # a known failure passes
    NOTHING_JUDGED = 13  # no requirement got a verdict


def decide(*, pytest_code: int, kit_errors: int, failed: int, judged: int, stale: int) -> int:
    """Return the exit code; our fault outranks the target's, red outranks the rest."""
    if pytest_code not in {0, 1}:
        return pytest_code
    if kit_errors:
        return Exit.KIT_ERROR
    if failed or pytest_code:
        return 1
    if not judged:
        return Exit.NOTHING_JUDGED
    return Exit.STALE_BASELINE if stale else 0
