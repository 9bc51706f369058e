"""Identity by client certificate and the tokens that it buys."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import trustme
from rxon_peer import Answer, Peer, signed

from reference.rxon.orchestrator import OrchestratorRole

Ask = Callable[[Peer], Awaitable[Any]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def settings(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("tls")
    server = authority.issue_cert("127.0.0.1")
    paths = {name: str(folder / name) for name in ("tls_cert", "tls_key", "tls_ca")}
    server.cert_chain_pems[0].write_to_path(paths["tls_cert"])
    server.private_key_pem.write_to_path(paths["tls_key"])
    authority.cert_pem.write_to_path(paths["tls_ca"])
    return {"poll_hold": 0.05, **paths}


def client(authority: trustme.CA, issuer: trustme.CA | None, name: str = "m1") -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if issuer is not None:
        issuer.issue_cert(f"{name}@example.org", common_name=name).configure_cert(context)
    return context


def ask(settings: dict[str, Any], context: ssl.SSLContext, what: Ask) -> Any:
    async def run() -> Any:
        role = OrchestratorRole()
        await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
        assert role.url.startswith("https://")
        try:
            connector = aiohttp.TCPConnector(ssl=context)
            async with (
                asyncio.timeout(10),
                aiohttp.ClientSession(role.url, connector=connector) as session,
            ):
                return await what(Peer(session))
        finally:
            await role.stop()

    return asyncio.run(run())


async def token(peer: Peer, **headers: str) -> Answer:
    return await peer.ask("POST", "/_worker/auth/token", **headers)


async def poll_as(peer: Peer, worker_id: str, **headers: str) -> int:
    return (await peer.ask("GET", f"/_worker/workers/{worker_id}/tasks/next", **headers)).status


def test_a_certificate_names_the_worker_whatever_the_token(
    settings: dict[str, Any], authority: trustme.CA
) -> None:
    async def what(peer: Peer) -> list[int]:
        return [await poll_as(peer, "m1", **{"X-Worker-Token": ""}), await poll_as(peer, "other")]

    assert ask(settings, client(authority, authority), what) == [204, 403]


def test_a_certificate_does_not_replace_the_signature(
    settings: dict[str, Any], authority: trustme.CA
) -> None:
    async def what(peer: Peer) -> list[int]:
        path = "/_worker/workers/register"
        forged = signed("registration", {"worker_id": "m1"}, secret="wrong")
        good = signed("registration", {"worker_id": "m1"})
        return [(await peer.ask("POST", path, body)).status for body in (forged, good)]

    assert ask(settings, client(authority, authority), what) == [403, 200]


def test_an_access_token_is_bought_with_a_certificate(
    settings: dict[str, Any], authority: trustme.CA
) -> None:
    async def what(peer: Peer) -> list[Any]:
        answer = await token(peer)
        shown = {"X-Worker-Token": answer.json["access_token"]}
        assert len(shown["X-Worker-Token"]) == 43
        told = [answer.json["expires_in"], answer.json["worker_id"]]
        return [*told, await poll_as(peer, "m1", **shown)]

    assert ask(settings, client(authority, authority), what) == [3600, "m1", 204]


def test_a_token_alone_buys_none(settings: dict[str, Any], authority: trustme.CA) -> None:
    async def what(peer: Peer) -> list[int]:
        return [(await token(peer)).status, await poll_as(peer, "w")]

    assert ask(settings, client(authority, None), what) == [403, 204]


def test_a_certificate_of_strangers_is_not_let_in(
    settings: dict[str, Any], authority: trustme.CA
) -> None:
    stranger = client(authority, trustme.CA())
    with pytest.raises(aiohttp.ClientError):
        ask(settings, stranger, token)
