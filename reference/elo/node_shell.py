"""What surrounds a core: sockets, the clock, handlers that take their time, and who waits."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from reference.alarm import Alarm
from reference.elo import profile
from reference.elo.acceptance import INTERNAL
from reference.elo.capabilities import Capabilities
from reference.elo.constants import DIAL_WITHIN, TASK_TTL
from reference.elo.core import Node
from reference.elo.effects import Close, Dial, Effect, Execute, Outcome, Send, Settle, Wake
from reference.elo.messages import SUCCESS
from reference.elo.pace import Setup
from reference.elo.profile import Ask, Deed, Raise, Return

READ_BYTES = 65536
UNREAD_LIMIT = 8 * 1024 * 1024  # bytes that a peer may leave unread before it is let go
CLOSE_WITHIN = 1.0  # seconds for the last words to leave


class Shell:
    """One node with its connections."""

    node: Node

    def __init__(self, deeds: Mapping[str, Deed]) -> None:
        self._deeds = deeds
        self._begun = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._place = ("", 0)
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tickets = 0
        self._alarm = Alarm(self._tick)
        self._runs = False

    async def listen(self, host: str, port: int) -> int:
        """Listen and return the port; raises OSError."""
        self._server = await asyncio.start_server(self._arrive, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        self._place = host, bound
        return bound

    def begin(self, node: Node) -> None:
        """Have a node answer on the port; who came before waits for this."""
        self.node = node
        self._begun.set()

    def reset(self, make: Callable[[Setup], Node]) -> None:
        """Let every peer go, and begin again as if nothing had been."""
        offers = self.node.setup
        self.perform(self.node.leave(now=time.time()))
        self.node = make(offers)
        if self._runs:
            self.run()

    async def close(self) -> None:
        """Say bye, let what was written leave, release the port."""
        self._alarm.stop()
        writers = list(self._writers.values())
        if self._server is not None:
            self._server.close()
        self.perform(self.node.leave(now=time.time()))
        self._alarm.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await asyncio.gather(*(w.wait_closed() for w in writers), return_exceptions=True)
        for writer in writers:  # ELO-LIFE-11: who does not read does not keep us
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reconnect(self) -> None:
        """Say bye, and listen again on the same port (ELO-LIFE-12); raises OSError."""
        await self.close()
        await self.listen(*self._place)
        if self._runs:
            self.run()

    # Connections

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await self._begun.wait()
        number = self.node.accepted(_peer(writer), here=_here(writer), now=time.time())
        self._alarm.sooner(self.node.due_of(number))  # nothing else has changed
        await self._read(number, reader, writer)

    async def _read(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers[number] = writer
        try:
            while data := await reader.read(READ_BYTES):
                self.perform(self.node.received(number, data, now=time.time()))
        except OSError:
            self.perform(self.node.closed(number, now=time.time()))
            self._writers.pop(number, None)
            writer.close()
        else:
            self.perform(self.node.ended(number, now=time.time()))
        self._arm()  # who waited for it may wait for something else now

    async def _dial(self, number: int, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(DIAL_WITHIN):
                reader, writer = await asyncio.open_connection(host, int(port))
        except (OSError, TimeoutError, ValueError, OverflowError):
            self.perform(self.node.closed(number, now=time.time()))
            self._arm()
            return
        self._writers[number] = writer
        self.perform(self.node.connected(number, here=_here(writer), now=time.time()))
        self._arm()
        await self._read(number, reader, writer)

    # What the core wants

    def perform(self, effects: list[Effect]) -> None:
        """Do what the core wants done."""
        for effect in effects:
            match effect:
                case Send(number, data):
                    self._send(number, data)
                case Close(number):
                    if (writer := self._writers.pop(number, None)) is not None:
                        writer.close()
                case Dial(number, address):
                    self._spawn(self._dial(number, address))
                case Execute():
                    self._execute(effect)
                case Settle(ticket, outcome):
                    if not (future := self._waiting.pop(ticket)).done():
                        future.set_result(outcome)
                case Wake():
                    self._arm()

    def _send(self, number: int, data: bytes) -> None:
        writer = self._writers.get(number)
        if writer is None or writer.is_closing():
            return
        writer.write(data)
        if writer.transport.get_write_buffer_size() > UNREAD_LIMIT:
            writer.transport.abort()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _execute(self, job: Execute) -> None:
        """Do a task: at once, if nothing has to be waited for."""
        links = self.node.state.links
        match profile.action(self._deeds, job.capability, job.payload, links):
            case Return(value, after):
                if after:
                    self._spawn(self._done_later(job, value, after))
                else:
                    self._done(job, value)
            case Raise(message):
                self._failed(job, INTERNAL, message)
            case Ask() as ask:
                self._spawn(self._ask(job, ask))

    async def _done_later(self, job: Execute, value: Any, after: float) -> None:
        await asyncio.sleep(after)
        self._done(job, value)

    async def _ask(self, job: Execute, ask: Ask) -> None:
        outcome = await self.send_task(
            ask.target, ask.capability, ask.payload, ttl_s=ask.ttl_s, relays=ask.relays
        )
        if not ask.relays:
            result = profile.told(outcome.status, outcome.payload, outcome.code, outcome.message)
            self._done(job, result)
        elif outcome.status == SUCCESS:
            self._done(job, outcome.payload)
        else:
            self._failed(job, outcome.code, outcome.message)

    def _done(self, job: Execute, value: Any) -> None:
        self.perform(self.node.done(job.job, value, now=time.time()))

    def _failed(self, job: Execute, code: str, message: str) -> None:
        self.perform(self.node.failed(job.job, code, message, now=time.time()))

    # What its owner wants

    async def send_task(
        self, target: str, capability: str, payload: Any, *, ttl_s: int, relays: bool = False
    ) -> Outcome:
        """Have a task done and return what came of it."""
        ticket, future = self._ticket()
        effects = self.node.send_task(
            ticket,
            target=target,
            capability=capability,
            payload=payload,
            ttl_s=ttl_s,
            relays=relays,
            now=time.time(),
        )
        self.perform(effects)
        self._alarm.sooner(self.node.router.due())
        outcome: Outcome = await future
        return outcome

    def begin_task(self, target: str, capability: str, payload: Any) -> None:
        """Have a task done, and wait for nothing that comes of it (ELO-ROUTE-30)."""
        self._spawn(self.send_task(target, capability, payload, ttl_s=TASK_TTL))

    async def discover(self, *, within: float) -> list[dict[str, Any]]:
        """Ask the mesh who is there."""
        ticket, future = self._ticket()
        self.perform(self.node.discover(ticket, within=within, now=time.time()))
        self._arm()
        found: list[dict[str, Any]] = await future
        return found

    async def find(self, key: str) -> list[dict[str, Any]]:
        """Ask the distributed table for the records of a key."""
        ticket, future = self._ticket()
        self.perform(self.node.find(ticket, key=key, now=time.time()))
        found: list[dict[str, Any]] = await future
        return found

    def _ticket(self) -> tuple[int, asyncio.Future[Any]]:
        self._tickets += 1
        self._waiting[self._tickets] = future = asyncio.get_running_loop().create_future()
        return self._tickets, future

    def register(self, offers: Capabilities) -> None:
        """Offer other capabilities from now on."""
        self.perform(self.node.register(offers, now=time.time()))

    async def dial(self, address: str, *, keeps: bool = False, within: float) -> bool:
        """Dial a peer; say whether it is one within so many seconds."""
        self.perform(self.node.dial(address, keeps=keeps, now=time.time()))
        place = address.rpartition("@")[2]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while any(link.address == place for link in self.node.state.links):
                    if any(link.address == place for link in self.node.state.links.peers()):
                        return True
                    await asyncio.sleep(LOOK_EVERY)
        return False

    def run(self) -> None:
        """Begin to send heartbeats."""
        self._runs = True
        self.perform(self.node.run(now=time.time()))
        self._arm()

    # Time

    def _arm(self) -> None:
        """Wake up when something is due; what frames bring about is never due sooner."""
        self._alarm.set(self.node.due())

    def _tick(self) -> None:
        self.perform(self.node.tick(now=time.time()))
        self._arm()


LOOK_EVERY = 0.01  # seconds


def _peer(writer: asyncio.StreamWriter) -> str:
    host, port = writer.get_extra_info("peername")[:2]
    return f"{host}:{port}"


def _here(writer: asyncio.StreamWriter) -> str:
    return str(writer.get_extra_info("sockname")[0])
