"""ConnectOnion: what the kit must know of the protocol to find targets and run its suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.protocols import Protocol, Role

if TYPE_CHECKING:
    from conformance.kit.wire.http import HttpClient

HEALTH = "/health"
INPUT = "/input"
NOBODY = "/api/relay/agents/assay-asks-who-is-there"  # an address that is none
PROBE_WITHIN = 3.0  # seconds


async def probe(client: HttpClient) -> str | None:
    """Return ``host`` when health is told, and a prompt that nobody signed is refused.

    A ``relay`` tells of an agent that nobody is that it is not online.
    """
    health = await client.ask("GET", HEALTH, tag="probe", within=PROBE_WITHIN)
    if health.member("agent") is None:
        nobody = await client.ask("GET", NOBODY, tag="probe", within=PROBE_WITHIN)
        return "relay" if nobody.member("online") is False else None
    unsigned = await client.ask("POST", INPUT, body=b"{}", tag="probe", within=PROBE_WITHIN)
    return "host" if unsigned.status == 401 else None  # noqa: PLR2004


HOST = Role(
    name="host",
    kind="server",
    code="hst",
    settings={"ping_interval": 0.5},
    intervals={"ping_interval": 30.0},
    facts={
        "admin_key": "the 32-byte Ed25519 seed, in hex, of an identity that is an admin",
        "super_admin_key": "the seed of the super admin",
        "invite_code": "a code that the host's policy takes",
        "payment": "the amount that the host's policy asks for",
        "trust": "the trust level or policy that the host runs with",
        "agent": "what the host's second tier does: cautious (no), yes, or broken (it fails)",
        "result_ttl": "seconds that a finished result can be read",
        "ping_interval": "seconds between two PINGs during a run",
        "recipient": "whom all that is signed must name, as hosts of the later protocol demand",
    },
)

CLIENT = Role(
    name="client",
    kind="client",
    code="cli",
    opposite="host",
    tells=("invite_code",),
    settings={"poll_interval": 0.05, "timeout": 5, "dead_after": 2},
    intervals={"poll_interval": 10.0},
    facts={
        "address": "the address of the identity that the client signs with",
        "to": "the address of the host that the client names in relay mode; none dials directly",
        "invite_code": "the code that the client offers when it has to onboard",
        "poll_interval": "seconds between two looks at a result after the socket died",
        "timeout": "seconds that the client waits for a result altogether",
        "dead_after": "seconds without a PING after which the client gives the socket up",
    },
)

RELAY = Role(
    name="relay",
    kind="server",
    code="rly",
    facts={"forgotten_after": "seconds without an ANNOUNCE after which an agent is forgotten"},
)

LIBRARY = Role(name="library", kind="library", code="lib")

PROTOCOL = Protocol(
    name="connectonion",
    title="ConnectOnion",
    revision="0.6.5",
    schemes=("http", "https"),
    roles=(HOST, CLIENT, RELAY, LIBRARY),
    probe=probe,
)
