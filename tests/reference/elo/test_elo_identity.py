from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from reference.elo.identity import (
    SMALL_ORDER,
    Identity,
    KeyFileError,
    from_text,
    id_of,
    key_of,
    to_text,
)
from reference.elo.signing import Verdict, verdict

# Recorded from elo-node 0.5.1: seed, id.
RECORDED = [
    (bytes(32), "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"),
    (bytes(range(32)), "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"),
    (b"\x11" * 32, "0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc"),
    (b"\x22" * 32, "oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA"),
    (b"\x33" * 32, "F8t5-ytBIPKx7GXkGY1uCLKOgT_rAeSkAIObheGAgM4"),
    (b"\xff" * 32, "dqFZIESm5PURJlvKc6YE2QsFKdHfYCvjChmpJXZg0fU"),
]
NAME = RECORDED[1][1]


@pytest.mark.parametrize(("seed", "node_id"), RECORDED)
def test_an_id_is_the_public_key_in_base64url_without_padding(seed: bytes, node_id: str) -> None:
    identity = Identity.of_seed(seed)
    assert identity.node_id == node_id
    assert identity.prefix == node_id[:12]
    public = key_of(node_id)
    assert public is not None
    assert id_of(public.public_bytes_raw()) == node_id


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        Identity.of_seed(b"short")


@pytest.mark.parametrize(
    "spelled", [f"{NAME}=", f"{NAME[:5]} !\n{NAME[5:]}", NAME.replace("_", "/").replace("-", "+")]
)
def test_padding_strange_characters_and_the_other_alphabet_spell_the_same_key(spelled: str) -> None:
    public = key_of(spelled)
    assert public is not None
    assert id_of(public.public_bytes_raw()) == NAME


@pytest.mark.parametrize("text", ["", NAME[:12], NAME[:42], NAME + "abcd", "notakey", "é" * 43])
def test_what_spells_no_32_bytes_is_no_key(text: str) -> None:
    assert key_of(text) is None


def test_a_key_file_is_read_back() -> None:
    identity = Identity.of_seed(bytes(range(32)))
    assert len(identity.pem) == 119  # recorded from elo-node 0.5.1
    assert Identity.of_pem(identity.pem).node_id == identity.node_id


def test_a_key_file_of_another_kind_is_refused() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(KeyFileError, match="not an Ed25519 key"):
        Identity.of_pem(other)
    with pytest.raises(KeyFileError, match="no private key"):
        Identity.of_pem(b"garbage")


def test_text_that_is_no_base64_is_nothing() -> None:
    assert from_text("a") is None
    assert from_text("ü") is None


@pytest.mark.parametrize("sign", [0x00, 0x80])
@pytest.mark.parametrize("spelled", sorted(SMALL_ORDER))
def test_an_id_of_small_order_spells_no_key(spelled: bytes, sign: int) -> None:
    assert key_of(id_of(spelled[:-1] + bytes([spelled[-1] | sign]))) is None


def test_what_anybody_could_sign_is_signed_by_nobody() -> None:
    neutral = bytes([1]) + bytes(31)
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"anything")
    message = {"a": 1, "signature": to_text(neutral + bytes(32))}
    assert verdict(message, id_of(neutral)) is Verdict.NAMELESS
