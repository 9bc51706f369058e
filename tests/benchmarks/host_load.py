"""Requests per second: the reference host beside bare aiohttp servers.

Every prompt is signed beforehand, each once: a host takes no signature twice. To check one costs
more than a bare server spends on the whole request, so what needs no signature is asked too.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gateway_client import Line
from gateway_load import serving

from reference.connectonion import canonical
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 5  # in turns, so that whatever else the machine does hits all alike
LINES = 16  # connections
PROMPTS = 6000
WITHIN = 120.0
SERVER = str(Path(__file__).with_name("host_server.py"))
STORED = "reference, with a store"
SIGNED = "bare, with the signature checked"
BARE_HEALTH, HEALTHY = "bare, GET /health", "reference, GET /health"
PAIRS = (
    ("reference", "bare"),
    (STORED, "bare"),
    ("reference", SIGNED),
    (HEALTHY, BARE_HEALTH),
)
HEAD = "POST /input HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
HEALTH = [b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"] * PROMPTS


def rows() -> Iterator[tuple[str, str]]:
    """Yield requests per second of all, in alternating rounds, and the ratios."""
    found: dict[str, list[Rate]] = defaultdict(list)
    for _round in range(ROUNDS):
        asked = prompts()
        found["bare"].append(measured("bare", asked=asked))
        found[SIGNED].append(measured("signed", asked=asked))
        found["reference"].append(measured("reference", asked=asked))
        with tempfile.TemporaryDirectory() as folder:
            found[STORED].append(measured("reference", str(Path(folder) / "s"), asked=asked))
        found[BARE_HEALTH].append(measured("bare", asked=HEALTH))
        found[HEALTHY].append(measured("reference", asked=HEALTH))
    medians = {name: middle(rates) for name, rates in found.items()}
    for name, (rate, cpu) in medians.items():
        yield name, f"{rate:8.0f} requests/s   {cpu * 1e6:6.0f} µs of CPU each"
    for name, than in PAIRS:
        ours, theirs = medians[name], medians[than]
        rate, cpu = ours.rate / theirs.rate, theirs.cpu / ours.cpu
        yield f"ratio, {name} / {than}", f"{rate:8.2f}   by CPU, whatever else runs: {cpu:.2f}"


class Rate(NamedTuple):
    """Requests per second, and seconds of CPU that the server spends on one."""

    rate: float
    cpu: float


def middle(rates: Sequence[Rate]) -> Rate:
    """Return the medians."""
    return Rate(*(statistics.median(numbers) for numbers in zip(*rates, strict=True)))


def measured(*words: str, asked: Sequence[bytes]) -> Rate:
    """Run one server and the load against it."""
    with serving(*words, server=SERVER) as (url, process):
        return asyncio.run(load(int(url.rpartition(":")[2]), process.pid, asked))


async def load(port: int, pid: int, asked: Sequence[bytes]) -> Rate:
    """Ask all that over a few connections, on each one after the other."""
    async with asyncio.timeout(WITHIN):
        lines = [await Line.open(port) for _ in range(LINES)]

        async def ask(line: Line, requests: Sequence[bytes]) -> None:
            for request in requests:
                await line.ask(request)

        before, begun = cpu_of(pid), time.perf_counter()
        await asyncio.gather(*(ask(line, asked[n::LINES]) for n, line in enumerate(lines)))
        spent, cpu = time.perf_counter() - begun, cpu_of(pid) - before
        for line in lines:
            line.close()
    return Rate(len(asked) / spent, cpu / len(asked))


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has spent (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def prompts() -> list[bytes]:
    """Return signed requests, no two alike."""
    caller, now = Identity.of_seed(b"\x07" * 32), int(time.time())
    return [_request(caller, {"prompt": f"hello {n}", "timestamp": now}) for n in range(PROMPTS)]


def _request(caller: Identity, payload: dict[str, object]) -> bytes:
    signature = caller.sign(canonical.escaped(payload))
    body = json.dumps({"payload": payload, "from": caller.address, "signature": signature})
    return f"{HEAD}{len(body)}\r\n\r\n{body}".encode()
