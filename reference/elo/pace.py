"""What a node can be started with, and what it is then."""

from dataclasses import dataclass

from reference.elo import capabilities, handshake
from reference.elo.capabilities import Capabilities, Disclosure
from reference.elo.constants import (
    ACK_WITHIN,
    DHT_LIFE,
    HEARTBEAT_INTERVAL,
    HELLO_PAUSE,
    HELLO_WITHIN,
    IDLE_LIMIT,
    QUERY_MEMORY,
    QUERY_WITHIN,
    RATE_LIMIT,
    RATE_WINDOW,
    RESULT_WITHIN,
    RETURN_PAUSE,
)
from reference.elo.identity import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times, in seconds, and the number of messages in a window."""

    heartbeat_interval: float = HEARTBEAT_INTERVAL
    idle_limit: float = IDLE_LIMIT
    hello_within: float = HELLO_WITHIN
    ack_within: float = ACK_WITHIN
    hello_pause: float = HELLO_PAUSE
    result_within: float = RESULT_WITHIN
    query_within: float = QUERY_WITHIN
    query_memory: float = QUERY_MEMORY
    return_pause: float = RETURN_PAUSE
    dht_life: float = DHT_LIFE
    rate_limit: int = RATE_LIMIT
    rate_window: float = RATE_WINDOW


OPEN = Disclosure()
ORDINARY = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A node: who it is, what it offers and tells, and whether it does and verifies tasks.

    ``listen`` is the port that others can dial; ``dht``: it takes part in the distributed table.
    """

    identity: Identity
    offers: Capabilities = capabilities.NOTHING
    disclosure: Disclosure = OPEN
    handles: bool = True
    verifies: bool = True
    listen: int | None = None
    dht: bool = True
    pace: Pace = ORDINARY

    @property
    def features(self) -> tuple[str, ...]:
        """What this node announces beyond the published protocol."""
        return (handshake.DHT,) if self.dht else ()
