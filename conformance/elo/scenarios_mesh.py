"""The interpreter of the model's conversations: a small mesh of the kit's around the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.errands import errand, need_errands
from conformance.elo.mesh_model import (
    FAR,
    HIDDEN,
    KIN,
    KIN_SKILL,
    NO_SKILL,
    STEPS,
    World,
    name_of,
)
from conformance.elo.neighbourhood import Cast, Resident
from conformance.elo.paced import at_pace, lasts
from conformance.elo.peer import COMES, Peer
from conformance.elo.scenarios_pairs import place
from conformance.elo.scenarios_queries import query
from conformance.elo.wire import unpadded
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.elo.mesh_model import Step
    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage

PLAYED = "a step"
WITHIN = 0.8  # seconds that answers to a question are waited for, where that can be set
MORE = 5  # hops that a question has left which goes round: who passes it on is found out by them


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
    peer = (await Resident.dial(cast.stage, identity=identity, tag=called)).moves_in(cast, called)
    await peer.greet(*offers)
    if before is not None:
        await before.closed()
    cast.here[called] = peer
    return {}


async def leave(cast: Cast, step: Step) -> dict[str, Any]:
    """Go, with a bye or without."""
    peer = cast.here[name_of(cast.world.one(step))]
    if step["bye"]:
        await peer.part()
    await peer.go()
    await peer.closed()
    return {}


async def bye(cast: Cast, step: Step) -> dict[str, Any]:
    """Say bye, and stay."""
    peer = cast.here[name_of(cast.world.one(step))]
    await peer.part()
    await peer.settle()
    return {}


async def change(cast: Cast, step: Step) -> dict[str, Any]:
    """Offer something else from now on."""
    peer = cast.here[name_of(cast.world.one(step))]
    offers = [cast.skill(each) for each in step["offers"]]
    await peer.say({**peer.hello(*offers), "type": "hello_ack"})
    await peer.settle()
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
    cast.kin = unpadded(itself.ack.get("node_id"))
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
    await cast.settled()
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
    await cast.settled()
    if step["loops"]:
        for each in cast.here.values():
            for again in each.asked:
                if again.body.get("id") == asked["id"]:
                    await each.say({**again.body, "ttl": step["ttl"] + MORE})
        await cast.settled()
        await cast.settled()
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
