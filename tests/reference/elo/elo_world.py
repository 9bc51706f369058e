"""A mesh of cores on a virtual clock: every byte is carried in order, and nothing else happens."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reference.elo import frames
from reference.elo.capabilities import Capabilities
from reference.elo.core import Node
from reference.elo.effects import Close, Dial, Execute, Outcome, Send, Settle
from reference.elo.identity import Identity
from reference.elo.pace import Setup

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.elo.effects import Effect

START = 1_700_000_000.0
ENOUGH = 10_000  # effects; a mesh that goes on for longer never rests


def identity(number: int) -> Identity:
    return Identity.of_seed(bytes([number]) * 32)


@dataclass(eq=False)
class Host:
    """A node at an address, and what its handler does."""

    world: World
    port: int
    node: Node
    handler: Callable[[Any, Any], Any] = lambda _capability, payload: {"echo": payload}
    settled: dict[int, Any] = field(default_factory=dict)
    done: list[Any] = field(default_factory=list)
    held: list[Execute] = field(default_factory=list)
    holds: bool = False
    _tickets: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def id(self) -> str:
        return self.node.state.identity.node_id

    def ticket(self) -> int:
        self._tickets += 1
        return self._tickets

    def ask(self, target: str = "", capability: str = "echo", payload: Any = 1) -> Outcome:
        """Send a task and return what came of it, however long it takes."""
        ticket = self.begin(target, capability, payload)
        while ticket not in self.settled:
            self.world.wait()
        outcome: Outcome = self.settled[ticket]
        return outcome

    def begin(self, target: str = "", capability: str = "echo", payload: Any = 1) -> int:
        ticket = self.ticket()
        self.world.run(
            self,
            self.node.send_task(
                ticket, target=target, capability=capability, payload=payload, now=self.world.now
            ),
        )
        return ticket

    def dial(self, other: Host | str) -> None:
        address = other if isinstance(other, str) else other.address
        self.world.run(self, self.node.dial(address, now=self.world.now))

    def peers(self) -> set[str]:
        return {link.prefix for link in self.node.state.links.peers()}


@dataclass(eq=False)
class Raw:
    """A peer that says whatever a test wants, on one connection to a host."""

    world: World
    address: str
    read: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False
    host: Host | None = None
    number: int = 0
    _reader: frames.Reader = field(default_factory=frames.Reader)

    def hear(self, data: bytes) -> None:
        self.read += self._reader.feed(data)

    def say(self, *messages: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        """Send messages, or raw bytes; return what was answered."""
        before = len(self.read)
        for each in messages:
            self.send(each if isinstance(each, bytes) else frames.encode(each))
        return self.read[before:]

    def send(self, data: bytes) -> None:
        assert self.host is not None
        if not self.closed:
            self.world.run(
                self.host, self.host.node.received(self.number, data, now=self.world.now)
            )

    def leave(self) -> None:
        assert self.host is not None
        self.closed = True
        self.world.run(self.host, self.host.node.closed(self.number, now=self.world.now))


Place = Host | Raw
End = tuple[Place, int]


class World:
    """Hosts, the wires between them, and the time."""

    def __init__(self) -> None:
        self.now = START
        self.hosts: dict[str, Host] = {}
        self.listeners: dict[str, list[Raw]] = {}
        self._ports = itertools.count(5001)
        self._sources = itertools.count(40001)
        self._ids = itertools.count(1)
        self._wires: dict[tuple[int, int], End] = {}
        self._queue: deque[tuple[Host, Effect]] = deque()

    def new_id(self) -> str:
        return f"{next(self._ids):08x}-0000-4000-8000-000000000000"

    def host(self, number: int, *agents: str, **setup: Any) -> Host:
        port = next(self._ports)
        made = Setup(
            identity=identity(number),
            offers=Capabilities.named(agents),
            **{"listen": port, **setup},
        )
        host = Host(self, port, Node(made, new_id=self.new_id))
        self.hosts[host.address] = host
        return host

    def raw(self, host: Host) -> Raw:
        """Dial a host with a peer of the test's own."""
        raw = Raw(self, f"127.0.0.1:{next(self._sources)}", host=host)
        raw.number = host.node.accepted(raw.address, here="127.0.0.1", now=self.now)
        self._wires[id(host), raw.number] = (raw, 0)
        return raw

    def listen(self) -> str:
        """Be dialled by hosts; ``listeners`` has the connections."""
        address = f"127.0.0.1:{next(self._ports)}"
        self.listeners[address] = []
        return address

    def run(self, host: Host, effects: list[Effect]) -> None:
        """Do what a core wants, and what follows from it, until everything rests."""
        busy = bool(self._queue)
        self._queue.extend((host, effect) for effect in effects)
        if busy:
            return
        for _ in range(ENOUGH):
            if not self._queue:
                return
            one, effect = self._queue[0]
            self._do(one, effect)
            self._queue.popleft()
        raise AssertionError("the mesh never rests")

    def _do(self, host: Host, effect: Effect) -> None:
        match effect:
            case Send(number, data):
                self._carry(host, number, data)
            case Close(number):
                self._cut(host, number)
            case Dial(number, address):
                self._connect(host, number, address)
            case Execute():
                host.done.append(effect.payload)
                if host.holds:
                    host.held.append(effect)
                else:
                    self.finish(host, effect)
            case Settle(ticket, outcome):
                host.settled[ticket] = outcome

    def finish(self, host: Host, job: Execute) -> None:
        """Have a host's handler return."""
        try:
            payload = host.handler(job.capability, job.payload)
        except RuntimeError as error:
            effects = host.node.failed(job.job, "INTERNAL", str(error), now=self.now)
        else:
            effects = host.node.done(job.job, payload, now=self.now)
        self.run(host, effects)

    def _carry(self, host: Host, number: int, data: bytes) -> None:
        end = self._wires.get((id(host), number))
        if end is None:
            return
        other, there = end
        if isinstance(other, Raw):
            other.hear(data)
        else:
            self.run(other, other.node.received(there, data, now=self.now))

    def _cut(self, host: Host, number: int) -> None:
        end = self._wires.pop((id(host), number), None)
        if end is None:
            return
        other, there = end
        if isinstance(other, Raw):
            other.closed = True
        else:
            self._wires.pop((id(other), there), None)
            self.run(other, other.node.closed(there, now=self.now))

    def _connect(self, host: Host, number: int, address: str) -> None:
        source = f"127.0.0.1:{next(self._sources)}"
        if address in self.listeners:
            raw = Raw(self, source, host=host, number=number)
            self._wires[id(host), number] = (raw, 0)
            self.listeners[address].append(raw)
        elif address in self.hosts:
            other = self.hosts[address]
            there = other.node.accepted(source, here="127.0.0.1", now=self.now)
            self._wires[id(host), number] = (other, there)
            self._wires[id(other), there] = (host, number)
        else:
            self.run(host, host.node.closed(number, now=self.now))
            return
        self.run(host, host.node.connected(number, here="127.0.0.1", now=self.now))

    def stop(self, host: Host) -> None:
        """End a host without a word."""
        del self.hosts[host.address]
        for (owner, number), (other, there) in tuple(self._wires.items()):
            if owner == id(host):
                del self._wires[owner, number]
                if isinstance(other, Host):
                    self._wires.pop((id(other), there), None)
                    self.run(other, other.node.closed(there, now=self.now))

    def wait(self, seconds: float | None = None) -> None:
        """Let time pass: so much, or until something is due."""
        until = self.now + seconds if seconds is not None else None
        while True:
            due = [(at, host) for host in self.hosts.values() if (at := host.node.due())]
            at = min((each for each, _ in due), default=None)
            if at is None or (until is not None and at > until):
                break
            self.now = max(self.now, at)
            for host in tuple(self.hosts.values()):
                self.run(host, host.node.tick(now=self.now))
            if until is None:
                return
        assert until is not None, "nothing will ever be due"
        self.now = until
