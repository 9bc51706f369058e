"""How long the commands take that people wait for."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
ASSAY = [sys.executable, "-m", "conformance"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
COMMANDS = {
    "orchestrator suite, MUST": [*ASSAY, "run", "rxon", "orchestrator", "--assay-level=must", "-q"],
    "orchestrator suite, all levels": [*ASSAY, "run", "rxon", "orchestrator", "-q"],
    "every embedded reference role": [*ASSAY, "run", "-q"],
    "pytest --collect-only, no target there": [
        *PYTEST,
        "--collect-only",
        "--target=http://127.0.0.1:9",
    ],
    "pytest --version": [*PYTEST, "--version"],
}


def rows() -> Iterator[tuple[str, str]]:
    """Yield the wall time of each command."""
    for label, command in COMMANDS.items():
        times = sorted(_seconds(command) for _ in range(ROUNDS))
        spread = f"({times[0]:.2f} to {times[-1]:.2f}, {ROUNDS} runs)"
        yield label, f"{statistics.median(times):6.2f} s   {spread}"


def _seconds(command: list[str]) -> float:
    with tempfile.TemporaryDirectory() as empty:
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)  # noqa: S603
        seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} exited {done.returncode}:\n{done.stdout[-2000:]}")
    return seconds
