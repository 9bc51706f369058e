"""What one dispatched task costs the reference's core as the number of workers grows."""

from __future__ import annotations

import itertools
import statistics
import time
from typing import TYPE_CHECKING, Any

from reference.role import resolve
from reference.rxon import orchestrator, settings
from reference.rxon.signing import sign

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (10, 100, 1_000, 10_000)
TASKS = 300
NOW = 1_700_000_000.0
OWNER = "client-1"


def rows() -> Iterator[tuple[str, str]]:
    """Yield the median cost of a task: a plain one, one with needs, and by other strategies."""
    wanted: dict[str, dict[str, Any]] = {
        "any worker": {},
        "needs a GPU of 16 GB": {
            "resource_requirements": {
                "resources": {"devices": [{"type": "gpu", "properties": {"vram_gb": 16}}]}
            }
        },
    }
    for strategy in ("round_robin", "least_connections", "best_value"):
        wanted[strategy.replace("_", " ")] = {"dispatch_strategy": strategy}
    for label, needs in wanted.items():
        first = 0.0
        for size in SIZES:
            cost = _cost(size, needs)
            first = first or cost
            yield f"{label}, {size} workers", f"{cost * 1e6:9.1f} µs   (× {cost / first:.2f})"


def _cost(size: int, needs: dict[str, Any]) -> float:
    facts = resolve(settings.SETTINGS, {})
    core = orchestrator.core(facts)
    for number in range(size):
        _register(core, f"w{number}", facts["token"])
    times: list[float] = []
    for _ in range(TASKS):
        begun = time.perf_counter()
        core.submit({"initial_data": {"dispatch": {"type": "echo", **needs}}}, owner=OWNER, now=NOW)
        times.append(time.perf_counter() - begun)
        core.effects()
        core.forget_changes()
    return statistics.median(times)


_nonces = itertools.count()


def _register(core: Any, worker_id: str, token: str) -> None:
    from reference.rxon.canonical import encode  # noqa: PLC0415
    from reference.rxon.identity import Credentials  # noqa: PLC0415

    body = {
        "worker_id": worker_id,
        "supported_skills": [{"name": "echo"}],
        "resources": {"devices": [{"type": "gpu", "properties": {"vram_gb": 24}}]},
        "capabilities": {"cost_per_skill": {"echo": 1 + next(_nonces) % 7}},
        "timestamp": int(NOW),
    }
    body["security"] = {"signature": sign(body, secret=token), "signer_id": worker_id}
    reply = core.receive(
        "registration",
        encode(body),
        credentials=Credentials(token=token, certificate_name=None),
        now=NOW,
    )
    if reply.status != 200:
        raise RuntimeError(f"a registration was refused: {reply}")
