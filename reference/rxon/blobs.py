"""Where a file lies that is too large for a message: addresses, and what tells two stores apart.

RXON-ID-02, sheet 4.5.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEME = "s3://"
HASH_DIGITS = 16  # of a store's configuration


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a folder in a bucket."""

    bucket: str
    key: str
    is_folder: bool


def place_of(uri: str, *, bucket: str | None = None, prefix: str = "") -> Place:
    """Read an address; one without a bucket lies in the given one, below the prefix.

    Raises ValueError for an address without a bucket where none is given.
    """
    is_folder = uri.endswith("/")
    if uri.startswith(SCHEME):
        parts = urlsplit(uri)  # a query or a fragment names no other file
        return Place(parts.netloc, parts.path.lstrip("/"), is_folder)
    if not bucket:
        raise ValueError(f"{uri!r} names no bucket, and there is none to take instead")
    return Place(bucket, prefix + uri.lstrip("/"), is_folder)


def config_hash(endpoint: str | None, access_key: str | None, bucket: str | None) -> str | None:
    """Return what worker and orchestrator compare; None where a part is missing."""
    parts = (endpoint, access_key, bucket)
    if not all(parts):
        return None
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:HASH_DIGITS]
