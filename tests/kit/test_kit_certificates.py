from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import kit_world
import pytest
from kit_world import OK, request_head, talk

from conformance.kit.targets.certificates import Certificates
from conformance.kit.wire import transports
from conformance.kit.wire.http import HttpClient


def demanding(certificates: Certificates) -> ssl.SSLContext:
    """Return the context of a server that demands a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    settings = certificates.settings
    context.load_cert_chain(settings["tls_cert"], settings["tls_key"])
    context.load_verify_locations(settings["tls_ca"])
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def greeted(certificates: Certificates, client: ssl.SSLContext) -> str:
    """Ask a TLS server that demands a certificate; return what came."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await request_head(reader):
            writer.write(OK)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=demanding(certificates))
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    http = HttpClient(kit_world.recorder(), url, tls=client)
    answer = await http.ask("GET", "/")
    http.close()
    server.close()
    return answer.shown()


def test_a_certificate_of_the_runs_own_authority_is_accepted() -> None:
    certificates = Certificates()
    try:
        assert talk(greeted(certificates, certificates.client("worker-1"))) == '200 {"ok":true}'
    finally:
        certificates.close()


@pytest.mark.parametrize("kind", ["none", "stranger"])
def test_nobody_else_is(kind: str) -> None:
    certificates = Certificates()
    try:
        client = certificates.client(None) if kind == "none" else certificates.stranger("worker-1")
        assert not talk(greeted(certificates, client)).startswith("200")
    finally:
        certificates.close()


def test_the_files_go_with_the_run() -> None:
    certificates = Certificates()
    path = Path(certificates.settings["tls_key"])
    assert path.is_file()
    certificates.close()
    assert not path.exists()


def test_a_run_without_tls_makes_no_files() -> None:
    certificates = Certificates()
    certificates.close()
    assert "settings" not in vars(certificates)


def test_a_server_takes_clients_of_the_same_authority_and_clients_without_a_certificate() -> None:
    certificates = Certificates()
    try:
        context = Certificates.server(certificates.settings)
        assert context is not None
        assert context.verify_mode is ssl.CERT_OPTIONAL
        assert [each["subject"] for each in context.get_ca_certs()] != []
    finally:
        certificates.close()


def test_settings_without_files_make_no_server() -> None:
    assert Certificates.server({"interval": 1}) is None


def test_a_connection_that_was_closed_twice_can_be_cut() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def conversation() -> None:
        certificates = Certificates()
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=demanding(certificates))
        _, writer = await asyncio.open_connection(
            *server.sockets[0].getsockname(), ssl=certificates.client("guest-1")
        )
        writer.close()
        writer.close()
        transports.cut(writer.transport)
        server.close()
        certificates.close()

    talk(conversation())
