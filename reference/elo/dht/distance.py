"""The space of the table: every text is a point, and two points are as far apart as their XOR."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

K = 8  # nodes in a bucket, in an answer, and that keep a record; ELO-DHT-06
BITS = 256
REMEMBERED = 4096  # points; a hash costs less than to keep more

T = TypeVar("T")


@lru_cache(maxsize=REMEMBERED)
def point(text: str) -> int:
    """Return where a key or a full id lies (ELO-DHT-07)."""
    return int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")


def apart(one: str, other: str) -> int:
    """Return how far two texts are apart."""
    return point(one) ^ point(other)


def closest(
    target: str, things: Iterable[T], *, name: Callable[[T], str], most: int = K
) -> list[T]:
    """Return the things whose names are closest to a target, the closest first."""
    return sorted(things, key=lambda thing: apart(target, name(thing)))[:most]
