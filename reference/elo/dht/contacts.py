"""Whom a node knows: buckets of peers, the more of them the closer they are.

A peer that has been there for long is likely to stay: it makes room for a newcomer only when it is
dead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from reference.elo.dht.distance import K, apart, closest

MAX_TEXT = 256  # characters of an id, an address or a key
MAX_PORT = 65535
HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair, which no frame can carry


@dataclass(frozen=True, slots=True)
class Contact:
    """A node and where it can be dialled, ``host:port``."""

    node_id: str
    addr: str

    def told(self) -> dict[str, str]:
        """Return what an answer says of it."""
        return {"node_id": self.node_id, "addr": self.addr}


def read(items: Any) -> list[Contact]:
    """Read the contacts of an answer: no more than may be in one, and none that is no contact."""
    told = items[:K] if isinstance(items, list) else []
    return [
        Contact(item["node_id"], item["addr"])
        for item in told
        if isinstance(item, dict) and is_text(item.get("node_id")) and is_address(item.get("addr"))
    ]


def is_text(value: Any) -> TypeGuard[str]:
    """Whether a member can be an id or a key: short, and fit for a frame."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not HALF.search(value)


def is_address(value: Any) -> bool:
    """Whether a member is ``host:port``."""
    if not is_text(value):
        return False
    host, _, port = value.rpartition(":")
    plain = port.isascii() and port.isdigit()
    return bool(host) and "@" not in host and plain and 0 < int(port) <= MAX_PORT


@dataclass(slots=True)
class Table:
    """The contacts of one node; a bucket's oldest acquaintance comes first."""

    own: str
    _buckets: dict[int, dict[str, Contact]] = field(default_factory=dict)
    _waiting: dict[int, Contact] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Contact]:
        return iter([each for bucket in self._buckets.values() for each in bucket.values()])

    def __len__(self) -> int:
        return sum(map(len, self._buckets.values()))

    def heard(self, contact: Contact) -> Contact | None:
        """Note that a contact lives; where there is no room, return the one to be pinged."""
        if contact.node_id == self.own:
            return None
        number = apart(self.own, contact.node_id).bit_length()
        bucket = self._buckets.setdefault(number, {})
        if bucket.pop(contact.node_id, None) is None and len(bucket) >= K:
            self._waiting[number] = contact
            return next(iter(bucket.values()))
        bucket[contact.node_id] = contact
        return None

    def dead(self, node_id: str) -> None:
        """Drop a contact; who waited for room gets it."""
        number = apart(self.own, node_id).bit_length()
        bucket = self._buckets.get(number, {})
        if bucket.pop(node_id, None) is not None and number in self._waiting:
            newcomer = self._waiting.pop(number)
            bucket[newcomer.node_id] = newcomer

    def closest(self, target: str, *, but: str = "") -> list[Contact]:
        """Return the contacts that are closest to a target, the closest first."""
        others = (each for each in self if each.node_id != but)
        return closest(target, others, name=lambda each: each.node_id)
