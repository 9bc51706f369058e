"""Who a request comes from: tokens, certificates and their lifetimes (RXON-AUTH, sheet 4.6)."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from reference.rxon import revision
from reference.rxon.admission import Refusal

# Who a global token speaks for when the request names nobody. Not a worker id, so that nobody can
# register under it.
ANYBODY: Final = "*"

MISSING = "Missing X-Worker-Token header or client certificate"
UNKNOWN = "Unknown or expired X-Worker-Token"
NEEDS_CERTIFICATE = "A client certificate is required to issue an access token"


class AuthMode(Enum):
    """Which credentials an orchestrator takes."""

    MIXED = "mixed"
    TOKEN_ONLY = "token-only"  # noqa: S105 - a mode, not a password
    MTLS_ONLY = "mtls-only"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: the X-Worker-Token header, the certificate's first common name."""

    token: str | None
    certificate_name: str | None = None


@dataclass(frozen=True, slots=True)
class _Access:
    worker_id: str
    expires_at: float


def same_token(shown: str, expected: str | None) -> bool:
    """Compare exactly, spaces included, in constant time; an empty token is no token."""
    if not shown or not expected:
        return False
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


class TokenService:
    """The tokens that one orchestrator knows."""

    def __init__(
        self,
        *,
        global_token: str | None,
        individual: Mapping[str, str],
        mode: AuthMode = AuthMode.MIXED,
        lifetime: float = revision.STS_LIFETIME,
    ) -> None:
        self._global = global_token or None
        self._individual = dict(individual)
        self._mode = mode
        self._lifetime = lifetime
        self._issued: dict[str, _Access] = {}

    def identify(self, credentials: Credentials, *, hint: str | None, now: float) -> str | Refusal:
        """Return whom the request comes from; `hint` is the worker that it names.

        401 asks for better credentials (RXON-AUTH-11), 403 says that good ones are another's.
        """
        owner = self._owner(credentials, hint=hint, now=now)
        if owner is None:
            return Refusal(401, UNKNOWN if credentials.token else MISSING)
        if hint and owner not in (hint, ANYBODY):  # RXON-AUTH-02, -03, -08
            return Refusal(403, f"These credentials belong to {owner!r}, not to {hint!r}")
        if hint and owner == ANYBODY:
            return self._global_token_for(hint)
        return owner

    def identify_for_token(self, credentials: Credentials, *, now: float) -> str | Refusal:
        """Return whom an access token may be issued to (RXON-AUTH-09)."""
        name = credentials.certificate_name
        identity = self.identify(credentials, hint=name, now=now)
        if isinstance(identity, str) and not name:
            return Refusal(403, NEEDS_CERTIFICATE)
        return identity

    def secret_for(self, worker_id: str) -> str | None:
        """Return the key of this worker's signatures; never an access token (RXON-SIG-17)."""
        return self._individual.get(worker_id) or self._global

    def issue(self, worker_id: str, *, now: float, token: str) -> dict[str, Any]:
        """Make the random `token` an access token of this worker and return the TokenResponse."""
        self._issued = {t: a for t, a in self._issued.items() if a.expires_at > now}
        self._issued[token] = _Access(worker_id, now + self._lifetime)
        return {
            "access_token": token,
            "expires_in": int(self._lifetime),
            "worker_id": worker_id,
        }

    def dump(self) -> dict[str, dict[str, Any]]:
        """Return the issued tokens as JSON documents, by token."""
        return {
            token: {"worker_id": access.worker_id, "expires_at": access.expires_at}
            for token, access in self._issued.items()
        }

    def load(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what `dump` returned."""
        for token, document in documents.items():
            self._issued[token] = _Access(document["worker_id"], document["expires_at"])

    def _owner(self, credentials: Credentials, *, hint: str | None, now: float) -> str | None:
        """Ask each kind of credential that the mode takes, strongest first."""
        for prove in PROOFS[self._mode]:
            owner = prove(self, credentials, hint, now)
            if owner is not None:
                return owner
        return None

    def by_certificate(
        self, credentials: Credentials, _hint: str | None, _now: float
    ) -> str | None:
        """Take the name in a verified client certificate (RXON-AUTH-03)."""
        return credentials.certificate_name or None

    def by_access_token(
        self, credentials: Credentials, _hint: str | None, now: float
    ) -> str | None:
        """Take the owner of an issued token until it expires (RXON-AUTH-08)."""
        access = self._issued.get(credentials.token or "")
        return access.worker_id if access and access.expires_at > now else None

    def by_individual_token(
        self, credentials: Credentials, hint: str | None, _now: float
    ) -> str | None:
        """Take the worker that has this token of its own (RXON-AUTH-02)."""
        shown = credentials.token or ""
        # The named worker first: two workers may have been given the same token.
        if hint and same_token(shown, self._individual.get(hint)):
            return hint
        owners = (w for w, token in self._individual.items() if same_token(shown, token))
        return next(owners, None)

    def by_global_token(
        self, credentials: Credentials, _hint: str | None, _now: float
    ) -> str | None:
        """Let the global token speak for whoever is named."""
        return ANYBODY if same_token(credentials.token or "", self._global) else None

    def _global_token_for(self, worker_id: str) -> str | Refusal:
        if self._individual.get(worker_id):
            return Refusal(403, f"Worker {worker_id!r} has a token of its own")
        return worker_id


Proof = Callable[[TokenService, Credentials, str | None, float], str | None]

_BY_TOKEN: tuple[Proof, ...] = (
    TokenService.by_access_token,
    TokenService.by_individual_token,
    TokenService.by_global_token,
)

# A certificate outranks every token (RXON-AUTH-04). An access token was bought with a certificate,
# which is why it counts where only certificates do (RXON-AUTH-08).
PROOFS: Mapping[AuthMode, tuple[Proof, ...]] = {
    AuthMode.MIXED: (TokenService.by_certificate, *_BY_TOKEN),
    AuthMode.TOKEN_ONLY: _BY_TOKEN,
    AuthMode.MTLS_ONLY: (TokenService.by_certificate, TokenService.by_access_token),
}
