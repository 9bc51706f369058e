"""Who a node is: an Ed25519 key, the id made of its public half, and its file (sheet 4.1)."""

import base64
import binascii
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
# The points of small order, as the bytes of an id may spell them; the sign is one bit. With such a
# key whoever likes can make a signature of whatever they like, so it is nobody's (ELO-SIG-25).
SMALL_ORDER = frozenset(
    bytes.fromhex(spelled)
    for spelled in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
SIGN_BIT = 0x80
PREFIX = 12  # characters of an id by which peers are told apart (sheet 2.3)


class KeyFileError(ValueError):
    """A key file that holds no Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and the id that follows from it."""

    key: Ed25519PrivateKey
    node_id: str

    @classmethod
    def of_seed(cls, seed: bytes) -> "Identity":
        """Make an identity of a 32-byte seed; raises ValueError for another length."""
        return cls._of(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def of_pem(cls, text: bytes) -> "Identity":
        """Read a key file (PKCS#8 PEM, not encrypted); raises KeyFileError."""
        try:
            key = serialization.load_pem_private_key(text, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"no private key: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError("the key is not an Ed25519 key")
        return cls._of(key)

    @classmethod
    def _of(cls, key: Ed25519PrivateKey) -> "Identity":
        return cls(key, id_of(key.public_key().public_bytes_raw()))

    @property
    def prefix(self) -> str:
        """The part of the id that names peers."""
        return self.node_id[:PREFIX]

    @property
    def pem(self) -> bytes:
        """The key file's content."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, data: bytes) -> str:
        """Return the signature of some bytes as text."""
        return to_text(self.key.sign(data))


def id_of(public: bytes) -> str:
    """Return the id of a public key: base64url without padding, 43 characters (ELO-SIG-01)."""
    return to_text(public)


@cache
def key_of(node_id: str) -> Ed25519PublicKey | None:
    """Return the public key that an id spells, or None when it spells none.

    Padding, characters outside the alphabet and the ``+/`` alphabet are forgiven, as by every
    published node.
    """
    raw = from_text(node_id)
    if raw is None or len(raw) != KEY_BYTES or is_of_small_order(raw):
        return None
    return Ed25519PublicKey.from_public_bytes(raw)


def is_of_small_order(public: bytes) -> bool:
    """Whether a public key is none: anybody could sign for it."""
    return public[:-1] + bytes([public[-1] & ~SIGN_BIT & 0xFF]) in SMALL_ORDER


def is_signed(data: bytes, signature: object, key: Ed25519PublicKey) -> bool:
    """Whether a signature's text is that of these bytes by this key."""
    raw = from_text(signature) if isinstance(signature, str) else None
    if raw is None:
        return False
    try:
        key.verify(raw, data)
    except InvalidSignature:
        return False
    return True


def to_text(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes | None:
    """Read base64url, forgiving what ELO-SIG-17 forgives; None for what cannot be read."""
    try:
        plain = text.encode("ascii").translate(bytes.maketrans(b"-_", b"+/"))
        return base64.b64decode(plain + b"==")
    except (ValueError, binascii.Error):
        return None
