"""What a signature covers, and what a receiver makes of one (sheet 4.2, 4.3)."""

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from reference.elo.identity import Identity, is_signed, key_of

SIGNATURE = "signature"
WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode  # made once: it is dear


def canonical(message: Mapping[str, Any]) -> bytes:
    """Return the bytes that a message's signature is about: every other member, sorted, ASCII.

    Raises ValueError or RecursionError for what has no canonical form.
    """
    signed = {name: value for name, value in message.items() if name != SIGNATURE}
    return WRITE(signed).encode("ascii")


def sign(message: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """Return the message with its signature as the last member."""
    return {**message, SIGNATURE: identity.sign(canonical(message))}


class Verdict(Enum):
    """What a receiver knows of a message's signer."""

    SIGNED = auto()  # by the key of the id
    FORGED = auto()  # not by that key
    UNSIGNED = auto()  # ELO-SIG-21: a signature that is nothing is none
    NAMELESS = auto()  # there is a signature, but no id that spells a key


def is_key(node_id: object) -> bool:
    """Whether an id spells a key, so that its owner can sign."""
    return isinstance(node_id, str) and key_of(node_id) is not None


def verdict(message: Mapping[str, Any], signer: object) -> Verdict:
    """Judge a message's signature against the id of its alleged signer."""
    signature = message.get(SIGNATURE)
    if not signature:
        return Verdict.UNSIGNED
    key = key_of(signer) if isinstance(signer, str) else None
    if key is None:
        return Verdict.NAMELESS
    try:
        data = canonical(message)
    except (ValueError, RecursionError):
        return Verdict.FORGED
    return Verdict.SIGNED if is_signed(data, signature, key) else Verdict.FORGED
