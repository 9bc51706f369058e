"""HMAC-SHA256 over the canonical bytes of a message (RXON-SIG, sheet 4.3)."""

import hmac
from collections.abc import Collection, Mapping
from typing import Any

from reference.rxon import canonical
from reference.rxon.revision import BASELINE, Revision

# Members that a signature leaves out besides `security`, by kind of message. A relay appends
# itself to `bubbling_chain`, so that one cannot be signed by the sender (RXON-SIG-07, -21).
UNSIGNED_MEMBERS: Mapping[str, tuple[str, ...]] = {"event": ("bubbling_chain",)}


def sign(
    payload: Any, *, secret: str, ignore: Collection[str] = (), revision: Revision = BASELINE
) -> str:
    """Return the signature: 64 lower-case hex digits (RXON-SIG-01).

    Raises ValueError for an empty secret (RXON-SIG-05), CanonicalError for a payload without
    a normal form.
    """
    if not secret:
        raise ValueError("an empty secret signs nothing")
    signed = canonical.canonical_bytes(payload, ignore=ignore, revision=revision)
    return hmac.digest(secret.encode(), signed, "sha256").hex()


def verify(
    payload: Any,
    *,
    signature: object,
    secret: str | None,
    ignore: Collection[str] = (),
    revision: Revision = BASELINE,
) -> bool:
    """Say whether the signature, whatever it is, belongs to the payload (RXON-SIG-05, -18).

    Raises CanonicalError for a payload without a normal form.
    """
    if not secret or not signature or not isinstance(signature, str):
        return False
    expected = sign(payload, secret=secret, ignore=ignore, revision=revision)
    # Bytes, because comparing text in constant time refuses everything beyond ASCII.
    return hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode())
