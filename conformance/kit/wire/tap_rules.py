"""What a tap is told to do instead of passing a request on: misbehaviour as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Fits = Callable[["Asked"], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the tap got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of a request: an answer in the server's place, or a fault on the way.

    Without a ``status`` the request is passed on to the server, after ``after`` seconds.
    ``silent`` never answers, ``cut`` breaks the connection instead of an answer, ``stop_after``
    breaks it after so many bytes of the body, and ``unheard`` passes the request on but loses
    the answer. With the status 101 the request's WebSocket is taken, and is among the tap's
    ``sockets``. A ``streaming`` answer stays open after ``body``, among the tap's ``streams``;
    it comes in chunks or, with ``chunked=False``, ends when its connection does.
    """

    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    after: float = 0.0
    silent: bool = False
    stop_after: int | None = None
    unheard: bool = False
    streaming: bool = False
    chunked: bool = True


PASSED_ON = Reply(None)


@dataclass(slots=True, eq=False)
class Rule:
    """How to answer requests that fit: so many times, or (None) as long as it stands."""

    fits: Fits
    reply: Reply
    times: int | None = 1
    used: int = 0

    @property
    def valid(self) -> bool:
        """Whether it answers another request."""
        return self.times is None or self.used < self.times

    def withdraw(self) -> None:
        """Answer no more requests."""
        self.times = self.used


class Rules:
    """The rules of a conversation."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, fits: Fits, reply: Reply, *, times: int | None) -> Rule:
        """Lay down a rule."""
        rule = Rule(fits, reply, times)
        self._rules.append(rule)
        return rule

    def reply_to(self, asked: Asked) -> Reply:
        """Return what becomes of a request.

        Rules for a number of requests come before standing ones, older before younger.
        """
        for rule in sorted(self._rules, key=lambda rule: rule.times is None):
            if rule.valid and rule.fits(asked):
                rule.used += 1
                return rule.reply
        return PASSED_ON

    def clear(self) -> None:
        """Forget every rule."""
        self._rules.clear()
