"""Peers that take part in the distributed table: they announce it, answer for it and are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.peer import Peer
from conformance.kit.verdict import NotObserved
from reference.elo.signing import sign

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.running.stage import Stage
    from reference.elo.identity import Identity

DHT = "dht"
# A question, and the type of its answer.
ANSWERS = {
    "dht_ping": "dht_pong",
    "dht_find_node": "dht_find_node_resp",
    "dht_find_value": "dht_find_value_resp",
    "dht_store": "dht_store_resp",
}
TYPES = (*ANSWERS, *ANSWERS.values())
PORT = 9  # discard: what nobody listens on can be announced all the same
LIFE = 600.0  # seconds of a record


async def member(
    stage: Stage, *, tag: str, identity: Identity | None = None, port: int = PORT, at: str = ""
) -> Peer:
    """Be a peer of the table; raises NotObserved where the target takes no part in one."""
    peer = await Peer.greeted(stage, tag=tag, identity=identity, at=at, listen=port, features=[DHT])
    must_take_part(peer.ack)
    stage.beside(answers_for_nothing(peer))
    return peer


def must_take_part(introduction: dict[str, Any]) -> None:
    """Demand that a hello or hello_ack announces the table; raises NotObserved."""
    told = introduction.get("features")
    if not isinstance(told, list) or DHT not in told:
        raise NotObserved(
            f"the target does not announce `{DHT}` in `features`; nobody has published a wire"
            " format for a DHT, so that only the kit's own can be judged"
        )


async def answers_for_nothing(peer: Peer) -> None:
    """Answer the target's own questions as somebody who knows nobody and keeps everything."""
    done = 0
    while True:
        seen = 0

        def fits(message: Message) -> bool:
            nonlocal seen
            seen += message.type in ANSWERS
            return message.type in ANSWERS and seen > done  # noqa: B023  (used at once)

        asked = await peer.await_message(fits, within=600.0)
        if asked is None:
            return
        done += 1
        if asked.body.get("key") is None:  # who looks for something is answered by the scenario
            await peer.say(nothing(asked))


def nothing(asked: Message, **members: Any) -> dict[str, Any]:
    """Return the answer of somebody who knows nobody; members replace."""
    kind = ANSWERS[str(asked.type)]
    plain: dict[str, dict[str, Any]] = {
        "dht_find_node_resp": {"nodes": []},
        "dht_find_value_resp": {"records": [], "nodes": []},
        "dht_store_resp": {"stored": True},
    }
    return {"type": kind, "id": asked.body.get("id"), **plain.get(kind, {}), **members}


async def ask(peer: Peer, kind: str, about: str, **members: Any) -> None:
    """Ask the target something, and note its answer as ``about``: an empty one when none comes."""
    id = peer.stage.unique("q")
    await peer.say({"type": kind, "id": id, **members})
    answer = await peer.await_message(
        lambda each: each.type == ANSWERS[kind] and each.body.get("id") == id
    )
    peer.stage.note(about, asked=kind, answer=answer.body if answer is not None else {})


def record(
    peer: Peer, *caps: str, identity: Identity | None = None, **members: Any
) -> dict[str, Any]:
    """Return a peer's record of itself, or of another at its host, signed; members replace."""
    owner = identity or peer.identity
    about = {
        "node_id": owner.node_id,
        "addr": f"{peer.address.rpartition(':')[0]}:{PORT}",
        "caps": list(caps),
        "timestamp": round(peer.stage.now(), 3),
        "ttl_s": LIFE,
        **members,
    }
    return sign(about, owner)
