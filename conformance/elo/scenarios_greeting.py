"""Conversations about hellos: good ones, odd ones, and what the answer says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import be_dialled
from conformance.elo.peer import QUIET, Peer
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from reference.elo.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener

SILENT = 1.0  # seconds of ELO-HELLO-01
PROMPT = 2.0  # seconds within which a connection that must end has ended
FIRST_FRAMES: Mapping[str, Mapping[str, Any]] = {
    "a task": {"type": "task", "id": "t", "capability": "echo", "payload": 1},
    "a query": {"type": "query", "capability": "", "id": "0123abcd", "ttl": 1},
    "a hello_ack": {"type": "hello_ack", "node_id": "x", "caps": {}, "interests": []},
    "a heartbeat": {"type": "heartbeat", "node_id": "x", "ts": 1},
    "a bye": {"type": "bye"},
    "a HELLO": {"type": "HELLO", "node_id": "x"},
    "no type": {"node_id": "x"},
}
WRONG_HELLOS: Mapping[str, Mapping[str, Any]] = {
    "node_id null": {"node_id": None},
    "node_id a number": {"node_id": 5},
    "node_id an array": {"node_id": ["a"]},
    "caps null": {"caps": None},
    "caps an array": {"caps": []},
    "agents null": {"caps": {"agents": None}},
    "agents texts": {"caps": {"agents": ["a"]}},
    "agents a text": {"caps": {"agents": "a"}},
    "a name an array": {"caps": {"agents": [{"name": []}]}},
    "interests null": {"interests": None},
    "interests objects": {"interests": [{}]},
}
ODD_HELLOS: Mapping[str, Mapping[str, Any]] = {
    "nothing but an id": {"caps": None, "interests": None, "tracker": None, "version": None},
    "no arrays": {"caps": {}},
    "unknown members": {"x_assay": {"deep": [1]}, "known_peers": 5},
    "odd words": {"tracker": "☃", "version": "9.9.9-odd"},
}
ODD_EXTRAS: Mapping[str, Mapping[str, Any]] = {
    "listen a text": {"listen": "no port"},
    "listen too large": {"listen": 70_000},
    "features a number": {"features": 5},
    "timestamp a text": {"timestamp": "now"},
    "a signature that is none": {"timestamp": 1, "signature": "AAAA"},
}
# Seed 22…22; the id stands in the sheet's table of identities.
ALLOWED, ALLOWED_ID = b"\x22" * 32, "oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA"
PRIVATE = {"visibility": "private", "allowlist": ALLOWED_ID}
OFFERED = {"agents": "echo,assay-agent", "models": "assay-model", "tools": "assay-tool"}
SEED, SEED_ID = "11" * 32, "0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc"


@scenario()
async def first_frames(stage: Stage) -> None:
    """Say nothing, then greet, twice; on other connections begin with something else."""
    silent = await Peer.dial(stage, tag="silent")
    await silent.quiet(SILENT)
    await silent.greet()

    for tag in ("a hello", "another hello"):
        peer = await Peer.dial(stage, tag=tag)
        await peer.greet("assay-greeter")
        await peer.quiet()

    for name, frame in FIRST_FRAMES.items():
        stranger = await Peer.dial(stage, tag=name)
        await stranger.say(frame)
        await stranger.closed(within=PROMPT)


@scenario()
async def odd_hellos(stage: Stage) -> None:
    """Say hello with as little as possible, with too much, and with members that are no use."""
    for name, members in {**ODD_HELLOS, **ODD_EXTRAS}.items():
        peer = await Peer.dial(stage, tag=name)
        await peer.say(peer.hello(**members))
        await peer.await_type("hello_ack")


@scenario()
async def wrong_hellos(stage: Stage) -> None:
    """Say hello with members of wrong types, then see who is known afterwards."""
    for name, members in WRONG_HELLOS.items():
        peer = await Peer.dial(stage, tag=name)
        await peer.say({**peer.hello("assay-rejected"), **members})
        if await peer.closed(within=PROMPT) and "node_id" not in members:
            stage.note("rejected", prefix=peer.prefix)
    await look_around(stage, "after the rejected")


async def look_around(stage: Stage, tag: str, *agents: str) -> Peer:
    """Be a newcomer that asks who is there, after it has been told in the hello_ack."""
    peer = await Peer.greeted(stage, *agents, tag=tag)
    query = {"type": "query", "capability": "", "id": stage.unique("q"), "ttl": 1}
    await peer.say(query)
    await peer.await_type("query_resp")
    return peer


@scenario()
async def own_name(stage: Stage) -> None:
    """Say hello under the target's own name, under its first characters, and under fewer."""
    node_id = (await Peer.greeted(stage, tag="who is it")).ack.get("node_id")
    if not isinstance(node_id, str):
        raise NotObserved("the target tells no name")
    for tag, name in {
        "its own name": node_id,
        "its own prefix": node_id[:12] + "x" * 31,
        "nearly its own prefix": node_id[:11] + ("A" if node_id[11] != "A" else "B") + "x" * 31,
    }.items():
        peer = await Peer.dial(stage, tag=tag)
        await peer.say(peer.hello(node_id=name))
        await peer.await_type("hello_ack")


@scenario()
async def newcomers(stage: Stage) -> None:
    """Be a peer that offers something, then come as another and see what is told."""
    first = await Peer.greeted(stage, "assay-agent", tag="first")
    plain = await Peer.greeted(stage, tag="without capabilities")
    ported = await Peer.greeted(stage, "assay-agent", tag="with a port", listen=4321)
    stage.note("first", prefix=first.prefix)
    stage.note("without capabilities", prefix=plain.prefix)
    stage.note("with a port", prefix=ported.prefix)
    second = await look_around(stage, "second")
    stage.note("second", prefix=second.prefix)


@scenario(settings=OFFERED)
async def three_kinds(stage: Stage) -> None:
    """Greet a target that offers an agent, a model and a tool."""
    await Peer.greeted(stage, tag="three kinds")


@scenario(settings={"seed": SEED})
async def a_known_key(stage: Stage) -> None:
    """Greet a target whose key is known."""
    await Peer.greeted(stage, tag="a known key")


@scenario()
async def unsolicited_ack(stage: Stage) -> None:
    """Tell an address in a hello_ack that nobody asked for."""
    listener = await stage.listen()
    peer = await Peer.greeted(stage, tag="unsolicited")
    place = f"{'x' * 12}@{listener.address}"
    await peer.say(
        {**peer.hello(), "type": "hello_ack", "known_peers": [{"addr": place, "node_id": "x" * 12}]}
    )
    await peer.give(peer.task())  # once that is answered the hello_ack has been heard
    stage.note("dialled", times=await _times_dialled(stage, listener, by=peer.ack.get("node_id")))


async def _times_dialled(stage: Stage, listener: Listener, *, by: Any) -> int:
    """Wait for the target; a node of somebody else may dial who had the port before."""
    tcp = await listener.accept(within=6 * QUIET)
    if tcp is None:
        return 0
    hello = await Peer(stage, tcp, tag="who dials").await_type("hello")
    return int(hello is not None and hello.body.get("node_id") == by)


@scenario(settings=PRIVATE)
async def private(stage: Stage) -> None:
    """Greet a private target as somebody on its list, as somebody else, and be dialled by it."""
    allowed = await Peer.greeted(stage, tag="on the list", identity=Identity.of_seed(ALLOWED))
    stage.note("who is on the list", node_id=allowed.identity.node_id)
    await Peer.greeted(stage, tag="not on the list")
    await be_dialled(stage, tag="dialled by a private target", **PRIVATE)


@scenario(settings={"hello_pause": 1.0}, bound=20.0)
async def greeting_again(stage: Stage) -> None:
    """Say hello again on the same connection, once the pause is over, with other capabilities."""
    pause = float(stage.need("hello_pause"))
    peer = await Peer.greeted(stage, "assay-early", tag="greeting again")
    stage.note("who greets again", prefix=peer.prefix)
    await peer.quiet(pause + QUIET)
    acks = 0

    def second(event: Any) -> bool:
        nonlocal acks
        mine = event.connection == peer.name and b'"hello_ack"' in event.body
        acks += event.direction == "<" and mine
        return acks > 1

    await peer.say(peer.hello("assay-late"))
    await stage.heard(second, within=5.0)
    await look_around(stage, "after greeting again")
