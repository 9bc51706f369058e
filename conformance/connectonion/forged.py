"""Signatures that a careless check of Ed25519 takes, though no key has made them (sheet 4.1)."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import BadSignatureError

from reference.connectonion.canonical import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group, RFC 8032
COFACTOR = 8
IDENTITY = bytes([1, *[0] * 31])  # the point that changes nothing

# Public keys of small order: the identity, and points of order 2, 4 and 8.
SMALL_ORDER: Mapping[str, str] = {
    "a key of order 1": "0100000000000000000000000000000000000000000000000000000000000000",
    "a key of order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "a key of order 4, all noughts": (
        "0000000000000000000000000000000000000000000000000000000000000000"
    ),
    "another key of order 4": "0000000000000000000000000000000000000000000000000000000000000080",
    "a key of order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "another key of order 8": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}
MALLEATED = ("a signature plus the order", "a signature plus the order twice")


def signed_by_nobody(key: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request that fits R = the identity and S = 0 under a key of small order.

    S·B = R + k·A holds as soon as k, the digest of R, A and the text, is a multiple of A's order.
    """
    public = bytes.fromhex(key)
    tried = ({**payload, "tried": number} for number in itertools.count())
    fits = next(each for each in tried if _factor(public, escaped(each)) % COFACTOR == 0)
    signature = IDENTITY + bytes(32)
    return {"payload": fits, "from": f"0x{key}", "signature": signature.hex()}


def _factor(public: bytes, text: bytes) -> int:
    digest = hashlib.sha512(IDENTITY + public + text).digest()
    return int.from_bytes(digest, "little") % ORDER


def malleated(signature: str, how: str) -> str:
    """Return a good signature whose S has the order of the group added, once or twice."""
    raw = bytes.fromhex(signature)
    times = 1 + MALLEATED.index(how)
    number = int.from_bytes(raw[32:], "little") + times * ORDER
    return (raw[:32] + number.to_bytes(32, "little")).hex()


def opened_by_openssl(signed: bytes, key: bytes) -> bytes:
    """Do what `crypto_sign_open` of libsodium does, and take keys of small order.

    Raises BadSignatureError.
    """
    signature, text = signed[:64], signed[64:]
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except InvalidSignature as error:
        raise BadSignatureError from error
    return text
