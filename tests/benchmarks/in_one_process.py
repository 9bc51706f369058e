"""Runs in the published package's environment, with the reference on its path."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import rxon.models
import rxon.security

from reference.rxon import matching, signing

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
CALLS = 400
SECRET = "benchmark"

SMALL = {"worker_id": "w1", "status": "idle", "timestamp": 1_700_000_000, "current_tasks": []}
LARGE: dict[str, Any] = {
    "job_id": "j",
    "task_id": "t",
    "data": {
        "rows": [
            {"n": float(number), "x": number / 7, "name": f"row {number}", "none": None}
            for number in range(60)
        ]
    },
}
HAVE = {
    "devices": [
        {"type": "gpu", "model": "NVIDIA RTX 4090", "properties": {"vram_gb": 24, "tags": ["a"]}},
        {"type": "gpu", "model": "NVIDIA RTX 3080", "properties": {"vram_gb": 10}},
    ],
    "properties": {"cpu_cores": 16, "ram_gb": 64, "zones": ["eu", "us"]},
}
NEED = {
    "devices": [{"type": "gpu", "model": "rtx 4090", "properties": {"vram_gb": 16}}],
    "properties": {"cpu_cores": 8, "ram_gb": 32, "zones": "eu"},
}


def published_resources(document: dict[str, Any]) -> Any:
    """Build the published library's model of resources."""
    devices = [rxon.models.HardwareDevice(**device) for device in document["devices"]]
    return rxon.models.Resources(devices=devices, properties=document["properties"])


def pairs() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Return label -> (reference, published) calls that do the same."""
    have, need = published_resources(HAVE), published_resources(NEED)
    return {
        "sign a heartbeat": (
            lambda: signing.sign(SMALL, secret=SECRET),
            lambda: rxon.security.sign_payload(SMALL, SECRET),
        ),
        "sign a result of 60 rows": (
            lambda: signing.sign(LARGE, secret=SECRET),
            lambda: rxon.security.sign_payload(LARGE, SECRET),
        ),
        "match resources": (
            lambda: matching.resources_match(HAVE, NEED),
            lambda: have.matches(need),
        ),
    }


def once(call: Callable[[], Any]) -> float:
    """Return the time of one call, averaged over a round."""
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - begun) / CALLS


def measured() -> list[tuple[str, float, float]]:
    """Return label, reference and published, medians over alternating rounds."""
    found = []
    for label, (ours, theirs) in pairs().items():
        if ours() != theirs():
            raise RuntimeError(f"{label}: the two do not agree, so their times mean nothing")
        rounds = [(once(ours), once(theirs)) for _ in range(ROUNDS)]
        found.append(
            (
                label,
                statistics.median(a for a, _ in rounds),
                statistics.median(b for _, b in rounds),
            )
        )
    return found


print(json.dumps(measured()))
