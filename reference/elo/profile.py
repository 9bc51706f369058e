"""What the reference's own capabilities do, as data: the shell does it, and no rule is in it.

A node under test offers the same ones (the conformance profile), so that a peer can have it do
whatever a requirement is about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from reference.elo import messages
from reference.elo.constants import TASK_TTL
from reference.elo.links import Links, fitting
from reference.elo.messages import DISCOVERY, RELAY

BIGGEST = 16_000_000  # characters; no frame carries as many


@dataclass(frozen=True, slots=True)
class Return:
    """Return a value, after so many seconds."""

    value: Any
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Raise:
    """Fail with a text."""

    message: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Have somebody do a task, and hand on what came of it.

    ``relays``: as a tracker does, whose own result is the other's (sheet 6.7).
    """

    target: str
    capability: str
    payload: Any
    ttl_s: int
    relays: bool


Action: TypeAlias = Return | Raise | Ask
Deed = Callable[[Any, Links], Action]


def _member(payload: Any, name: str, default: Any) -> Any:
    return payload.get(name, default) if isinstance(payload, Mapping) else default


def _echo(payload: Any, _links: Links) -> Action:
    return Return({"echo": payload})


def _slow(payload: Any, _links: Links) -> Action:
    seconds = _member(payload, "s", 1)
    valid = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return Return({"slept": seconds}, float(seconds)) if valid else Raise("s: seconds are needed")


def _raise(payload: Any, _links: Links) -> Action:
    return Raise(str(_member(payload, "message", "boom")))


def _none(_payload: Any, _links: Links) -> Action:
    return Return(None)


def _big(payload: Any, _links: Links) -> Action:
    size = _member(payload, "size", 2_000_000)
    possible = isinstance(size, int) and size <= BIGGEST
    return Return("x" * size) if possible else Raise(f"size: a number up to {BIGGEST} is needed")


def _half(_payload: Any, _links: Links) -> Action:
    """Return half of a surrogate pair, which no frame can carry."""
    return Return("\ud800")


def _object(_payload: Any, _links: Links) -> Action:
    """Return what is no JSON."""
    return Return(object())


def _asking(*, relays: bool) -> Deed:
    def ask(payload: Any, _links: Links) -> Action:
        target, capability = _member(payload, "target", ""), _member(payload, "capability", "")
        ttl_s = _member(payload, "ttl_s", TASK_TTL)
        texts = isinstance(target, str) and isinstance(capability, str)
        if not texts or not isinstance(ttl_s, int) or capability == RELAY:
            return Raise("target and capability are texts, ttl_s is a number; no relay of a relay")
        return Ask(target, capability, _member(payload, "payload", {}), ttl_s, relays)

    return ask


def _discovery(_payload: Any, links: Links) -> Action:
    """Tell the known peers (ELO-TRK-08)."""
    listed = fitting(peer for peer in links.peers() if peer.listed)
    return Return({"peers": [peer.entry() for peer in listed]})


PROFILE: Mapping[str, Deed] = MappingProxyType(
    {
        "echo": _echo,
        "slow": _slow,
        "raise": _raise,
        "none": _none,
        "big": _big,
        "half": _half,
        "object": _object,
        "ask": _asking(relays=False),
    }
)
TRACKER: Mapping[str, Deed] = MappingProxyType(
    {**PROFILE, "tracker": _echo, DISCOVERY: _discovery, RELAY: _asking(relays=True)}
)


def action(deeds: Mapping[str, Deed], capability: Any, payload: Any, links: Links) -> Action:
    """Return what is done for a task; a capability that somebody made up echoes."""
    known = isinstance(capability, str) and capability in deeds
    return (deeds[capability] if known else _echo)(payload, links)


def told(status: str, payload: Any, code: str, message: str) -> dict[str, Any]:
    """Return what the capability ``ask`` answers."""
    if status == messages.SUCCESS:
        return {"status": status, "payload": payload}
    return {"status": status, "error": {"code": code, "message": message}}
