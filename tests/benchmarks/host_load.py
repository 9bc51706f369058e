"""Prompts per second over HTTP: the reference host beside a bare aiohttp server.

Every prompt is signed beforehand, each once: a host takes no signature twice.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gateway_client import Line
from gateway_load import serving

from reference.connectonion import canonical
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 5  # in turns, so that whatever else the machine does hits all alike
LINES = 16  # connections
PROMPTS = 4000
WITHIN = 120.0
SERVER = str(Path(__file__).with_name("host_server.py"))
STORED = "reference, with a store"
HEAD = "POST /input HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "


def rows() -> Iterator[tuple[str, str]]:
    """Yield prompts per second of all, in alternating rounds, and the ratios."""
    found: dict[str, list[float]] = {"bare": [], "reference": [], STORED: []}
    for _round in range(ROUNDS):
        found["bare"].append(measured("bare"))
        found["reference"].append(measured("reference"))
        with tempfile.TemporaryDirectory() as folder:
            found[STORED].append(measured("reference", str(Path(folder) / "store")))
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        yield name, f"{medians[name]:8.0f} prompts/s   ({min(values):.0f} to {max(values):.0f})"
    for name in ("reference", STORED):
        yield f"ratio, {name}", f"{medians[name] / medians['bare']:8.2f}   (1: as fast as bare)"


def measured(*words: str) -> float:
    """Run one server and the load against it; return prompts per second."""
    with serving(*words, server=SERVER) as (url, _):
        return asyncio.run(load(int(url.rpartition(":")[2])))


async def load(port: int) -> float:
    """Ask all prompts over a few connections, on each one after the other."""
    asked = prompts()
    async with asyncio.timeout(WITHIN):
        lines = [await Line.open(port) for _ in range(LINES)]

        async def ask(line: Line, requests: Sequence[bytes]) -> None:
            for request in requests:
                await line.ask(request)

        begun = time.perf_counter()
        await asyncio.gather(*(ask(line, asked[n::LINES]) for n, line in enumerate(lines)))
        spent = time.perf_counter() - begun
        for line in lines:
            line.close()
    return len(asked) / spent


def prompts() -> list[bytes]:
    """Return signed requests, no two alike."""
    caller, now = Identity.of_seed(b"\x07" * 32), int(time.time())
    return [_request(caller, {"prompt": f"hello {n}", "timestamp": now}) for n in range(PROMPTS)]


def _request(caller: Identity, payload: dict[str, object]) -> bytes:
    signature = caller.sign(canonical.escaped(payload))
    body = json.dumps({"payload": payload, "from": caller.address, "signature": signature})
    return f"{HEAD}{len(body)}\r\n\r\n{body}".encode()
