"""The kit's peer: how scenarios speak to a node or tracker, politely or not.

A peer that is not told otherwise has a fresh identity: nodes know peers by the first characters
of their id, and budgets by identity or connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any, Self

from conformance.elo.wire import FRAME, Splitter, framed, message_of, written
from conformance.kit.verdict import NotObserved, Unmet
from reference.elo.identity import Identity
from reference.elo.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.tcp import Tcp

COMES = 10.0  # seconds within which what must come has come, also on a busy machine
QUIET = 0.5  # seconds of silence that count as none to come
VERSION = "0.5.1"
NOISE = frozenset({"heartbeat", "event", "interest_update"})  # may come between any two frames


def fresh_identity() -> Identity:
    """Return an identity that nobody has had."""
    return Identity.of_seed(os.urandom(32))


class Peer:
    """One connection with the target, and the identity that the kit has on it."""

    def __init__(
        self, stage: Stage, tcp: Tcp, *, identity: Identity | None = None, tag: str = ""
    ) -> None:
        self.stage = stage
        self.tcp = tcp
        self.identity = identity or fresh_identity()
        self.tag = tag
        self.ack: dict[str, Any] = {}
        self.ended = asyncio.Event()
        self._splitter = Splitter()
        self._reading = asyncio.create_task(self._read())
        stage.closing.push_async_callback(self.leave)

    @classmethod
    async def dial(
        cls, stage: Stage, *, identity: Identity | None = None, tag: str = "", at: str = ""
    ) -> Self:
        """Open a connection to the target, or ``at`` another URL; nothing is said on it yet."""
        return cls(stage, await stage.tcp(at), identity=identity, tag=tag)

    @classmethod
    async def greeted(
        cls,
        stage: Stage,
        *agents: str,
        identity: Identity | None = None,
        tag: str = "",
        at: str = "",
        **hello: Any,
    ) -> Self:
        """Be a peer of the target; without its answer there is nothing to judge."""
        peer = await cls.dial(stage, identity=identity, tag=tag, at=at)
        await peer.greet(*agents, **hello)
        return peer

    # Reading

    async def _read(self) -> None:
        why = "end"
        try:
            while data := await self.tcp.read():
                for payload in self._splitter.feed(data):
                    self._record(payload)
        except OSError as error:
            why = str(error)
        rest = self._splitter.rest
        self.stage.recorder.received(
            "tcp.close", self.name, tag=self.tag, data={"why": why}, body=rest
        )
        self.ended.set()

    def _record(self, payload: bytes) -> None:
        self.stage.recorder.received(FRAME, self.name, tag=self.tag, body=payload)

    @property
    def name(self) -> str:
        """The name of the connection in the transcript."""
        return self.tcp.name

    @property
    def prefix(self) -> str:
        """The part of the id by which nodes know peers."""
        return self.identity.prefix

    @property
    def address(self) -> str:
        """The kit's end of the connection, as the target sees it."""
        host, port = self.tcp.writer.get_extra_info("sockname")[:2]
        return f"{host}:{port}"

    @property
    def offers(self) -> frozenset[str]:
        """The names of what the target said that it can do."""
        caps = self.ack.get("caps")
        arrays = caps.values() if isinstance(caps, dict) else ()
        items = (item for array in arrays if isinstance(array, list) for item in array)
        return frozenset(str(item.get("name")) for item in items if isinstance(item, dict))

    def need(self, *capabilities: str) -> None:
        """Demand that the target offers something; raises NotObserved."""
        if missing := sorted(set(capabilities) - self.offers):
            raise NotObserved(
                f"the target does not offer {', '.join(missing)} (the conformance profile does)"
            )

    async def leave(self) -> None:
        """Let the connection go."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self.tcp.close()

    async def vanish(self) -> None:
        """Be gone, and let the target see it."""
        self.stage.recorder.sent("tcp.close", self.name, tag=self.tag, data={"why": "left"})
        await self.leave()

    # Speaking

    async def say(self, message: Mapping[str, Any]) -> Event:
        """Send a message."""
        payload = written(message)
        event = self.stage.recorder.sent(FRAME, self.name, tag=self.tag, body=payload)
        await self.send(framed(payload))
        return event

    async def throw(self, data: bytes) -> Event:
        """Send bytes that need not be frames, and record them."""
        event = self.stage.recorder.sent("tcp.bytes", self.name, tag=self.tag, body=data)
        await self.send(data)
        return event

    async def send(self, data: bytes) -> None:
        """Send bytes; a target that has hung up is no error of the conversation."""
        with contextlib.suppress(OSError):
            await self.tcp.write(data)

    async def half_close(self) -> None:
        """Say that nothing more will be said."""
        self.stage.recorder.sent("tcp.close", self.name, tag=self.tag, data={"why": "half-close"})
        with contextlib.suppress(OSError):
            self.tcp.writer.write_eof()

    def hello(self, *agents: str, **members: Any) -> dict[str, Any]:
        """Return a valid hello; members replace, None takes away."""
        hello = {
            "type": "hello",
            "node_id": self.identity.node_id,
            "caps": {"agents": [{"name": name} for name in agents], "models": [], "tools": []},
            "interests": list(agents),
            "tracker": "public",
            "version": VERSION,
            **members,
        }
        return {name: value for name, value in hello.items() if value is not None}

    async def greet(self, *agents: str, **members: Any) -> dict[str, Any]:
        """Say hello and return the answer; raises Unmet when there is none."""
        await self.say(self.hello(*agents, **members))
        answer = await self.await_type("hello_ack")
        if answer is None:
            raise Unmet("a valid hello was not answered by a hello_ack")
        self.ack = answer.body
        return self.ack

    def task(self, capability: str = "echo", payload: Any = 1, **members: Any) -> dict[str, Any]:
        """Return a signed task; members replace before it is signed, None takes away."""
        task = {
            "type": "task",
            "id": self.stage.unique("task"),
            "target": "",
            "caller": self.identity.node_id,
            "capability": capability,
            "payload": payload,
            "protocol": "elo.v1",
            "timestamp": int(self.stage.now()),
            "ttl_s": 60,
            **members,
        }
        return sign({k: v for k, v in task.items() if v is not None}, self.identity)

    def success(self, id: Any, payload: Any = 1, **members: Any) -> dict[str, Any]:
        """Return a signed result; members replace before it is signed, None takes away."""
        result = {
            "type": "result",
            "id": id,
            "status": "success",
            "protocol": "elo.v1",
            "payload": payload,
            **members,
        }
        return sign({k: v for k, v in result.items() if v is not None}, self.identity)

    async def give(self, task: Mapping[str, Any], *, within: float = COMES) -> Message | None:
        """Send a task and wait for its result."""
        await self.say(task)
        return await self.result(task.get("id", ""), within=within)

    async def attempt(self, about: str, task: Mapping[str, Any]) -> Message | None:
        """Send a task, noting its id as ``about``, and wait for its result."""
        self.stage.note(about, id=task.get("id", ""))
        return await self.give(task)

    async def do(self, capability: str = "echo", payload: Any = 1, **members: Any) -> Message:
        """Have a task done; raises Unmet when no result comes."""
        found = await self.give(self.task(capability, payload, **members))
        if found is None:
            raise Unmet(f"a task for `{capability}` was not answered within {COMES:g} s")
        return found

    # Hearing

    async def job(self, capability: str, *, within: float = COMES) -> Message:
        """Wait for a task of the target; raises Unmet when none comes."""
        found = await self.await_message(
            lambda each: each.type == "task" and each.body.get("capability") == capability,
            within=within,
        )
        if found is None:
            raise Unmet(f"no task for `{capability}` came within {within:g} s")
        return found

    async def result(self, id: Any, *, within: float = COMES) -> Message | None:
        """Wait for the result of a task."""
        return await self.await_message(
            lambda each: each.type == "result" and each.body.get("id") == id, within=within
        )

    async def await_type(self, *types: str, within: float = COMES) -> Message | None:
        """Wait for the first message of one of some types."""
        return await self.await_message(lambda each: each.type in types, within=within)

    async def await_message(
        self, fits: Callable[[Message], bool], *, within: float = COMES
    ) -> Message | None:
        """Wait for the first message on this connection that fits; None when it ends first."""

        def mine(event: Event) -> bool:
            if event.connection != self.name or event.direction != "<":
                return False
            over = event.kind == "tcp.close"
            return over or (event.kind == FRAME and fits(message_of(event)))

        event = await self.stage.heard(mine, within=within)
        return message_of(event) if event is not None and event.kind == FRAME else None

    async def closed(self, *, within: float = COMES) -> bool:
        """Whether the target ends the connection within so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self.ended.wait()
        except TimeoutError:
            self.stage.recorder.received(
                "tcp.silence", self.name, tag=self.tag, data={"seconds": within}
            )
        return self.ended.is_set()

    async def quiet(self, seconds: float = QUIET) -> None:
        """Listen for so long, and record the silence if there is one."""
        await self.closed(within=seconds)


async def probe(tcp: Tcp) -> str | None:
    """Return ``tracker`` or ``node`` when a hello is answered as either does."""
    me = fresh_identity()
    hello = {"type": "hello", "node_id": me.node_id, "caps": {}, "interests": []}
    await tcp.write(framed(written(hello)))
    splitter = Splitter()
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(COMES):
            while data := await tcp.read():
                for payload in splitter.feed(data):
                    return _role(payload)
    return None


def _role(payload: bytes) -> str | None:
    import json  # noqa: PLC0415  (only who probes pays for it)

    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.get("type") != "hello_ack":
        return None
    caps = answer.get("caps")
    agents = caps.get("agents", []) if isinstance(caps, dict) else []
    names = {each.get("name") for each in agents if isinstance(each, dict)}
    return "tracker" if "relay" in names else "node"
