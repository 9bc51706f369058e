"""The reference's rules beside a published package's, called in turn in one process."""

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


def rxon() -> Iterator[tuple[str, str]]:
    """Yield what signing and matching cost."""
    return _rows("in_one_process.py", published.TARGET)


def neuron() -> Iterator[tuple[str, str]]:
    """Yield what event streams and frames cost."""
    return _rows("neuron_in_one_process.py", published.NEURON)


def elo() -> Iterator[tuple[str, str]]:
    """Yield what frames and signatures cost."""
    return _rows("elo_in_one_process.py", published.ELO)


def connectonion() -> Iterator[tuple[str, str]]:
    """Yield what signatures and fast rules cost."""
    return _rows("connectonion_in_one_process.py", published.CONNECTONION)


def _rows(script: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield time per call of both, and the ratio (above 1: the reference is faster)."""
    done = subprocess.run(  # noqa: S603
        [published.python(target), str(HERE / script)],
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
