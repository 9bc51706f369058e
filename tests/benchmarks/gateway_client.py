"""The load of the gateway benchmark: raw sockets, so that the client is not what is measured."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHORIZED = "Host: x\r\nAuthorization: Bearer neuron-token\r\n"
AT = "2026-05-09T10:00:00Z"


def request(path: str, body: Any) -> bytes:
    """Return a POST."""
    content = json.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\n{AUTHORIZED}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return (head + content).encode()


class Line:
    """One connection; requests on it go one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, port: int) -> Line:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def ask(self, content: bytes) -> bytes:
        """Send a request and return the body of its answer, which must be a success."""
        async with self._turn:
            self._writer.write(content)
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{head!r} {body!r}")
        return body

    async def events(self, neuron_id: str, lease: Callable[[dict[str, Any]], Any]) -> None:
        """Open a stream; call back with every lease until cancelled."""
        path = f"/neuron/events?neuronId={neuron_id}"
        self._writer.write(f"GET {path} HTTP/1.1\r\n{AUTHORIZED}\r\n".encode())
        await self._reader.readuntil(b"\r\n\r\n")
        await lease({})
        while line := await self._reader.readline():
            if line.startswith((b'data: {"type":"lease"', b'data: {"type": "l')):
                await lease(json.loads(line[6:])["lease"])

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def register(neuron_id: str) -> bytes:
    """Return a register of one slot."""
    offered = [{"type": "bench/echo", "scope": "any", "concurrency": 1}]
    frame = {"type": "register", "neuronId": neuron_id, "protocolVersion": "1.0.0"}
    return request("/neuron/register", {**frame, "capabilities": offered})


def ack(lease_id: str) -> bytes:
    """Return the answer of a lease."""
    frame = {"type": "ack", "leaseId": lease_id, "output": {"ok": True}, "completedAt": AT}
    return request("/neuron/ack", frame)


def heartbeat(neuron_id: str) -> bytes:
    """Return a heartbeat of an idle neuron."""
    frame = {"type": "heartbeat", "neuronId": neuron_id, "inFlight": [], "sentAt": AT}
    return request("/neuron/heartbeat", frame)


def task(number: int) -> bytes:
    """Return a task whose input is its number."""
    return request("/tasks", {"capability": "bench/echo", "input": number})
