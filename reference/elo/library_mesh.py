"""What a node does among its peers, as functions: JSON in, JSON out, no time passes.

Peers are objects: ``node_id``, ``caps`` (names), and ``bye`` when they have said it and stayed.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from reference.elo import frames, routing
from reference.elo.capabilities import Capabilities
from reference.elo.core import Node
from reference.elo.effects import Effect, Send, Settle
from reference.elo.identity import PREFIX, Identity
from reference.elo.messages import BYE, HELLO, QUERY, RELAY, RESPONSE, SUCCESS, TASK
from reference.elo.pace import Setup
from reference.role import ParameterError

Params = Mapping[str, Any]
ME = Identity.of_seed(b"\x01" * 32)
NOW = 1_700_000_000.0  # seconds; any time will do
TOLD = {  # what an outcome tells of a message that was sent
    TASK: ("type", "target", "capability"),
    QUERY: ("type", "capability", "ttl"),
}


class Mesh:
    """A node and its peers, by the numbers of their connections."""

    def __init__(self, params: Params, *, offers: Iterable[str] = ()) -> None:
        self.node = Node(
            Setup(identity=ME, offers=Capabilities.named(tuple(offers))), new_id=lambda: "0123abcd"
        )
        self._names: dict[int, str] = {}
        for peer in _objects(params, "peers"):
            self.join(peer)

    def join(self, peer: Mapping[str, Any]) -> int:
        """Have a peer say hello, and bye if it shall; return its connection's number."""
        name = peer.get("node_id")
        if not isinstance(name, str):
            raise ParameterError("peers: each has a node_id")
        number = self.node.accepted(f"127.0.0.1:{4000 + len(self._names)}", here="", now=NOW)
        self._names[number] = name[:PREFIX]
        caps = {"agents": [{"name": each} for each in peer.get("caps", [])]}
        self.hear(number, {"type": HELLO, "node_id": name, "caps": caps})
        if peer.get("bye"):
            self.hear(number, {"type": BYE})
        return number

    def hear(self, number: int, message: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Have a peer say something; return what is sent because of it."""
        return self.sent(self.node.received(number, frames.encode(message), now=NOW))

    def sent(self, effects: Iterable[Effect]) -> list[tuple[str, dict[str, Any]]]:
        """Return who is sent what."""
        return [
            (self._names[effect.link], message)
            for effect in effects
            if isinstance(effect, Send)
            for message in frames.Reader().feed(effect.data)
        ]


def route(params: Params) -> dict[str, Any]:
    """Say what is sent first, and to whom, to have a task done."""
    mesh = Mesh(params)
    target, capability = (_text(params, name) for name in ("target", "capability"))
    effects = mesh.node.send_task(
        1, target=target, capability=capability, payload={"n": 1}, now=NOW
    )
    for effect in effects:
        if isinstance(effect, Settle):
            return {"code": effect.outcome.code}
    return _told(mesh.sent(effects))


def _told(sent: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    _, message = sent[0]
    told = {name: message.get(name) for name in TOLD[message["type"]]}
    if message.get("capability") == RELAY:
        told["payload"] = message["payload"]
    return {"to": sorted(name for name, _ in sent), "sent": told}


def answer_query(params: Params) -> dict[str, Any]:
    """Say who is named in the answer to an asker's queries, and how the last is passed on."""
    mesh = Mesh(params, offers=params.get("offers", []))
    asker = mesh.join({"node_id": _text(params, "asker")})
    sent: list[tuple[str, dict[str, Any]]] = []
    for query in _objects(params, "queries"):
        sent = mesh.hear(asker, {"type": QUERY, **query})
    answers = [message["nodes"] for _, message in sent if message["type"] == RESPONSE]
    named = [node["node_id"] for nodes in answers for node in nodes]
    onward = [(name, message) for name, message in sent if message["type"] == QUERY]
    told = {"named": sorted(named), "to": sorted(name for name, _ in onward)}
    for _, message in onward[:1]:
        told |= {name: value for name, value in message.items() if name != "type"}
    return told


def read_result(params: Params) -> dict[str, Any]:
    """Say what a caller makes of a result."""
    outcome = routing.outcome_of(_result(params))
    if outcome.status == SUCCESS:
        return {"status": outcome.status, "payload": outcome.payload}
    return {"status": outcome.status, "code": outcome.code, "text": outcome.message}


def _result(params: Params) -> Mapping[str, Any]:
    try:
        value = json.loads(_text(params, "json"))
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"json: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ParameterError("json: an object is needed")
    return value


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise ParameterError(f"{name}: a text is needed")
    return value


def _objects(params: Params, name: str) -> list[Mapping[str, Any]]:
    value = params.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ParameterError(f"{name}: a list of objects is needed")
    return value


MESH: Mapping[str, Callable[[Params], Any]] = MappingProxyType(
    {"route": route, "answer_query": answer_query, "read_result": read_result}
)
