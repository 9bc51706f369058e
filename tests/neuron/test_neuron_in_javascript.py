"""Another language: a neuron started by hand is judged, and rules keep the golden vectors.

Collected where node is installed; the header of the run says so where it is not.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from conformance.kit import data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = shutil.which("node") or "node"
NEURON = data.root("fixtures") / "neurons" / "node" / "neuron.mjs"
VERIFY = data.root("fixtures") / "drivers" / "node" / "neuron_verify.mjs"
VECTORS = data.root("vectors") / "neuron"
STOP_WITHIN = 20.0  # seconds
RUN_WITHIN = 120.0  # seconds
WANTED = "NEURON-NRN-CONN-08 or NEURON-NRN-LEASE-06 or NEURON-NRN-RESULT-05 or NEURON-NRN-CANCEL-01"


@contextmanager
def neuron(port: int) -> Iterator[None]:
    """Start the neuron; sees it exit with 0 when it is told to stop."""
    environment = {
        **os.environ,
        "BIGBRAIN_GATEWAY_URL": f"http://127.0.0.1:{port}",
        "BIGBRAIN_TOKEN": "neuron-token",
        "HEARTBEAT_INTERVAL": "0.5",
        "RECONNECT_DELAY": "0.05",
    }
    process = subprocess.Popen([NODE, str(NEURON)], env=environment)  # noqa: S603
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_WITHIN) == 0
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_neuron_in_javascript_that_is_started_by_hand_is_judged() -> None:
    port = free_port()
    words = [
        f"--assay-listen=127.0.0.1:{port}",
        "--assay-protocol=neuron",
        "--assay-role=neuron",
        "--assay-set=heartbeat_interval=0.5",
        "--assay-set=reconnect_delay=0.05",
        "-k",
        WANTED,
    ]
    with neuron(port):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "conformance", "run", *words],
            capture_output=True,
            text=True,
            timeout=RUN_WITHIN,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def verified(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [NODE, str(VERIFY), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=RUN_WITHIN,
        check=False,
    )


@pytest.mark.parametrize("area", ["backoff", "capability_types", "event_stream", "timestamps"])
def test_another_language_keeps_the_vectors(area: str) -> None:
    done = verified(VECTORS / f"{area}.json")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert " 0 wrong" in done.stdout


def test_another_language_notices_a_changed_outcome(tmp_path: Path) -> None:
    document = json.loads((VECTORS / "capability_types.json").read_text(encoding="utf-8"))
    document["cases"][0]["expected"]["valid"] = False
    path = tmp_path / "capability_types.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = verified(path)
    assert (done.returncode, "neuron-capability_types-0001" in done.stdout) == (1, True)


def test_what_is_not_verified_is_said() -> None:
    done = verified(VECTORS / "schemas.json")
    assert (done.returncode, "there is no validate here" in done.stderr) == (2, True)
