"""The eight messages of the table, by the names that every published node ignores (sheet 3.10).

Every question has an ``id``, and its answer has the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reference.elo.dht.contacts import Contact

Message = dict[str, Any]
PING, PONG = "dht_ping", "dht_pong"
FIND_NODE, NODES = "dht_find_node", "dht_find_node_resp"
FIND_VALUE, VALUES = "dht_find_value", "dht_find_value_resp"
STORE, STORED = "dht_store", "dht_store_resp"
TYPES = frozenset({PING, PONG, FIND_NODE, NODES, FIND_VALUE, VALUES, STORE, STORED})
ANSWERS = frozenset({PONG, NODES, VALUES, STORED})


def ping(id: str) -> Message:
    """Ask whether somebody is there."""
    return {"type": PING, "id": id}


def pong(id: str) -> Message:
    """Say that one is there."""
    return {"type": PONG, "id": id}


def find_node(id: str, target: str) -> Message:
    """Ask for the nodes closest to a text."""
    return {"type": FIND_NODE, "id": id, "target": target}


def nodes(id: str, contacts: Iterable[Contact]) -> Message:
    """Name the closest nodes, the closest first."""
    return {"type": NODES, "id": id, "nodes": [each.told() for each in contacts]}


def find_value(id: str, key: str) -> Message:
    """Ask for records by a key: a node's id, or ``capability:`` and a name."""
    return {"type": FIND_VALUE, "id": id, "key": key}


def values(id: str, records: Sequence[Mapping[str, Any]], contacts: Iterable[Contact]) -> Message:
    """Tell the records of a key, and who may know more."""
    told = [each.told() for each in contacts]
    return {"type": VALUES, "id": id, "records": list(records), "nodes": told}


def store(id: str, record: Mapping[str, Any]) -> Message:
    """Have a record kept."""
    return {"type": STORE, "id": id, "record": dict(record)}


def stored(id: str) -> Message:
    """Say that a record is kept."""
    return {"type": STORED, "id": id, "stored": True}


def refused(id: str, code: str, message: str) -> Message:
    """Say why a record is not kept."""
    return {"type": STORED, "id": id, "stored": False, "error": {"code": code, "message": message}}
