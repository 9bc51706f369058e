"""Who is who: bearers, the users that they speak for, and their rotation (sheet 4.1)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Bearer:
    """One token, and until when it is good."""

    token: str
    subject: str
    until: float = inf


class Bearers:
    """The tokens that are accepted.

    With `counted`, `<token>-<n>` is the same bearer for every decimal n: a neuron that counts the
    calls of its token provider shows on the wire when it asked.
    """

    def __init__(self, tokens: Mapping[str, str], *, counted: bool) -> None:
        self._counted = counted
        self._bearers = [Bearer(token, subject) for token, subject in tokens.items()]

    def identify(self, authorization: str | None, *, now: float) -> str | None:
        """Return the subject of an Authorization header (NEURON-GW-AUTH-01, -02)."""
        shown = token_of(authorization)
        found = None
        for bearer in self._bearers:  # all of them: how long it takes must not tell which fits
            if self._fits(shown, bearer.token) and now < bearer.until:
                found = bearer.subject
        return found

    def rotate(self, subject: str, token: str, *, now: float, grace: float = 0.0) -> None:
        """Give a subject a new token; the old ones are good for `grace` seconds more."""
        alive = [bearer for bearer in self._bearers if now < bearer.until]
        self._bearers = [
            Bearer(bearer.token, bearer.subject, min(bearer.until, now + grace))
            if bearer.subject == subject
            else bearer
            for bearer in alive
        ]
        self._bearers.append(Bearer(token, subject))

    def current(self) -> dict[str, str]:
        """Return the newest token of every subject."""
        return {bearer.subject: bearer.token for bearer in self._bearers}

    def _fits(self, shown: str, token: str) -> bool:
        if same(shown, token):
            return True
        base, dash, number = shown.rpartition("-")
        counted = self._counted and bool(dash) and number.isascii() and number.isdecimal()
        return counted and same(base, token)


def token_of(authorization: str | None) -> str:
    """Return the token of a header `Bearer TOKEN`; "" when it is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip(" ") if scheme.lower() == SCHEME else ""


def same(shown: str, expected: str) -> bool:
    """Compare in constant time; an empty token is no token."""
    if not shown or not expected:
        return False
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )
