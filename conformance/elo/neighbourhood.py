"""Who lives around a node in a mesh of the kit's: peers that do what they are asked to."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer
from conformance.elo.mesh_model import (
    FAR,
    FAR_SKILL,
    HIDDEN,
    HIDDEN_SKILL,
    KIN,
    NEIGHBOURS,
    RELAY,
    World,
    name_of,
)
from conformance.elo.peer import Peer, fresh_identity
from conformance.elo.scenarios_queries import query
from conformance.elo.wire import FRAME, message_of, unpadded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener
    from reference.elo.identity import Identity

DEAD = "127.0.0.1:1"  # where nobody listens
LONG = 60.0  # seconds that somebody is there, more than a conversation lasts
NOBODYS_ID = "n" * 43
NOBODY = {"status": "error", "error": {"code": "NO_PEER", "message": "nobody is behind this relay"}}


class Resident(Peer):
    """A peer that does its tasks at once, and answers what it is asked."""

    cast: Cast
    called: str
    deserts: bool
    gone: bool
    parted: bool
    given: list[Any]  # the payloads of tasks, in their order
    relayed: list[Any]
    asked: list[Message]

    def moves_in(self, cast: Cast, called: str) -> Resident:
        """Begin to live in the mesh."""
        self.cast, self.called = cast, called
        self.deserts = self.gone = self.parted = False
        self.given, self.relayed, self.asked = [], [], []
        cast.residents.append(self)
        self.stage.beside(self.live())
        return self

    async def send(self, data: bytes) -> None:
        """Send bytes, as long as one has not gone."""
        if not self.gone:
            await super().send(data)

    async def go(self) -> None:
        """Say nothing more; the target sees it."""
        self.gone = True
        self.cast.here.pop(self.called, None)
        await self.half_close()

    async def part(self) -> None:
        """Say bye."""
        self.parted = True
        await self.say({"type": "bye"})

    async def settle(self) -> None:
        """Wait until the target has dealt with all that this peer has said.

        Who has said bye asks for who is there, which is the asker at least, and not for work.
        """
        if not self.parted:
            await self.give(self.task())
            return
        asked = query(self, ttl=1)
        await self.say(asked)
        await self.await_message(
            lambda each: each.type == "query_resp" and each.body.get("id") == asked["id"]
        )

    async def live(self) -> None:
        """Do what one is asked to, in order."""
        inbox: asyncio.Queue[Message] = asyncio.Queue()

        def mine(event: Any) -> bool:
            if event.connection == self.name and event.direction == "<" and event.kind == FRAME:
                inbox.put_nowait(self.note(message_of(event)))
            return False

        hearing = asyncio.create_task(self.stage.heard(mine, within=LONG))
        try:
            while True:
                await self.react(await inbox.get())
        finally:
            hearing.cancel()

    def note(self, message: Message) -> Message:
        """Note what one is given, before anything comes of it."""
        if message.type == "query":
            self.asked.append(message)
        elif message.type == "task" and message.body.get("capability") == RELAY:
            self.relayed.append(message.at("payload", "payload"))
        elif message.type == "task":
            self.given.append(message.body.get("payload"))
        return message

    async def react(self, message: Message) -> None:
        """Do a task, have it done, or tell where somebody is."""
        id = message.body.get("id")
        if message.type == "query":
            if message.body.get("capability") == self.cast.skill(FAR_SKILL):
                nodes = [self.cast.far_node()]
                await self.say({"type": "query_resp", "id": id, "nodes": nodes})
        elif message.type == "task" and self.deserts:
            await self.go()
        elif message.type == "task" and message.body.get("capability") == RELAY:
            done = self.cast.behind_a_relay(message.body.get("payload"))
            told = {"payload": HIDDEN} if done else {"payload": None, **NOBODY}
            await self.say(self.success(id, **told))
        elif message.type == "task":
            await self.say(self.success(id, self.called))


@dataclass(slots=True, eq=False)
class Cast:
    """Who plays: everybody who was ever there, and who is."""

    stage: Stage
    asker: Peer
    listener: Listener
    world: World = field(default_factory=World)
    hidden: Identity = field(default_factory=fresh_identity)
    identities: list[Identity] = field(
        default_factory=lambda: [fresh_identity() for _ in range(NEIGHBOURS)]
    )
    far: Identity = field(default_factory=fresh_identity)
    kin: str = ""  # the id of one more node of the target's make
    residents: list[Resident] = field(default_factory=list)
    here: dict[str, Resident] = field(default_factory=dict)
    mark: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def skill(self, name: str) -> str:
        """Return what a skill is called in this conversation alone."""
        return name if name == RELAY else f"{name}-{self.mark}"

    def plain(self, capability: Any) -> str:
        """Return a skill as the model calls it."""
        return str(capability).removesuffix(f"-{self.mark}")

    def id_of(self, called: str) -> str:
        """Return somebody's id."""
        by_name = {name_of(number): each for number, each in enumerate(self.identities)}
        if called == KIN:
            return self.kin or NOBODYS_ID
        return {**by_name, FAR: self.far, HIDDEN: self.hidden}[called].node_id

    def named(self, prefix: Any) -> str:
        """Return who bears the first characters of an id; empty for others."""
        known = [*map(name_of, range(NEIGHBOURS)), FAR, KIN]
        return next((each for each in known if self.id_of(each)[:12] == prefix), "")

    def far_node(self) -> dict[str, Any]:
        """Return what neighbours know of ``far``."""
        prefix = self.far.prefix
        place = f"{prefix}@{self.listener.address if self.world.far_is_up else DEAD}"
        return {"addr": place, "node_id": prefix, "caps": [self.skill(FAR_SKILL)]}

    def behind_a_relay(self, asked: Any) -> bool:
        """Whether a relay reaches who can do this."""
        told = asked if isinstance(asked, dict) else {}
        if told.get("target"):
            return bool(told["target"] == self.hidden.node_id)
        return bool(told.get("capability") == self.skill(HIDDEN_SKILL))

    async def settled(self) -> None:
        """Wait until the target has dealt with all that was said."""
        for each in tuple(self.here.values()):
            await each.settle()

    async def receive(self) -> None:
        """Be ``far``: take the target in, as often as it dials."""
        while tcp := await self.listener.accept(within=LONG):
            guest = Resident(self.stage, tcp, identity=self.far, tag=FAR).moves_in(self, FAR)
            hello = await guest.await_type("hello")
            if hello is None:
                continue
            if hello.body.get("node_id") == unpadded(self.asker.ack.get("node_id")):  # not its kin
                self.here[FAR] = guest
            await guest.say(answer(guest, self.skill(FAR_SKILL)))

    def doers(self, number: int) -> list[str]:
        """Return who was given a task, as often as it was."""
        given = [each.called for each in self.residents for one in each.given if one == number]
        relayed = [HIDDEN for each in self.residents for one in each.relayed if one == number]
        return given + relayed
