"""Peers, frames, tasks and relayed tasks of a tracker: the reference beside the published package.

The same peers load both: everything that they send is written, and every task signed, beforehand.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import published
from gateway_load import memory, serving

from reference.elo import frames, messages, signing
from reference.elo.identity import Identity

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Iterator, Sequence

ROUNDS = 3  # in turns, so that whatever else the machine does hits both alike
LINES = 16  # connections that carry frames and tasks, and pairs that relay
FRAMES = 200_000
TASKS = 4_000
RELAYED = 2_000
AT_ONCE = 8  # tasks of one connection that are not answered
PEERS = 1_000
OPENING = 50  # connections that are opened at the same time
WITHIN = 300.0
SERVER = str(Path(__file__).with_name("elo_server.py"))
HEARTBEAT = frames.encode(messages.heartbeat("x" * 43, timestamp=1_700_000_000))


def rows() -> Iterator[tuple[str, str]]:
    """Yield what both can do, and the ratios."""
    _allow_many_files()
    found: dict[str, list[dict[str, float]]] = {"reference": [], "published": []}
    for _round in range(ROUNDS):
        for name, rounds in found.items():
            rounds.append(measured(name))
    middles = {
        name: {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        for name, rounds in found.items()
    }
    for key, unit in UNITS.items():
        ours, theirs = middles["reference"][key], middles["published"][key]
        better = theirs / ours if key in LESS_IS_BETTER else ours / theirs
        yield unit, f"{ours:10.1f}   published {theirs:10.1f}   ratio {better:.2f}"


UNITS = {
    "frames": "frames that need no answer, per second",
    "frames cpu": "the same, µs of its processor each",
    "tasks": "tasks done and signed, per second",
    "tasks cpu": "the same, µs of its processor each",
    "relayed": "tasks relayed, per second",
    "relayed cpu": "the same, µs of its processor each",
    "greeted": f"peers greeted, per second, up to {PEERS}",
    "greeted cpu": "the same, µs of its processor each",
    "memory": f"KiB of a connected peer, of {PEERS}",
}
LESS_IS_BETTER = {"memory", *(key for key in UNITS if key.endswith("cpu"))}
TICKS = os.sysconf("SC_CLK_TCK")  # of a second


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def measured(name: str) -> dict[str, float]:
    """Run one tracker and the load against it."""
    with tracker(name) as (port, process):
        found = asyncio.run(_within(traffic(port, process.pid)))
    with tracker(name) as (port, process):
        return {**found, **asyncio.run(_within(crowd(port, process.pid)))}


async def _within(work: Any) -> Any:
    async with asyncio.timeout(WITHIN):
        return await work


@contextmanager
def tracker(name: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start a tracker; it ends with the block."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    python, env = published.python(published.ELO), {**os.environ, "PYTHONPATH": root}
    with serving(name, server=SERVER, python=python, env=env) as (url, process):
        yield int(url.rpartition(":")[2]), process


class Peer:
    """One connection, and who is at its end."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seed: int
    ) -> None:
        self.reader, self.writer = reader, writer
        self.identity = Identity.of_seed(seed.to_bytes(32, "big"))

    @classmethod
    async def greeted(cls, port: int, seed: int) -> Peer:
        """Connect, say hello and read the answer."""
        peer = cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 21), seed)
        caps = {"agents": [{"name": f"skill-{seed}"}], "models": [], "tools": []}
        hello = {"type": "hello", "node_id": peer.identity.node_id, "caps": caps, "interests": []}
        peer.writer.write(frames.encode(hello))
        await peer.read_until("hello_ack")
        return peer

    async def read(self) -> bytes:
        """Return the next frame's payload."""
        length = int.from_bytes(await self.reader.readexactly(4), "big")
        return await self.reader.readexactly(length)

    async def read_until(self, kind: str) -> bytes:
        """Return the next payload of a type."""
        start = f'{{"type": "{kind}"'.encode()
        while not (payload := await self.read()).startswith(start):
            pass
        return payload

    def tasks(self, capability: str, payload: Any, *, count: int, first: int = 0) -> list[bytes]:
        """Return signed tasks as frames, no two with the same id."""
        numbers = range(first, first + count)
        made = (self._task(number, capability, payload) for number in numbers)
        return [frames.encode(signing.sign(task, self.identity)) for task in made]

    def _task(self, number: int, capability: str, payload: Any) -> dict[str, Any]:
        return messages.task(
            f"{number:08d}-{self.identity.prefix}",
            target="",
            caller=self.identity.node_id,
            capability=capability,
            payload=payload,
            timestamp=int(time.time()),
        )

    async def have_done(self, tasks: Sequence[bytes]) -> None:
        """Have tasks done, so many at once, all of which must succeed."""
        for number, task in enumerate(tasks):
            if number >= AT_ONCE:
                await self._success()
            self.writer.write(task)
        for _ in range(min(AT_ONCE, len(tasks))):
            await self._success()

    async def _success(self) -> None:
        payload = await self.read_until("result")
        if b'"status": "success"' not in payload[:200]:
            raise RuntimeError(payload)

    async def work(self) -> None:
        """Do whatever comes, until cancelled."""
        while True:
            task = json.loads(await self.read_until("task"))
            result = signing.sign(messages.success(task["id"], {"ok": True}), self.identity)
            self.writer.write(frames.encode(result))


def processor(pid: int) -> float:
    """Return the processor time of a process in seconds (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def measure(pid: int, name: str, count: int, *work: Awaitable[Any]) -> dict[str, float]:
    """Return how many of something are done in a second, and what each costs the tracker."""
    begun, before = time.perf_counter(), processor(pid)
    await asyncio.gather(*work)
    spent = time.perf_counter() - begun
    return {name: count / spent, f"{name} cpu": (processor(pid) - before) / count * 1e6}


async def traffic(port: int, pid: int) -> dict[str, float]:
    """Measure frames, tasks and relayed tasks."""
    peers = [await Peer.greeted(port, 1 + number) for number in range(LINES)]
    many = HEARTBEAT * (FRAMES // LINES)
    ends = [(peer, peer.tasks("echo", "end", count=1)) for peer in peers]
    found = await measure(pid, "frames", FRAMES, *(idle(*each, many) for each in ends))

    payload = {"rows": list(range(20))}
    made = [(peer, peer.tasks("echo", payload, count=TASKS // LINES, first=100)) for peer in peers]
    done = (peer.have_done(tasks) for peer, tasks in made)
    found |= await measure(pid, "tasks", TASKS, *done)

    doers = [await Peer.greeted(port, 1001 + number) for number in range(LINES)]
    working = [asyncio.create_task(doer.work()) for doer in doers]
    made = [
        (peer, peer.tasks(messages.RELAY, _relay(doer), count=RELAYED // LINES, first=10_000))
        for peer, doer in zip(peers, doers, strict=True)
    ]
    try:
        done = (peer.have_done(tasks) for peer, tasks in made)
        return found | await measure(pid, "relayed", RELAYED, *done)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for peer in (*peers, *doers):
            peer.writer.close()


async def idle(peer: Peer, end: list[bytes], many: bytes) -> None:
    """Send what needs no answer: a task at the end says that all was read."""
    peer.writer.write(many)
    await peer.have_done(end)


def _relay(doer: Peer) -> dict[str, Any]:
    target = doer.identity.node_id
    return {"target": target, "capability": "work", "payload": {"n": 1}, "ttl_s": 60}


async def crowd(port: int, pid: int) -> dict[str, float]:
    """Measure how fast a crowd is greeted, and what each of it costs."""
    peers, held = [await Peer.greeted(port, 1)], memory(pid)

    async def come() -> None:
        for start in range(2, PEERS + 1, OPENING):
            several = range(start, min(start + OPENING, PEERS + 1))
            peers.extend(await asyncio.gather(*(Peer.greeted(port, n) for n in several)))

    found = await measure(pid, "greeted", PEERS - 1, come())
    each = (memory(pid) - held) / (PEERS - 1)
    for peer in peers:
        peer.writer.close()
    return found | {"memory": each}
