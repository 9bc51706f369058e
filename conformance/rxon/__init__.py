"""RXON: what the kit must know of the protocol to find its targets and run its suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.protocols import Protocol, Role

if TYPE_CHECKING:
    from conformance.kit.wire.http import HttpClient

REGISTER = "/_worker/workers/register"
VERSION_HEADER = "X-RXON-Version"
PROBE_WITHIN = 3.0  # seconds


async def probe(client: HttpClient) -> str | None:
    """Return ``orchestrator`` when an empty registration is refused the way RXON refuses it."""
    answer = await client.ask(
        "POST",
        REGISTER,
        headers=[("Content-Type", "application/json")],
        body=b"{}",
        tag="probe",
        within=PROBE_WITHIN,
    )
    refused = answer.status in {400, 401, 403} and answer.member("error") is not None
    return "orchestrator" if refused or answer.header(VERSION_HEADER) is not None else None


ORCHESTRATOR = Role(
    name="orchestrator",
    kind="server",
    code="orc",
    settings={
        "poll_hold": 1,
        "worker_ttl": 30,
        "execution_timeout": 30,
        "max_retries": 1,
        "rate_limiting": False,
    },
    intervals={"poll_hold": 30.0},
    facts={
        "token": "the secret that workers share",
        "client_token": "a token of the client API",
        "second_client_token": "a token of another client",
        "individual_worker_id": "a worker that has a token of its own",
        "individual_token": "that worker's token",
        "jobs_path": "client API path that takes generic jobs (see README of fixtures/drivers)",
        "poll_hold": "seconds that a poll without a task is held",
        "worker_ttl": "seconds after which a silent worker is forgotten",
        "execution_timeout": "seconds after which an unfinished task is given up",
        "max_retries": "how often a failed task is tried again",
        "rate_limit_poll": "polls per worker and period",
        "rate_limit_period": "seconds of the rate limit's window",
    },
)

WORKER = Role(
    name="worker",
    kind="client",
    code="wrk",
    opposite="orchestrator",
    # A failed task comes once, and a worker that is asked to repeat itself costs no time.
    serves={"poll_hold": 0.3, "max_retries": 0},
    tells=("token",),
    settings={
        "heartbeat_interval": 1,
        "heartbeat_cooldown": 0.5,
        "max_concurrent_tasks": 1,
        "poll_timeout": 0.5,
        "idle_delay": 0.3,
        "shutdown_timeout": 2,
        "registration_backoff": 0.5,
        "poll_backoff": 0.5,
        "result_backoff": 0.5,
        "rate_limit_floor": 1,
        "token_rotation": 1,
    },
    intervals={
        "heartbeat_interval": 15.0,
        "registration_backoff": 2.0,
        "poll_backoff": 1.0,
        "result_backoff": 1.0,
        "poll_timeout": 30.0,
        "rate_limit_floor": 30.0,
    },
    facts={
        "token": "the secret that worker and orchestrator share",
        "max_concurrent_tasks": "how many tasks the worker runs at a time",
        "websockets": "whether the worker opens a WebSocket for commands",
        "heartbeat_interval": "seconds between two heartbeats",
        "heartbeat_cooldown": "seconds between two heartbeats that tell news",
        "poll_timeout": "seconds that a poll may be held",
        "idle_delay": "seconds from an empty answer to the next poll",
        "shutdown_timeout": "seconds that tasks may still take when the worker is stopped",
        "registration_backoff": "seconds from a failed registration to the next, at least",
        "poll_backoff": "seconds from a lost poll to the next, at least",
        "result_backoff": "seconds from a lost result to its repetition, at least",
        "rate_limit_floor": "seconds from a 429 that names no time to the next try, at least",
        "token_rotation": "seconds until a worker with a certificate changes its token",
        "skill": "a skill that takes any parameters and succeeds (echo)",
        "slow_skill": "a skill that takes {seconds: S} and as long (slow)",
        "failing_skill": "a skill that takes {message: M} and raises it (fail)",
        "promising_skill": "a skill that takes {output: O}, returns it, and promises {n: integer}"
        " (promise)",
        "announcing_skill": "a skill that takes {payloads: [P]}, sends each as an event `measured`"
        " and promises {value: number} (announce)",
    },
)

LIBRARY = Role(
    name="library",
    kind="library",
    code="lib",
    facts={"revision": "the revision whose outcomes are right, by default the driver's own"},
)

PROTOCOL = Protocol(
    name="rxon",
    title="RXON",
    revision="1.0b11",
    schemes=("http", "https"),
    roles=(ORCHESTRATOR, WORKER, LIBRARY),
    probe=probe,
)
