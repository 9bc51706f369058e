"""Conversations that say more than a node hears, each under a name that nobody else has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.peer import COMES, QUIET, Peer, fresh_identity
from conformance.elo.scenarios_greeting import look_around
from conformance.elo.wire import framed, written
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

LIMIT = 100  # messages, of a target that tells no `rate_limit`
WINDOW = 60.0  # seconds, of a target that tells no `rate_window`
SHORT_WINDOW = 3.0  # seconds, of one that the kit can start with it
SLACK = 1.5  # seconds beyond a window's end, for clocks and slow machines
ABOVE = 3  # tasks above the limit
HELLOS = 200
# What counts although nothing comes of it; ELO-RATE-03.
IDLE_TALK: tuple[Mapping[str, Any], ...] = (
    {"type": "heartbeat", "node_id": "x", "ts": 1},
    {"type": "x-assay-unknown"},
    {"type": "event", "event_type": "assay", "data": {}, "id": "e", "protocol": "elo.v1"},
    {"type": "result", "id": "nobody's", "status": "success", "protocol": "elo.v1"},
    {"type": "query_resp", "id": "nobody's", "nodes": []},
    {"type": "interest_update", "interests": []},
    {"type": None},
    {},
)
DHT_PING = {"type": "dht_ping", "id": "0123abcd"}


def limit_of(stage: Stage) -> int:
    """Return how many messages the target hears in a window."""
    return int(stage.facts.get("rate_limit", LIMIT))


async def give_all(peer: Peer, about: str, *, tasks: int, within: float = 4 * COMES) -> list[str]:
    """Send tasks at once, note their ids, and wait for the last that is sure to be answered."""
    given = [peer.task("echo", number) for number in range(tasks)]
    ids = [task["id"] for task in given]
    peer.stage.note(about, ids=ids)
    await asyncio.gather(*(peer.say(task) for task in given))
    if tasks > ABOVE:
        await peer.result(ids[-ABOVE - 1], within=within)
    await peer.quiet()
    return ids


@scenario()
async def more_than_is_heard(stage: Stage) -> None:
    """Say hello and give as many tasks as are heard, and some more; then see who is worse off."""
    identity = fresh_identity()
    peer = await Peer.greeted(stage, "assay-loud", tag="loud", identity=identity)
    stage.note("who is loud", prefix=peer.prefix)
    await give_all(peer, "loud", tasks=limit_of(stage) - 1 + ABOVE)

    other = await look_around(stage, "somebody else", "assay-loud")
    await other.attempt("somebody else", other.task("echo", "not my fault"))
    await peer.say({"type": "bye"})
    await peer.quiet()
    await look_around(stage, "after the bye of who is loud")

    stage.note("before another connection of the same peer")
    again = await Peer.dial(stage, tag="loud again", identity=identity)
    await again.say(again.hello("assay-loud"))
    if await again.await_type("hello_ack") is not None:
        task = again.task("echo", "new socket, same budget")
        stage.note("loud again", ids=[task["id"]])
        await again.give(task, within=2 * QUIET)


@scenario()
async def idle_talk(stage: Stage) -> None:
    """Use up the budget with messages of which nothing comes, then give two tasks."""
    await _used_up_by(stage, "idle talk", IDLE_TALK)


@scenario()
async def dht_talk(stage: Stage) -> None:
    """Use up the budget with messages of the DHT, then give two tasks."""
    await _used_up_by(stage, "dht talk", (DHT_PING,))


async def _used_up_by(stage: Stage, about: str, talk: tuple[Mapping[str, Any], ...]) -> None:
    peer = await Peer.greeted(stage, tag=about)
    many = limit_of(stage) - 2  # with the hello, one message is left
    for number in range(many):
        await peer.say(talk[number % len(talk)])
    first, second = peer.task("echo", "the last that is heard"), peer.task("echo", "one too many")
    stage.note(about, ids=[first["id"], second["id"]])
    await peer.say(first)
    await peer.say(second)
    await peer.result(first["id"])
    await peer.quiet()


@scenario()
async def many_hellos(stage: Stage) -> None:
    """Say hello again and again on one connection, then give a task."""
    peer = await Peer.greeted(stage, tag="many hellos")
    await peer.quiet()
    stage.note("has said hello")
    await peer.send(framed(written(peer.hello())) * HELLOS)
    stage.note("said hello", times=HELLOS)
    await peer.quiet()  # what comes with a hello is another matter
    await peer.attempt("after many hellos", peer.task())
    await peer.quiet()


@scenario(bound=2 * WINDOW + 30.0)
async def a_window_ends(stage: Stage) -> None:
    """Use up a budget, wait for the end of the window that the first message opened, and go on."""
    at, window = await _with_a_short_window(stage)
    clock = asyncio.get_running_loop()
    earliest = clock.time()
    peer = await Peer.greeted(stage, tag="a window", at=at)
    latest = clock.time()  # between the two the hello came, and the window began
    await give_all(peer, "within the window", tasks=limit_of(stage) - 1 + ABOVE)
    if clock.time() - earliest > window:
        raise NotObserved(f"the window of {window:g} s was over before its budget was used up")
    await peer.quiet(latest + window - clock.time() + SLACK)
    await peer.attempt("after the window", peer.task("echo", "a new window"))


async def _with_a_short_window(stage: Stage) -> tuple[str, float]:
    """Return where a target with a short window is, else the target as it is, and the seconds."""
    try:
        other = await stage.another(rate_window=SHORT_WINDOW)
    except NotObserved:
        return "", float(stage.facts.get("rate_window", WINDOW))
    return other.url, SHORT_WINDOW
