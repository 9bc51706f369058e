"""Benchmarks: ratios, side by side in one run. Nothing here judges; numbers are printed.

``tox -e benchmarks``, or ``python tests/benchmarks [NAME]…``.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import dispatching
import elo_load
import gateway_load
import host_load
import libraries
import throughput
import whole_runs

BENCHMARKS = {
    "runs": (whole_runs.rows, "whole commands, process start included"),
    "library": (libraries.rxon, "the same calls, reference and published library in one process"),
    "neuron": (
        libraries.neuron,
        "the same calls, reference and published neuron SDK in one process",
    ),
    "elo": (libraries.elo, "the same calls, reference and published Elo node in one process"),
    "tracker": (elo_load.rows, "the same peers, reference tracker and published node as tracker"),
    "connectonion": (
        libraries.connectonion,
        "the same calls, reference and published connectonion in one process",
    ),
    "dispatch": (dispatching.rows, "reference core: one task, by registered workers"),
    "gateway": (gateway_load.rows, "the same load, reference gateway and a bare aiohttp server"),
    "host": (host_load.rows, "the same requests, reference host and a bare aiohttp server"),
    "orchestrator": (throughput.rows, "the same client, reference and published orchestrator"),
}


def main(names: list[str]) -> None:
    """Print the chosen benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        rows, title = BENCHMARKS[name]
        print(f"\n{name}: {title}")
        for label, text in rows():
            print(f"  {label:<44} {text}", flush=True)


main(sys.argv[1:])
