"""RXON: what the kit must know of the protocol to find its targets and run its suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.protocols import Protocol, Role

if TYPE_CHECKING:
    from conformance.kit.http import HttpClient

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

PROTOCOL = Protocol(
    name="rxon",
    title="RXON",
    revision="1.0b11",
    schemes=("http", "https"),
    roles=(ORCHESTRATOR,),
    probe=probe,
)
