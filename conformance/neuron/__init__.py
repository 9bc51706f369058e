"""Holokai Neuron: what the kit must know of the protocol to find targets and run its suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.protocols import Protocol, Role

if TYPE_CHECKING:
    from conformance.kit.wire.http import HttpClient

HEARTBEAT = "/neuron/heartbeat"
PROBE_WITHIN = 3.0  # seconds


async def probe(client: HttpClient) -> str | None:
    """Return ``gateway`` when a heartbeat without a bearer is refused as a gateway must."""
    answer = await client.ask(
        "POST",
        HEARTBEAT,
        headers=[("Content-Type", "application/json")],
        body=b"{}",
        tag="probe",
        within=PROBE_WITHIN,
    )
    return "gateway" if answer.status == 401 else None  # noqa: PLR2004


GATEWAY = Role(
    name="gateway",
    kind="server",
    code="gw",
    settings={"lease_ttl": 1.5, "keep_alive": 1},
    intervals={"lease_ttl": 30.0},
    facts={
        "token": "a bearer that the gateway accepts",
        "subject": "the user that this bearer speaks for",
        "second_token": "a bearer of another user",
        "second_subject": "the user that the second bearer speaks for",
        "lease_ttl": "seconds that a lease lasts when its capability asks for nothing else",
        "max_attempts": "how often a task is delivered before it counts as failed",
    },
)

NEURON = Role(
    name="neuron",
    kind="client",
    code="nrn",
    opposite="gateway",
    tells=("token",),
    settings={"heartbeat_interval": 0.5, "reconnect_delay": 0.1, "drain_timeout": 2},
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

PROTOCOL = Protocol(
    name="neuron",
    title="Holokai Neuron",
    revision="1.0.0",
    schemes=("http", "https"),
    roles=(GATEWAY, NEURON),
    probe=probe,
)
