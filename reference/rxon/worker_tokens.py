"""The token that a worker shows, and the requests that wait for another (RXON-AUTH-06, -07, -10).

It never signs: messages are signed with the secret that the worker was configured with.
"""

from dataclasses import replace
from typing import Any

from reference.rxon import messages, revision
from reference.rxon.errands import Answer, Key, Send


class Tokens:
    """The configured token, until a token service issues another."""

    def __init__(self, own: str) -> None:
        self.shown = own
        self._own = own
        self._waiting: dict[Key, tuple[Send, Answer]] = {}
        self._repeated: set[Key] = set()

    def waits(self, send: Send, refusal: Answer) -> bool:
        """Let a request that was refused wait for another token; False: it has been repeated."""
        if send.key in self._repeated:
            self._repeated.discard(send.key)
            return False
        self._waiting[send.key] = (send, refusal)
        return True

    def outdated(self, send: Send) -> bool:
        """Say whether another token came while the request was under way."""
        return send.token != self.shown

    def settled(self, key: Key) -> None:
        """Take note that a request has been answered or given up."""
        self._repeated.discard(key)
        self._waiting.pop(key, None)

    def issued(self, answer: Answer | None) -> float | None:
        """Take the answer of the token service; return how long to use it, or None: no token."""
        token: Any = answer.json if answer is not None and answer.ok else None
        try:
            messages.mapping("token", token)
            messages.check("token", token)
        except messages.FieldError:
            return None
        if not token["access_token"]:
            return None
        self.shown = token["access_token"]
        lifetime = revision.ROTATION_SHARE * float(token["expires_in"])
        return max(revision.SHORTEST_ROTATION, lifetime)

    def repeats(self) -> list[Send]:
        """Return the requests that waited, with the token that came; each is repeated once."""
        waited, self._waiting = self._waiting, {}
        self._repeated |= waited.keys()
        return [replace(send, token=self.shown) for send, _ in waited.values()]

    def refusals(self) -> list[tuple[Key, Answer]]:
        """Return the requests that waited in vain; an issued token that is refused is forgotten."""
        waited, self._waiting = self._waiting, {}
        if waited:
            self.shown = self._own
        return [(key, refusal) for key, (_, refusal) in waited.items()]
