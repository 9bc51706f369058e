"""RXON-AUTH: seeded bugs in who may speak for whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.rxon.identity import ANYBODY, Credentials, TokenService

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.rxon.admission import Refusal
    from reference.rxon.identity import Proof

    Proofs = tuple[Proof, ...]

UNAUTHORIZED, FORBIDDEN = 401, 403
BY_CERTIFICATE = TokenService.by_certificate
BY_ACCESS_TOKEN = TokenService.by_access_token


def message_for_error(body: Any) -> Any:
    """Call the error of a refused credential something else."""

    def broken(refusal: Refusal) -> dict[str, str]:
        told: dict[str, str] = body.fget(refusal)
        return {"message": refusal.error} if refusal.status == UNAUTHORIZED else told

    return property(broken)


def open_sockets(let_in: Callable[..., Any]) -> Callable[..., Any]:
    """Let everybody have a socket."""

    def broken(self: Any, kind: str, worker_id: str, **rest: Any) -> Any:
        return None if kind == "socket" else let_in(self, kind, worker_id, **rest)

    return broken


def certificate_of_anybody(
    service: TokenService, credentials: Credentials, hint: str | None, now: float
) -> str | None:
    """Let a certificate that comes without a token speak for whoever is named."""
    name = BY_CERTIFICATE(service, credentials, hint, now)
    return ANYBODY if name and not credentials.token else name


def access_of_anybody(
    service: TokenService, credentials: Credentials, hint: str | None, now: float
) -> str | None:
    """Let an access token speak for whoever is named."""
    return ANYBODY if BY_ACCESS_TOKEN(service, credentials, hint, now) else None


def exchanged(good: Proof, bad: Proof) -> Callable[[Proofs], Proofs]:
    """Return how to put one proof in the place of another."""
    return lambda proofs: tuple(bad if proof is good else proof for proof in proofs)


def for_a_token(_identify: Any) -> Callable[..., str | Refusal]:
    """Issue access tokens to whoever may speak at all."""

    def broken(self: TokenService, credentials: Credentials, *, now: float) -> str | Refusal:
        return self.identify(credentials, hint=credentials.certificate_name, now=now)

    return broken


def forbidden(identify: Callable[..., str | Refusal]) -> Callable[..., str | Refusal]:
    """Answer every problem with 403."""

    def broken(self: TokenService, credentials: Credentials, **rest: Any) -> str | Refusal:
        identity = identify(self, credentials, **rest)
        return identity if isinstance(identity, str) else replace(identity, status=FORBIDDEN)

    return broken


MUTANTS = (
    mutant(
        "RXON-AUTH-01",
        "the refusal of a credential has no member `error`",
        "reference.rxon.admission:Refusal.body",
        message_for_error,
        role="orc",
    ),
    mutant(
        "RXON-AUTH-01",
        "a socket needs no token",
        "reference.rxon.core:Orchestrator.let_in",
        open_sockets,
        role="orc",
        suffix="-socket",
        # Both look at the same refusal, the one for its status, the other at sockets alone.
        also=("RXON-AUTH-11", "RXON-WS-01"),
    ),
    mutant(
        "RXON-AUTH-02",
        "the shared token speaks for workers with a token of their own",
        "reference.rxon.identity:TokenService._global_token_for",
        lambda _speaks: lambda _service, worker_id: worker_id,
        role="orc",
    ),
    mutant(
        "RXON-AUTH-03",
        "a certificate without a token speaks for anybody",
        "reference.rxon.identity:PROOFS[AuthMode.MIXED]",
        exchanged(BY_CERTIFICATE, certificate_of_anybody),
        role="orc",
    ),
    mutant(
        "RXON-AUTH-04",
        "a token outranks the certificate",
        "reference.rxon.identity:PROOFS[AuthMode.MIXED]",
        lambda proofs: (*proofs[1:], proofs[0]),
        role="orc",
    ),
    mutant(
        "RXON-AUTH-08",
        "an access token speaks for anybody",
        "reference.rxon.identity:PROOFS[AuthMode.MIXED]",
        exchanged(BY_ACCESS_TOKEN, access_of_anybody),
        role="orc",
    ),
    mutant(
        "RXON-AUTH-09",
        "an access token is issued without a certificate",
        "reference.rxon.identity:TokenService.identify_for_token",
        for_a_token,
        role="orc",
    ),
    mutant(
        "RXON-AUTH-11",
        "an unknown credential is answered 403",
        "reference.rxon.identity:TokenService.identify",
        forbidden,
        role="orc",
    ),
)
