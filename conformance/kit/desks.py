"""Desks: how a person hands work to a running target, and sees who is there, from a terminal.

A protocol that has one names its class in ``Protocol.desk``; the commands know no more of it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from conformance.kit import protocols

if TYPE_CHECKING:
    from collections.abc import Iterator


class DeskFailure(RuntimeError):  # noqa: N818  (what a person is told)
    """The target could not be asked; the text says what to do."""


class Late(RuntimeError):  # noqa: N818
    """The target was asked, and did not answer in the time that it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What shall be done, by whom if that matters, and how many seconds it is worth."""

    capability: str
    payload: Any = None
    target: str = ""
    life: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an order; ``who`` answered."""

    done: bool
    who: str
    payload: Any = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who is there: an id, where others reach it, what it can do."""

    id: str
    address: str
    capabilities: tuple[str, ...]


class Desk(Protocol):
    """One target, by its URL; raises DeskFailure or Late."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        """Take the target's URL, and the secret key of whoever asks; without one it is new."""

    def send(self, order: Order, *, within: float) -> Outcome:
        """Have an order done."""

    def parties(self, *, within: float) -> tuple[Party, list[Party]]:
        """Return the target itself, and whom it knows."""


def schemes() -> Iterator[str]:
    """Yield the URL schemes of targets that have a desk."""
    for each in map(protocols.get, protocols.names()):
        if each.desk:
            yield from each.schemes


def desk_of(url: str, *, key: str | None = None) -> Desk:
    """Return the desk for a URL; raises DeskFailure that names what there is."""
    scheme = urlsplit(url).scheme
    for each in map(protocols.get, protocols.names()):
        if each.desk and scheme in each.schemes:
            module, _, name = each.desk.partition(":")
            desk: Desk = getattr(importlib.import_module(module), name)(url, key=key)
            return desk
    known = ", ".join(f"{each}://HOST:PORT" for each in schemes())
    raise DeskFailure(f"{url!r} is nothing that can be handed work; give {known}")
