"""The messages, their members in the order in which every published node writes them (sheet 3).

Members of our own, which published nodes ignore, are added in `handshake.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reference.elo.capabilities import Capabilities
from reference.elo.constants import PROTOCOL, TASK_TTL, VERSION

Message = dict[str, Any]
HELLO, ACK = "hello", "hello_ack"
QUERY, RESPONSE = "query", "query_resp"
INTERESTS, EVENT = "interest_update", "event"
TASK, RESULT = "task", "result"
HEARTBEAT, BYE = "heartbeat", "bye"
SUCCESS, ERROR = "success", "error"
RELAY = "relay"  # the capability that a relaying tracker advertises, ELO-TRK-05
DISCOVERY = "discovery"  # ELO-TRK-08
ONLINE = "node.online"  # ELO-LIFE-05


def hello(
    node_id: str,
    told: Capabilities,
    *,
    interests: Iterable[str],
    visibility: str,
) -> Message:
    """Write the first frame of who dials."""
    return {
        "type": HELLO,
        "node_id": node_id,
        "caps": told.told(),
        "interests": list(interests),
        "tracker": visibility,
        "version": VERSION,
    }


def ack(
    node_id: str,
    told: Capabilities,
    *,
    interests: Iterable[str],
    visibility: str,
    known_peers: Sequence[Mapping[str, Any]] | None,
) -> Message:
    """Write the answer to a hello."""
    peers = {} if known_peers is None else {"known_peers": list(known_peers)}
    return {
        "type": ACK,
        "node_id": node_id,
        "caps": told.told(),
        "interests": list(interests),
        "tracker": visibility,
        **peers,
    }


def query(capability: Any, id: Any, *, ttl: float, origin: str = "") -> Message:
    """Ask who has a capability; an empty one asks for anybody."""
    asked = {"type": QUERY, "capability": capability, "id": id, "ttl": ttl}
    return {**asked, "origin": origin} if origin else asked


def response(id: Any, nodes: Sequence[Mapping[str, Any]]) -> Message:
    """Answer a query."""
    return {"type": RESPONSE, "id": id, "nodes": list(nodes)}


def interest_update(own: Capabilities) -> Message:
    """Tell connected peers of new interests."""
    return {"type": INTERESTS, "interests": list(own.interests)}


def task(  # noqa: PLR0913  (the members of the message)
    id: str,
    *,
    target: str,
    caller: str,
    capability: str,
    payload: Any,
    timestamp: int,
    ttl_s: int = TASK_TTL,
) -> Message:
    """Ask for work; still to be signed."""
    return {
        "type": TASK,
        "id": id,
        "target": target,
        "caller": caller,
        "capability": capability,
        "payload": payload,
        "protocol": PROTOCOL,
        "timestamp": timestamp,
        "ttl_s": ttl_s,
    }


def success(id: Any, payload: Any) -> Message:
    """Answer a task; still to be signed. A null payload is left out (ELO-TASK-05)."""
    done = {"type": RESULT, "id": id, "status": SUCCESS, "protocol": PROTOCOL}
    return done if payload is None else {**done, "payload": payload}


def failure(id: Any, code: str, message: str) -> Message:
    """Answer a task that was not done; such answers are not signed (ELO-SIG-10)."""
    return {
        "type": RESULT,
        "id": id,
        "status": ERROR,
        "protocol": PROTOCOL,
        "error": {"code": code, "message": message},
    }


def event(event_type: str, data: Mapping[str, Any], *, id: str, timestamp: int) -> Message:
    """Tell what happened; still to be signed (ELO-SIG-18)."""
    return {
        "type": EVENT,
        "event_type": event_type,
        "data": dict(data),
        "id": id,
        "protocol": PROTOCOL,
        "timestamp": timestamp,
    }


def heartbeat(node_id: str, *, timestamp: int) -> Message:
    """Say that one is still there."""
    return {"type": HEARTBEAT, "node_id": node_id, "ts": timestamp}


def bye() -> Message:
    """Say that one goes."""
    return {"type": BYE}
