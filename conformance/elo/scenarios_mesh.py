"""The interpreter of the model's conversations: a small mesh of the kit's around the target."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer
from conformance.elo.errands import errand, need_errands
from conformance.elo.mesh_model import (
    FAR,
    FAR_SKILL,
    HIDDEN,
    HIDDEN_SKILL,
    KIN,
    KIN_SKILL,
    NEIGHBOURS,
    NO_SKILL,
    RELAY,
    STEPS,
    World,
    name_of,
)
from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.scenarios_pairs import place
from conformance.elo.scenarios_queries import query, settled
from conformance.elo.wire import message_of
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from conformance.elo.mesh_model import Step
    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener
    from reference.elo.identity import Identity

PLAYED = "a step"
WITHIN = 0.8  # seconds that answers to a question are waited for, where that can be set
MORE = 5  # hops that a question has left which goes round: who passes it on is found out by them
LONG = 60.0  # seconds that somebody is there, more than a conversation lasts
NOBODYS_ID = "n" * 43
NOBODY = {"status": "error", "error": {"code": "NO_PEER", "message": "nobody is behind this relay"}}


class Resident(Peer):
    """A peer that does its tasks at once, and answers what it is asked."""

    cast: Cast
    called: str
    deserts: bool
    gone: bool
    given: list[Any]  # the payloads of tasks, in their order
    relayed: list[Any]
    asked: list[Message]

    def moves_in(self, cast: Cast, called: str) -> Resident:
        """Begin to live in the mesh."""
        self.cast, self.called, self.deserts, self.gone = cast, called, False, False
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

    async def live(self) -> None:
        """Do what one is asked to, in order."""
        inbox: asyncio.Queue[Message] = asyncio.Queue()

        def mine(event: Any) -> bool:
            if event.connection == self.name and event.direction == "<" and event.kind == "frame":
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
        place = f"{prefix}@{self.listener.address}"
        return {"addr": place, "node_id": prefix, "caps": [self.skill(FAR_SKILL)]}

    def behind_a_relay(self, asked: Any) -> bool:
        """Whether a relay reaches who can do this."""
        told = asked if isinstance(asked, dict) else {}
        if told.get("target"):
            return bool(told["target"] == self.hidden.node_id)
        return bool(told.get("capability") == self.skill(HIDDEN_SKILL))

    async def receive(self) -> None:
        """Be ``far``: take the target in, as often as it dials."""
        while tcp := await self.listener.accept(within=LONG):
            guest = Resident(self.stage, tcp, identity=self.far, tag=FAR).moves_in(self, FAR)
            hello = await guest.await_type("hello")
            if hello is None:
                continue
            if hello.body.get("node_id") == self.asker.ack.get("node_id"):  # and not its kin
                self.here[FAR] = guest
            await guest.say(answer(guest, self.skill(FAR_SKILL)))

    def doers(self, number: int) -> list[str]:
        """Return who was given a task, as often as it was."""
        given = [each.called for each in self.residents for one in each.given if one == number]
        relayed = [HIDDEN for each in self.residents for one in each.relayed if one == number]
        return given + relayed


async def converse(stage: Stage, example: list[Step]) -> None:
    """Play the steps that can be played, in order, up to the first surprise."""
    await at_pace(stage, query_within=WITHIN)
    asker = await Peer.greeted(stage, tag="who asks")
    need_errands(asker)
    cast = Cast(stage, asker, await stage.listen(), mark=stage.unique("mesh"))
    receiving = stage.beside(cast.receive())
    world = cast.world
    for step in example:
        kind = STEPS[step["do"]]
        if not kind.playable(world, step):
            continue
        came = await PLAY[step["do"]](cast, step)
        stage.note(PLAYED, step=step, came=came)
        if kind.surprise(world, step, came) is not None:
            break
        kind.learn(world, step, came)
    receiving.cancel()


async def join(cast: Cast, step: Step) -> dict[str, Any]:
    """Come, or come back on another connection, and offer something."""
    called, before = name_of(cast.world.one(step)), cast.here.get(name_of(cast.world.one(step)))
    offers = [cast.skill(each) for each in step["offers"]]
    identity = cast.identities[cast.world.one(step)]
    peer = await Resident.dial(cast.stage, identity=identity, tag=called)
    assert isinstance(peer, Resident)  # noqa: S101  (dial makes what it is called on)
    peer.moves_in(cast, called)
    await peer.greet(*offers)
    if before is not None:
        await before.closed()
    cast.here[called] = peer
    return {}


async def leave(cast: Cast, step: Step) -> dict[str, Any]:
    """Go, with a bye or without."""
    peer = cast.here[name_of(cast.world.one(step))]
    if step["bye"]:
        await peer.say({"type": "bye"})
    await peer.go()
    await peer.closed()
    return {}


async def bye(cast: Cast, step: Step) -> dict[str, Any]:
    """Say bye, and stay."""
    peer = cast.here[name_of(cast.world.one(step))]
    await peer.say({"type": "bye"})
    await settled(peer)
    return {}


async def change(cast: Cast, step: Step) -> dict[str, Any]:
    """Offer something else from now on."""
    peer = cast.here[name_of(cast.world.one(step))]
    offers = [cast.skill(each) for each in step["offers"]]
    await peer.say({**peer.hello(*offers), "type": "hello_ack"})
    await settled(peer)
    return {}


async def far(cast: Cast, step: Step) -> dict[str, Any]:
    """Have ``far`` go, or come back elsewhere."""
    if guest := cast.here.get(FAR):
        await guest.go()
        await guest.closed()
    if step["up"]:
        cast.listener = await cast.stage.listen()
        cast.stage.beside(cast.receive())
    else:
        cast.listener.close()
    return {}


async def kin(cast: Cast, _step: Step) -> dict[str, Any]:
    """Start one more node that dials the first, where there can be one."""
    try:
        other = await cast.stage.another(
            peers=place(cast.stage.instance.url), agents=cast.skill(KIN_SKILL)
        )
    except NotObserved:
        return {"there": False}
    itself = await Peer.greeted(cast.stage, tag="a guest of its kin", at=other.url)
    cast.kin = str(itself.ack.get("node_id"))
    return {"there": True}


async def task(cast: Cast, step: Step) -> dict[str, Any]:
    """Have the target send a task, and see who is given it."""
    number = next(cast.numbers)
    target = cast.id_of(step["target"]) if "target" in step else ""
    outcome = await errand(
        cast.asker,
        "a task",
        target=target,
        capability=cast.skill(needed(cast.world, step)),
        payload=number,
        within=COMES + lasts(cast.stage, "query_within"),
    )
    await settled(*cast.here.values())
    done = cast.doers(number)
    done += [KIN] if outcome["payload"] == {"echo": number} else []
    relayed = HIDDEN in done
    if outcome["status"] != "success":  # a relay that reaches nobody has not done the task
        done = [each for each in done if each != HIDDEN]
    return {"status": outcome["status"], "code": outcome["code"], "done": done, "relayed": relayed}


def needed(world: World, step: Step) -> str:
    """Return the skill that a task asks for: neighbours do what they are named for, kin its own."""
    if "target" in step:
        return KIN_SKILL if step["target"] == KIN else NO_SKILL
    return world.near(step)


async def desert(cast: Cast, step: Step) -> dict[str, Any]:
    """Have a task sent, and whoever is given it go without a word."""
    for peer in cast.here.values():
        peer.deserts = True
    came = await task(cast, step)
    for peer in cast.residents:
        peer.deserts = False
        if peer.gone:
            await peer.closed()
    return came


async def ask(cast: Cast, step: Step) -> dict[str, Any]:
    """Ask for what nobody has; whoever is asked in turn may send the question round."""
    peer = cast.here[name_of(cast.world.one(step))]
    asked = query(peer, cast.skill(NO_SKILL), ttl=step["ttl"])
    await peer.say(asked)
    await settled(*cast.here.values())
    if step["loops"]:
        for each in cast.here.values():
            for again in each.asked:
                if again.body.get("id") == asked["id"]:
                    await each.say({**again.body, "ttl": step["ttl"] + MORE})
        await settled(*cast.here.values())
        await settled(*cast.here.values())
    response = await peer.await_message(
        lambda each: each.type == "query_resp" and each.body.get("id") == asked["id"], within=0
    )
    passed_on = [
        [each.called, one.body.get("ttl")]
        for each in cast.here.values()
        for one in each.asked
        if one.body.get("id") == asked["id"]
    ]
    return {"passed_on": passed_on, "told": told(cast, response)}


def told(cast: Cast, response: Message | None) -> list[tuple[str, list[str] | None]]:
    """Return what an answer says of those who belong to this conversation."""
    nodes = response.body.get("nodes") if response is not None else []
    return [
        (cast.named(node.get("node_id")), offers_of(cast, node))
        for node in (nodes if isinstance(nodes, list) else [])
        if isinstance(node, dict) and cast.named(node.get("node_id"))
    ]


def offers_of(cast: Cast, node: Mapping[str, Any]) -> list[str] | None:
    """Return what an answer says that somebody offers; None where it does not say."""
    caps = node.get("caps")
    return sorted(map(cast.plain, caps)) if isinstance(caps, list) else None


PLAY: Mapping[str, Callable[[Cast, Step], Awaitable[dict[str, Any]]]] = {
    "join": join,
    "leave": leave,
    "bye": bye,
    "change": change,
    "far": far,
    "kin": kin,
    "task": task,
    "desert": desert,
    "ask": ask,
}
