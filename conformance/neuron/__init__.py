"""Holokai Neuron: what the kit must know of the protocol to find targets and run its suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.protocols import Protocol, Role

if TYPE_CHECKING:
    from conformance.kit.wire.http import HttpClient

HEARTBEAT = "/neuron/heartbeat"
NOWHERE = "/neuron/assay-asks-who-is-there"  # a path that no gateway has
PROBE_WITHIN = 3.0  # seconds
UNAUTHORIZED = 401


async def probe(client: HttpClient) -> str | None:
    """Return ``gateway`` when a heartbeat without a bearer is refused as a gateway must.

    A server that calls everything unauthorized says nothing of what it is.
    """
    beat, nothing = [
        await client.ask(
            "POST",
            path,
            headers=[("Content-Type", "application/json")],
            body=b"{}",
            tag="probe",
            within=PROBE_WITHIN,
        )
        for path in (HEARTBEAT, NOWHERE)
    ]
    known = beat.status == UNAUTHORIZED and nothing.status not in {UNAUTHORIZED, None}
    return "gateway" if known else None


GATEWAY = Role(
    name="gateway",
    kind="server",
    code="gw",
    settings={"lease_ttl": 1.25, "keep_alive": 1},
    intervals={"lease_ttl": 30.0},
    facts={
        "token": "a bearer that the gateway accepts",
        "subject": "the user that this bearer speaks for",
        "second_token": "a bearer of another user",
        "second_subject": "the user that the second bearer speaks for",
        "another_token": "another bearer of the same identity as `token`",
        "lease_ttl": "seconds that a lease lasts when its capability asks for nothing else",
        "keep_alive": "seconds without a frame after which a comment is sent",
        "dead_after": "seconds without a heartbeat after which a neuron counts as dead",
        "max_attempts": "how often a task is delivered before it counts as failed",
        "denied_types": "capability types, with commas between, that the policy denies",
        "pending_types": "capability types that the policy has not approved yet",
    },
    needs=("token",),
)

NEURON = Role(
    name="neuron",
    kind="client",
    code="nrn",
    opposite="gateway",
    tells=("token",),
    settings={"heartbeat_interval": 0.5, "reconnect_delay": 0.05, "drain_timeout": 2},
    intervals={"heartbeat_interval": 10.0},
    facts={
        "token": "the bearer that the neuron presents",
        "neuron_id": "the name that it registers under",
        "heartbeat_interval": "seconds between two heartbeats",
        "reconnect_delay": "seconds before the first attempt to connect again",
        "drain_timeout": "seconds that a stopping neuron gives what still runs",
        "counted_tokens": "whether the n-th bearer that it presents is `<token>-<n>`",
    },
)

LIBRARY = Role(
    name="library",
    kind="library",
    code="lib",
    facts={"revision": "the revision whose outcomes are right, by default the driver's own"},
)

PROTOCOL = Protocol(
    name="neuron",
    title="Holokai Neuron",
    revision="1.0.0",
    schemes=("http", "https"),
    roles=(GATEWAY, NEURON, LIBRARY),
    probe=probe,
)
