"""The reference's rules beside the published library's, called in turn in one process."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import published

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent


def rows() -> Iterator[tuple[str, str]]:
    """Yield time per call of both, and the ratio (above 1: the reference is faster)."""
    done = subprocess.run(  # noqa: S603
        [published.python(), str(HERE / "in_one_process.py")],
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    for label, ours, theirs in json.loads(done.stdout):
        yield (
            label,
            f"{ours * 1e6:8.2f} µs   published {theirs * 1e6:8.2f} µs   ratio {theirs / ours:.2f}",
        )
