"""A certificate authority that lives as long as a run, for targets that speak TLS."""

from __future__ import annotations

import ssl
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Certificates:
    """Makes certificates when they are first asked for; ``close`` removes the files."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @cached_property
    def _authority(self) -> object:
        import trustme  # noqa: PLC0415  (only runs that need TLS pay for it)

        return trustme.CA()

    def _path(self, name: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="assay-tls-")
        return Path(self._folder.name) / name

    @cached_property
    def settings(self) -> dict[str, str]:
        """The files that a target needs: ``tls_cert``, ``tls_key`` and ``tls_ca``.

        A server shows the certificate to its clients, and a client, for which the kit is the
        server, shows it to the kit.
        """
        certificate = self._authority.issue_cert("127.0.0.1", "localhost")  # type: ignore[attr-defined]
        files = {name: self._path(f"{name}.pem") for name in ("tls_cert", "tls_key", "tls_ca")}
        certificate.private_key_pem.write_to_path(str(files["tls_key"]))
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(files["tls_cert"]), append=number > 0)
        self._authority.cert_pem.write_to_path(str(files["tls_ca"]))  # type: ignore[attr-defined]
        return {name: str(path) for name, path in files.items()}

    def client(self, common_name: str | None) -> ssl.SSLContext:
        """Return a context that trusts the authority and, with a name, shows a certificate."""
        context = ssl.create_default_context(cafile=self.settings["tls_ca"])
        if common_name is not None:
            leaf = self._authority.issue_cert(  # type: ignore[attr-defined]
                f"{common_name}.client.invalid", common_name=common_name
            )
            leaf.configure_cert(context)
        return context

    def stranger(self, common_name: str) -> ssl.SSLContext:
        """Return a context whose client certificate comes from an authority nobody trusts."""
        import trustme  # noqa: PLC0415

        context = ssl.create_default_context(cafile=self.settings["tls_ca"])
        trustme.CA().issue_cert("stranger.invalid", common_name=common_name).configure_cert(context)
        return context

    @staticmethod
    def server(settings: Mapping[str, Any]) -> ssl.SSLContext | None:
        """Return a context for the server's side of these settings, None when they name no files.

        Clients may show a certificate, and then it has to come from the same authority.
        """
        if "tls_cert" not in settings:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=settings["tls_ca"])
        context.load_cert_chain(settings["tls_cert"], settings["tls_key"])
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
