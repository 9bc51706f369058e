"""What a node publishes about itself, and what others keep of it: signed, for a while, and bounded.

A node has one record. It is found by the node's id, and by each capability that it tells; a newer
one takes the place of an older one, so that what is no longer offered is no longer found.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import signing
from reference.elo.dht.contacts import is_address, is_text
from reference.elo.dht.distance import K
from reference.elo.identity import Identity

CAPABILITY = "capability:"  # a node's id has no colon
MEMBERS = {"node_id", "addr", "caps", "timestamp", "ttl_s", "signature"}
MAX_CAPABILITIES = 64
MAX_LIFE = 7200.0  # seconds
AHEAD = 60.0  # seconds by which clocks may differ
RECORDS = 1024  # that one node keeps

BAD_RECORD, BAD_SIGNATURE, FOREIGN = "BAD_RECORD", "BAD_SIGNATURE", "FOREIGN"
EXPIRED, STALE, FULL = "EXPIRED", "STALE", "FULL"


class RecordError(ValueError):
    """A record that is not kept, and not believed; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Record:
    """A record that has been read; ``told`` is its text as its owner signed it."""

    node_id: str
    addr: str
    caps: tuple[str, ...]
    begun: float
    until: float
    told: Mapping[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys by which it is found."""
        return (self.node_id, *(CAPABILITY + name for name in self.caps))


def made(
    identity: Identity, addr: str, caps: Iterable[str], *, now: float, life: float
) -> dict[str, Any]:
    """Write a node's record and sign it."""
    record = {
        "node_id": identity.node_id,
        "addr": addr,
        "caps": [name for name in caps if is_text(name)][:MAX_CAPABILITIES],
        "timestamp": round(now, 3),
        "ttl_s": life,
    }
    return signing.sign(record, identity)


def read(told: Any, *, now: float) -> Record:
    """Read a record; raises RecordError for one that is not to be believed (ELO-DHT-09, 11)."""
    if not isinstance(told, dict) or set(told) != MEMBERS:
        raise RecordError(BAD_RECORD, f"a record is an object with {', '.join(sorted(MEMBERS))}")
    caps, begun, life = told["caps"], told["timestamp"], told["ttl_s"]
    if not (is_text(told["node_id"]) and is_address(told["addr"])):
        raise RecordError(BAD_RECORD, "node_id and addr are short texts, addr is host:port")
    if not isinstance(caps, list) or len(caps) > MAX_CAPABILITIES or not all(map(is_text, caps)):
        raise RecordError(BAD_RECORD, f"caps are at most {MAX_CAPABILITIES} short texts")
    if not (_is_number(begun) and _is_number(life) and 0 < life <= MAX_LIFE):
        raise RecordError(BAD_RECORD, f"timestamp and ttl_s are seconds, ttl_s <= {MAX_LIFE:g}")
    if begun > now + AHEAD or begun + life <= now:
        raise RecordError(EXPIRED, "its time is over, or has not come")
    if signing.verdict(told, told["node_id"]) is not signing.Verdict.SIGNED:
        raise RecordError(BAD_SIGNATURE, "it is not signed by the node that it is about")
    return Record(told["node_id"], told["addr"], tuple(caps), begun, begun + life, told)


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(slots=True)
class Store:
    """The records that a node keeps for others, one a node."""

    most: int = RECORDS
    _records: dict[str, Record] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._records)

    def keep(self, record: Record, *, now: float) -> None:
        """Keep a record in the place of its owner's last; raises RecordError (ELO-DHT-12)."""
        self.forget_old(now=now)
        known = self._records.get(record.node_id)
        if known is not None and record.begun < known.begun:
            raise RecordError(STALE, "there is a newer one")
        if known is None and len(self._records) >= self.most:
            raise RecordError(FULL, "there is no room")
        self._records[record.node_id] = record

    def about(self, key: str, *, now: float) -> list[Record]:
        """Return what is known of a key, the newest first."""
        self.forget_old(now=now)
        found = (each for each in self._records.values() if key in each.keys)
        return sorted(found, key=lambda each: -each.begun)[:K]

    def forget_old(self, *, now: float) -> None:
        """Drop the records whose time is over (ELO-DHT-11)."""
        self._records = {id: each for id, each in self._records.items() if each.until > now}
