"""Who signs: an Ed25519 key, and its address `0x` with 64 hexadecimal digits (sheet 1.1, 4.1)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

KEY_BYTES, SIGNATURE_BYTES = 32, 64
SPACES = re.compile(r"[ \t\n\r\x0b\x0c]+")
HEX = "0x"
REMEMBERED = 128  # characters; a longer text is no address that anybody uses twice


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its address."""

    key: SigningKey
    address: str

    @classmethod
    def of_seed(cls, seed: bytes) -> "Identity":
        """Make an identity of a 32-byte seed; raises ValueError for another length."""
        key = SigningKey(seed)
        return cls(key, HEX + bytes(key.verify_key).hex())

    def sign(self, data: bytes) -> str:
        """Return the signature of some bytes in hexadecimal digits."""
        return self.key.sign(data).signature.hex()


def _bytes(text: str, length: int) -> bytes | None:
    """Read hexadecimal digits as hosts do: `0x` is optional, spaces are passed over."""
    try:
        raw = bytes.fromhex(SPACES.sub("", text.strip().removeprefix(HEX)))
    except ValueError:
        return None
    return raw if len(raw) == length else None


def same_person(address: str) -> str:
    """Return the one spelling of an address by which lists know it (CO-AUTH-18).

    What spells no key is its own name.
    """
    return _known_spelling(address) if len(address) <= REMEMBERED else _spelling(address)


def _spelling(address: str) -> str:
    raw = _bytes(address, KEY_BYTES)
    return address if raw is None else HEX + raw.hex()


_known_spelling = lru_cache(maxsize=4096)(_spelling)


def is_signed(data: bytes, signature: str, address: str) -> bool:
    """Whether a signature is that of these bytes by the key of an address.

    A key of small order is none (CO-AUTH-21): libsodium refuses it, not every library does.
    """
    public, raw = _bytes(address, KEY_BYTES), _bytes(signature, SIGNATURE_BYTES)
    if public is None or raw is None:
        return False
    try:
        crypto_sign_open(raw + data, public)
    except BadSignatureError:
        return False
    return True
