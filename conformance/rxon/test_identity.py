"""RXON-AUTH: who may speak, and in whose name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.rxon import scenarios_identity as identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer


def without_credential(seen: Seen, route: str) -> Iterator[Answer]:
    """Yield what a route answers to a missing and to an unknown token."""
    tag = f"a bad token: {route}"
    # The right token brings no 2xx where it buys no access token or opens a socket.
    return seen.negatives(tag) if route in identity.IN_A_NAME else seen.answers(tag)


def must_be_denied(seen: Seen, tag: str) -> None:
    """Demand that every request in a wrong name is refused, where the right name is accepted."""
    for answer in seen.negatives(tag):
        answer.must_be(401, 403)


@check("RXON-AUTH-01", identity.bad_token, cases=tuple(identity.ROUTES))
def test_every_route_needs_a_known_token(seen: Seen, route: str) -> None:
    for answer in without_credential(seen, route):
        answer.must_be(401, 403)
        if route != "socket":
            answer.must(isinstance(answer.member("error"), str), "the answer has no text `error`")


@check(
    "RXON-AUTH-02", identity.others_token, cases=("the token of another worker", "the shared token")
)
def test_a_worker_with_its_own_token_shares_none(seen: Seen, token: str) -> None:
    must_be_denied(seen, token)


@check("RXON-AUTH-03", identity.certificate)
def test_a_certificate_speaks_in_its_own_name_only(seen: Seen) -> None:
    must_be_denied(seen, "another name")


@check("RXON-AUTH-04", identity.certificate)
def test_a_certificate_outranks_a_token(seen: Seen) -> None:
    must_be_denied(seen, "another name and a valid token")


@check("RXON-AUTH-08", identity.access_token)
def test_an_access_token_speaks_for_its_owner_only(seen: Seen) -> None:
    must_be_denied(seen, "an access token of another worker")


@check("RXON-AUTH-09", identity.no_certificate)
def test_an_access_token_costs_a_certificate(seen: Seen) -> None:
    for answer in seen.negatives("an access token without a certificate"):
        answer.must_be(403)
        answer.must(answer.member("access_token") is None, "a token was issued all the same")


@check("RXON-AUTH-11", identity.bad_token)
def test_a_missing_or_unknown_credential_is_answered_401(seen: Seen) -> None:
    for route in identity.ROUTES:
        for answer in without_credential(seen, route):
            answer.must_be(401)


@check("RXON-AUTH-11", identity.expired, cases=("expired",))
def test_an_expired_credential_is_answered_401(seen: Seen, state: str) -> None:
    for answer in seen.negatives(f"an {state} token"):
        answer.must_be(401)
