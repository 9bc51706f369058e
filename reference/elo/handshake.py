"""What a peer says of itself, in a hello or in the answer to one (sheet 3.1, 3.2, 7.1).

A published node proves nothing of itself. Ours signs its introduction, so that nobody else can
take its place (ELO-HELLO-19), and tells the port that it listens on, so that what others are told
of it can be dialled (ELO-HELLO-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reference.elo import capabilities, signing
from reference.elo.capabilities import Capabilities, CapabilityError
from reference.elo.identity import PREFIX, Identity
from reference.elo.messages import ACK

LISTEN, FEATURES, TIMESTAMP = "listen", "features", "timestamp"
DHT = "dht"
MAX_PORT = 65535


class HandshakeError(ValueError):
    """An introduction that cannot be accepted; the connection is closed without a word."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """A peer as it describes itself; ``proven`` at a time of its own clock, or never."""

    node_id: str
    capabilities: Capabilities
    interests: tuple[str, ...]
    listen: int | None = None
    features: frozenset[str] = frozenset()
    proven: float | None = None
    known_peers: tuple[Any, ...] = ()
    prefix: str = field(init=False)  # the part of its id that names it, ELO-HELLO-18

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", self.node_id[:PREFIX])

    def with_news(self, told: Capabilities, interests: tuple[str, ...]) -> "Introduction":
        """Return the same peer with other capabilities and interests."""
        return replace(self, capabilities=told, interests=interests)


def read(message: Mapping[str, Any], *, own_prefix: str) -> Introduction:
    """Read a hello or its answer; raises HandshakeError (ELO-HELLO-20)."""
    node_id = message.get("node_id", "")
    if not isinstance(node_id, str):
        raise HandshakeError("node_id is a text")
    if node_id[:PREFIX] == own_prefix:  # ELO-HELLO-13
        raise HandshakeError("that is my own name")
    known = message.get("known_peers", []) if message.get("type") == ACK else []
    if not isinstance(known, list) or not all(isinstance(item, dict) for item in known):
        raise HandshakeError("known_peers is an array of objects")
    try:
        return Introduction(
            node_id,
            capabilities.read(message.get("caps", {})),
            capabilities.read_interests(message.get("interests", [])),
            _port(message.get(LISTEN)),
            _features(message.get(FEATURES)),
            _proof(message, node_id),
            tuple(known),
        )
    except CapabilityError as error:
        raise HandshakeError(str(error)) from error


def _port(value: Any) -> int | None:
    """Read the port that a peer listens on; what is none is not told."""
    told = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_PORT
    return value if told else None


def _features(value: Any) -> frozenset[str]:
    told = value if isinstance(value, list) else []
    return frozenset(item for item in told if isinstance(item, str))


def _proof(message: Mapping[str, Any], node_id: str) -> float | None:
    """Return when the peer proved that it has the key of its id."""
    told = message.get(TIMESTAMP)
    if not isinstance(told, int | float) or isinstance(told, bool):
        return None
    signed = signing.verdict(message, node_id) is signing.Verdict.SIGNED
    return float(told) if signed else None


def proven(
    message: dict[str, Any],
    identity: Identity,
    *,
    listen: int | None,
    features: Iterable[str] = (DHT,),
    timestamp: float,
) -> dict[str, Any]:
    """Add to an introduction what only ours have, and sign it."""
    port = {} if listen is None else {LISTEN: listen}
    extra = {**port, FEATURES: list(features), TIMESTAMP: timestamp}
    return signing.sign({**message, **extra}, identity)
