"""A real worker with a client certificate: its name is who it is (RXON-AUTH-03, -04)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from reference.rxon.core import Orchestrator, Reply
from reference.rxon.orchestrator import OrchestratorRole
from reference.rxon.worker import WorkerRole

SECONDS = 20  # the bound of a scene
QUICK = {"heartbeat_interval": 0.05, "heartbeat_cooldown": 0.01, "idle_delay": 0.01}
Said = list[tuple[str, int, Any]]  # kind of message, status and body of the answer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certified(authority: trustme.CA, tmp_path: Any) -> Callable[..., dict[str, str]]:
    """Return how to issue a certificate, as settings."""

    def issue(host: str, name: str | None = None) -> dict[str, str]:
        certificate = authority.issue_cert(host, common_name=name)
        folder = tmp_path / host
        folder.mkdir()
        paths = {name: str(folder / name) for name in ("tls_cert", "tls_key", "tls_ca")}
        certificate.cert_chain_pems[0].write_to_path(paths["tls_cert"])
        certificate.private_key_pem.write_to_path(paths["tls_key"])
        authority.cert_pem.write_to_path(paths["tls_ca"])
        return paths

    return issue


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Note what orchestrators answer to signed messages."""
    said: Said = []
    receive = Orchestrator.receive

    def noted(core: Orchestrator, kind: str, body: bytes, **shown: Any) -> Reply:
        reply = receive(core, kind, body, **shown)
        said.append((kind, reply.status, reply.body))
        return reply

    monkeypatch.setattr(Orchestrator, "receive", noted)
    return said


def registered(
    server: dict[str, Any], worker: dict[str, Any], enough: Callable[[], bool]
) -> list[str]:
    """Let a worker dial until it is enough; return the ids of the workers that were taken in."""

    async def run() -> list[str]:
        orchestrator, dialling = OrchestratorRole(), WorkerRole()
        await orchestrator.start(host="127.0.0.1", port=0, settings=server, store=None)
        settings = {**QUICK, "connect": orchestrator.url, **worker}
        try:
            async with asyncio.timeout(SECONDS):
                await dialling.start(host="", port=0, settings=settings, store=None)
                while not enough():  # noqa: ASYNC110  an answer tells nobody but the worker
                    await asyncio.sleep(0.005)
                shown = (await orchestrator.call("workers", {}))["workers"]
                return [each["worker_id"] for each in shown]
        finally:
            await dialling.stop()
            await orchestrator.stop()

    return asyncio.run(run())


def kinds(answers: Said, status: int) -> set[str]:
    return {kind for kind, found, _ in answers if found == status}


@pytest.mark.parametrize("mode", ["mixed", "mtls-only"])
def test_a_worker_whose_certificate_has_its_id_is_who_it_says(
    certified: Callable[..., dict[str, str]], answers: Said, mode: str
) -> None:
    server = {**certified("127.0.0.1"), "poll_hold": 0.05, "auth_mode": mode}
    worker = certified("w.example.org", "w1")
    found = registered(
        server,
        {**worker, "worker_id": "w1"},
        lambda: {"registration", "heartbeat"} <= kinds(answers, 200),
    )
    assert found == ["w1"]


@pytest.mark.parametrize("mode", ["mixed", "mtls-only"])
def test_another_name_is_refused_whatever_token_it_shows(
    certified: Callable[..., dict[str, str]], answers: Said, mode: str
) -> None:
    """The token alone would be good for any name; the certificate outranks it."""
    server = {**certified("127.0.0.1"), "poll_hold": 0.05, "auth_mode": mode}
    worker = certified("w.example.org", "somebody-else")
    found = registered(
        server, {**worker, "worker_id": "w1"}, lambda: "registration" in kinds(answers, 403)
    )
    assert found == []
    [(_, _, body)] = answers[:1]
    assert "somebody-else" in body["error"]


def test_without_a_certificate_a_token_does_not_do_where_certificates_are_asked_for(
    certified: Callable[..., dict[str, str]], answers: Said
) -> None:
    server = {**certified("127.0.0.1"), "poll_hold": 0.05, "auth_mode": "mtls-only"}
    worker = {"tls_ca": server["tls_ca"], "worker_id": "w1"}
    assert registered(server, worker, lambda: bool(answers)) == []
    assert {status for _, status, _ in answers} <= {401, 403}
