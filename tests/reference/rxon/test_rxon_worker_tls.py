"""A worker with a certificate dials an orchestrator that speaks TLS (RXON-AUTH-10)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trustme

from reference.role import SettingError
from reference.rxon.orchestrator import OrchestratorRole
from reference.rxon.worker import WorkerRole

OWN = "global-secret"  # the token of whoever is not told another
SECONDS = 10  # the bound of a scene
QUICK = {"heartbeat_interval": 0.05, "heartbeat_cooldown": 0.01, "idle_delay": 0.01}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def files(authority: trustme.CA, folder: Any, cert: trustme.LeafCert) -> dict[str, str]:
    """Write a certificate and its authority; return them as settings."""
    paths = {name: str(folder / name) for name in ("tls_cert", "tls_key", "tls_ca")}
    cert.cert_chain_pems[0].write_to_path(paths["tls_cert"])
    cert.private_key_pem.write_to_path(paths["tls_key"])
    authority.cert_pem.write_to_path(paths["tls_ca"])
    return paths


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return files(authority, tmp_path_factory.mktemp("server"), authority.issue_cert("127.0.0.1"))


@pytest.fixture(scope="module")
def client(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    certificate = authority.issue_cert("w.example.org", common_name="assay-worker")
    return files(authority, tmp_path_factory.mktemp("client"), certificate)


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Look until it is so; the scene's bound ends what never is."""
    while not await look():  # noqa: ASYNC110  the driver announces nothing
        await asyncio.sleep(0.005)


async def work(orchestrator: OrchestratorRole) -> None:
    """Give the worker a job, and wait until it is finished."""

    async def is_idle() -> bool:
        workers = (await orchestrator.call("workers", {}))["workers"]
        return any(each.get("status") == "idle" for each in workers)

    async def is_finished() -> bool:
        return str((await orchestrator.call("job", {"job_id": job_id}))["job"]["status"]) == (
            "finished"
        )

    await until(is_idle)
    job = {"dispatch": {"type": "echo", "params": {"said": "hello"}}}
    job_id = (await orchestrator.call("submit_job", job))["job_id"]
    await until(is_finished)


def token_after_work(server: dict[str, str], **settings: Any) -> str:
    """Let a worker dial over TLS and work; return the token that it shows then."""

    async def run() -> str:
        orchestrator, worker = OrchestratorRole(), WorkerRole()
        hurry = {"poll_hold": 0.05, "max_retries": 0}
        await orchestrator.start(host="127.0.0.1", port=0, settings={**hurry, **server}, store=None)
        given = {**QUICK, "connect": orchestrator.url, **settings}
        try:
            async with asyncio.timeout(SECONDS):
                await worker.start(host="", port=0, settings=given, store=None)
                assert worker._shell is not None
                tokens = worker._shell.core.tokens

                async def is_changed() -> bool:
                    return tokens.shown != OWN

                if "token_rotation" in settings:
                    await until(is_changed)
                await work(orchestrator)
                return tokens.shown
        finally:
            await worker.stop()
            await orchestrator.stop()

    return asyncio.run(run())


def test_a_worker_that_trusts_the_authority_works_over_tls(server: dict[str, str]) -> None:
    assert token_after_work(server, tls_ca=server["tls_ca"]) == OWN


def test_a_worker_with_a_certificate_changes_its_token_and_is_still_believed(
    server: dict[str, str], client: dict[str, str]
) -> None:
    assert token_after_work(server, token_rotation=0, **client) != OWN


def test_certificates_that_cannot_be_used_are_refused() -> None:
    settings = {"connect": "https://127.0.0.1:1", "tls_ca": "/nowhere"}
    start = WorkerRole().start(host="", port=0, settings=settings, store=None)
    with pytest.raises(SettingError, match="tls_cert, tls_key or tls_ca"):
        asyncio.run(start)
