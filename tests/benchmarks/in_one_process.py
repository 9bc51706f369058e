"""Runs in the published package's environment, with the reference on its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rxon.models
import rxon.security
import side_by_side

from reference.rxon import matching, signing

if TYPE_CHECKING:
    from collections.abc import Callable

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


side_by_side.report(pairs())
