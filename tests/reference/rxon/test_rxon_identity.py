"""Who a request comes from, sheet 4.6."""

import pytest

from reference.rxon import identity
from reference.rxon.admission import Refusal
from reference.rxon.identity import AuthMode, Credentials, TokenService

GLOBAL = "g"
NOW = 1000.0


def service(mode: AuthMode = AuthMode.MIXED, *, global_token: str | None = GLOBAL) -> TokenService:
    tokens = TokenService(
        global_token=global_token,
        individual={"own-1": "secret-1", "own-2": "secret-2"},
        mode=mode,
        lifetime=10.0,
    )
    tokens.issue("mtls-1", now=NOW, token="sts")
    return tokens


def identify(
    *,
    token: str | None = None,
    certificate: str | None = None,
    hint: str | None = None,
    mode: AuthMode = AuthMode.MIXED,
    now: float = NOW,
) -> str | int:
    """Return the identity, or the status of the refusal."""
    answer = service(mode).identify(Credentials(token, certificate), hint=hint, now=now)
    return answer.status if isinstance(answer, Refusal) else answer


@pytest.mark.parametrize("token", [None, "", "wrong", "g ", " g", "G", "secret-1 ", "é", "\udcff"])
@pytest.mark.parametrize("hint", ["w1", "own-1", None])
def test_missing_and_unknown_tokens_are_asked_for_better_ones(
    token: str | None, hint: str | None
) -> None:
    assert identify(token=token, hint=hint) == 401


def test_the_global_token_speaks_for_whoever_is_named() -> None:
    assert identify(token="g", hint="w1") == "w1"
    assert identify(token="g") == identity.ANYBODY


def test_a_token_of_its_own_is_the_only_one_of_a_worker() -> None:
    assert identify(token="secret-1", hint="own-1") == "own-1"
    assert identify(token="secret-1") == "own-1"
    assert identify(token="g", hint="own-1") == 403


@pytest.mark.parametrize("hint", ["w1", "own-2"])
def test_a_token_of_one_worker_is_refused_for_another(hint: str) -> None:
    assert identify(token="secret-1", hint=hint) == 403


def test_two_workers_may_share_a_token() -> None:
    tokens = TokenService(global_token="g", individual={"a": "same", "b": "same"})
    assert tokens.identify(Credentials("same"), hint="b", now=NOW) == "b"


def test_a_certificate_names_its_worker_and_outranks_any_token() -> None:
    assert identify(certificate="mtls-1", hint="mtls-1") == "mtls-1"
    assert identify(certificate="mtls-1") == "mtls-1"
    assert identify(certificate="mtls-1", token="g", hint="w1") == 403
    assert identify(certificate="mtls-1", token="secret-1", hint="own-1") == 403


def test_an_access_token_speaks_for_its_owner_only() -> None:
    assert identify(token="sts", hint="mtls-1") == "mtls-1"
    assert identify(token="sts") == "mtls-1"
    assert identify(token="sts", hint="w1") == 403


def test_an_access_token_is_unknown_after_its_life() -> None:
    assert identify(token="sts", hint="mtls-1", now=NOW + 9.9) == "mtls-1"
    assert identify(token="sts", hint="mtls-1", now=NOW + 10.0) == 401


def test_only_certificates_and_what_they_bought_count_where_tokens_do_not() -> None:
    mode = AuthMode.MTLS_ONLY
    assert identify(certificate="mtls-1", hint="mtls-1", mode=mode) == "mtls-1"
    assert identify(token="sts", hint="mtls-1", mode=mode) == "mtls-1"
    assert identify(token="g", hint="w1", mode=mode) == 401
    assert identify(token="secret-1", hint="own-1", mode=mode) == 401


def test_certificates_do_not_count_where_only_tokens_do() -> None:
    mode = AuthMode.TOKEN_ONLY
    assert identify(certificate="mtls-1", hint="mtls-1", mode=mode) == 401
    assert identify(certificate="mtls-1", token="g", hint="w1", mode=mode) == "w1"


def test_an_empty_global_token_opens_nothing_and_signs_nothing() -> None:
    tokens = service(global_token="")
    refusal = tokens.identify(Credentials(""), hint="w1", now=NOW)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert tokens.secret_for("w1") is None


def test_signatures_are_made_with_the_own_or_the_global_token_never_with_an_access_token() -> None:
    assert service().secret_for("own-1") == "secret-1"
    assert service().secret_for("w1") == "g"
    assert service().secret_for("mtls-1") == "g"


def test_an_access_token_is_issued_for_a_life() -> None:
    assert service().issue("w", now=NOW, token="t") == {
        "access_token": "t",
        "expires_in": 10,
        "worker_id": "w",
    }


def test_several_access_tokens_of_one_worker_are_valid_together() -> None:
    tokens = service()
    tokens.issue("mtls-1", now=NOW + 5, token="second")
    for token in ("sts", "second"):
        assert tokens.identify(Credentials(token), hint=None, now=NOW + 6) == "mtls-1"


def test_expired_access_tokens_are_forgotten_when_others_are_issued() -> None:
    tokens = service()
    tokens.issue("w", now=NOW + 11, token="t")
    assert tokens.dump() == {"t": {"worker_id": "w", "expires_at": NOW + 21}}


def test_access_tokens_survive_a_dump_and_a_load() -> None:
    restarted = TokenService(global_token="g", individual={})
    restarted.load(service().dump())
    assert restarted.identify(Credentials("sts"), hint=None, now=NOW + 9) == "mtls-1"
    refusal = restarted.identify(Credentials("sts"), hint=None, now=NOW + 10)
    assert isinstance(refusal, Refusal)


@pytest.mark.parametrize(
    ("mode", "token", "certificate", "answer"),
    [
        (AuthMode.MIXED, None, "mtls-1", "mtls-1"),
        (AuthMode.MIXED, "g", None, 403),
        (AuthMode.MIXED, "secret-1", None, 403),
        (AuthMode.MIXED, None, None, 401),
        (AuthMode.MIXED, "expired", None, 401),
        (AuthMode.TOKEN_ONLY, "g", "mtls-1", "mtls-1"),
        (AuthMode.TOKEN_ONLY, None, "mtls-1", 401),
        (AuthMode.TOKEN_ONLY, "secret-1", "mtls-1", 403),
        (AuthMode.MTLS_ONLY, None, "mtls-1", "mtls-1"),
    ],
)
def test_an_access_token_costs_a_certificate(
    mode: AuthMode, token: str | None, certificate: str | None, answer: str | int
) -> None:
    owner = service(mode).identify_for_token(Credentials(token, certificate), now=NOW)
    assert (owner.status if isinstance(owner, Refusal) else owner) == answer
