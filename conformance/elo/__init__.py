"""Elo: what the kit must know of the protocol to find targets and run its suites."""

from __future__ import annotations

from conformance.elo.peer import probe
from conformance.kit.protocols import Protocol, Role

NODE = Role(
    name="node",
    kind="server",
    code="node",
    intervals={"heartbeat_interval": 30.0},
    facts={
        "node_id": "the node's full id, 43 characters",
        "seed": "the 32-byte Ed25519 seed of the node's identity, in hex",
        "heartbeat_interval": "seconds between two heartbeats",
        "idle_limit": "seconds of silence after which a peer is let go",
        "rate_window": "seconds of the window in which messages are counted",
        "rate_limit": "messages that a connection may send in a window",
    },
)

TRACKER = Role(
    name="tracker",
    kind="server",
    code="trk",
    intervals={"heartbeat_interval": 30.0},
    facts=dict(NODE.facts),
)

LIBRARY = Role(name="library", kind="library", code="lib")

PROTOCOL = Protocol(
    name="elo",
    title="Elo",
    revision="0.5.1",
    schemes=("elo",),
    roles=(NODE, TRACKER, LIBRARY),
    probe_tcp=probe,
    desk="conformance.elo.desk:Desk",
)
