"""A gateway with a thousand neurons, beside a bare aiohttp server of event streams."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gateway_client as client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEURONS = 1000
ROUNDS = 3  # in turns, so that whatever else the machine does hits all alike
TASKS = 2000
IN_FLIGHT = 200  # tasks that are handed in and not yet answered
STORED = "reference, with a store"
LINES = 16  # connections that carry the posts of all neurons
BEATS = 4000
SERVER = str(Path(__file__).with_name("gateway_server.py"))
WITHIN = 120.0


def rows() -> Iterator[tuple[str, str]]:
    """Yield what both can do, and the ratios."""
    rounds: dict[str, list[dict[str, float]]] = {"bare": [], "reference": [], STORED: []}
    for _round in range(ROUNDS):
        rounds["bare"].append(measured("bare"))
        rounds["reference"].append(measured("reference"))
        with tempfile.TemporaryDirectory() as folder:
            rounds[STORED].append(measured("reference", str(Path(folder) / "store")))
    found = {name: middle(each) for name, each in rounds.items()}
    for name, numbers in found.items():
        yield f"{name}: heartbeats/s", f"{numbers['beats']:8.0f}"
        yield f"{name}: tasks/s, {NEURONS} neurons", f"{numbers['tasks']:8.0f}"
        yield (
            f"{name}: task handed in to lease read",
            f"{numbers['p50']:8.1f} ms p50, {numbers['p99']:.1f} ms p99, {IN_FLIGHT} in flight",
        )
        yield (
            f"{name}: the same, one at a time",
            f"{numbers['alone50']:8.2f} ms p50, {numbers['alone99']:.2f} ms p99",
        )
        yield f"{name}: memory of one neuron", f"{numbers['memory']:8.1f} KiB"
    ours, bare = found["reference"], found["bare"]
    yield "ratio of heartbeats/s (1: as fast as bare)", f"{ours['beats'] / bare['beats']:8.2f}"
    yield "ratio of tasks/s", f"{ours['tasks'] / bare['tasks']:8.2f}"


def middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of every number."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def measured(*words: str) -> dict[str, float]:
    """Run one server and the load against it."""
    with serving(*words) as (url, process):
        return asyncio.run(load(int(url.rpartition(":")[2]), process.pid))


@contextmanager
def serving(
    *words: str,
    server: str = SERVER,
    python: str = sys.executable,
    env: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a server; it ends with the block."""
    command = [python, server, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


async def load(port: int, pid: int) -> dict[str, float]:
    """Connect the neurons, then measure."""
    async with asyncio.timeout(WITHIN):
        lines = [await client.Line.open(port) for _ in range(LINES)]
        bench = Bench(lines)
        before = memory(pid)
        streams = [asyncio.create_task(bench.neuron(port, f"n{n}")) for n in range(NEURONS)]
        await bench.connected.wait()
        each = (memory(pid) - before) / NEURONS
        try:
            beats = await bench.beat()
            alone = await bench.flow(IN_FLIGHT, at_once=1)
            tasks = await bench.flow(TASKS, at_once=IN_FLIGHT)
        finally:
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
            for line in lines:
                line.close()
    found = {"beats": beats, "memory": each, "tasks": tasks["rate"]}
    found |= {"p50": tasks["p50"], "p99": tasks["p99"]}
    return found | {"alone50": alone["p50"], "alone99": alone["p99"]}


class Bench:
    """All neurons, all planners, and what they saw."""

    def __init__(self, lines: list[client.Line]) -> None:
        self._lines = lines
        self._count = 0
        self.connected = asyncio.Event()
        self._handed_in: dict[int, float] = {}
        self._waits: list[float] = []
        self._answered: asyncio.Queue[int] = asyncio.Queue()
        self._posts: set[asyncio.Task[Any]] = set()

    async def neuron(self, port: int, neuron_id: str) -> None:
        """Be a neuron that answers every lease at once."""
        line = await client.Line.open(port)

        async def lease(found: dict[str, Any]) -> None:
            if not found:
                await self._line(hash(neuron_id)).ask(client.register(neuron_id))
                self._count += 1
                if self._count == NEURONS:
                    self.connected.set()
                return
            number = found["task"]["input"]
            self._waits.append(time.perf_counter() - self._handed_in[number])
            await self._line(number).ask(client.ack(found["leaseId"]))
            self._answered.put_nowait(number)

        try:
            await line.events(neuron_id, lease)
        finally:
            line.close()

    def _line(self, number: int) -> client.Line:
        return self._lines[number % LINES]

    async def beat(self) -> float:
        """Return heartbeats per second."""

        async def go_on(number: int) -> None:
            content = client.heartbeat(f"n{number}")
            for _ in range(BEATS // LINES):
                await self._lines[number].ask(content)

        begun = time.perf_counter()
        await asyncio.gather(*(go_on(number) for number in range(LINES)))
        return BEATS / (time.perf_counter() - begun)

    async def flow(self, tasks: int, *, at_once: int) -> dict[str, float]:
        """Hand in tasks, so many at a time, and return their rate and how long leases took."""
        self._waits.clear()
        first = len(self._handed_in)
        begun = time.perf_counter()
        for number in range(first, first + tasks):
            if number - first >= at_once:
                await self._answered.get()
            self._handed_in[number] = time.perf_counter()
            post = asyncio.create_task(self._line(number).ask(client.task(number)))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)
        for _ in range(min(at_once, tasks)):
            await self._answered.get()
        spent = time.perf_counter() - begun
        waits = statistics.quantiles(self._waits, n=100)
        return {"rate": tasks / spent, "p50": waits[49] * 1000, "p99": waits[98] * 1000}


def memory(pid: int) -> float:
    """Return the resident memory of a process in KiB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4.0
