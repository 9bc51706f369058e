from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from reference.connectonion import canonical
from reference.connectonion.identity import Identity, is_signed, same_person

ME = Identity.of_seed(b"\x01" * 32)
ADDRESS = "0x8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
NOW = 1700000000
# Recorded from connectonion 0.6.5, seed 01: payload, SHA-256 of the canonical text, signature.
RECORDED: list[tuple[Any, str, str]] = [
    (
        {"timestamp": NOW, "prompt": "hi"},
        "94ab68a717cd81802495d370f996f62de38f85e05c5f9ebfbaa83b0faf315791",
        (
            "ec0e94128ebe912327b020b0f1942d586a218c4e71bb3bd75a1def8dc319e4ac"
            "13a52ad5a900d32f1d411525cdb400b0519440543df5b7d51e8b3d56b9116d09"
        ),
    ),
    (
        {"prompt": "hi", "timestamp": 1700000000.0},
        "ef1be537a040587657194f57f279a09438e34bc1e8595e82085dc0a65cc10977",
        (
            "82a64aef27019af0f31ffa321b5ef31c4985f03d0a0a386d679ccd57de0970cd"
            "04039b89e960446c0dbb07798debeccd2439beacae3b760c04a9759b29a1a504"
        ),
    ),
    (
        {"prompt": "héllo 世 🎉", "timestamp": NOW},
        "4ccbfdcad3380796af0c9375c3cc4b25ef32da2902694d0c3cf0a3fd79c022c0",
        (
            "35d3982c52d73d24b5018577cc5f22e553f6dcf3a36e1c94c5601255cdb06a3b"
            "afebb2cb3bed773e5601b4427d8dd1e349fb7472bde25d74c32fc16215dab103"
        ),
    ),
    (
        {"prompt": '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028', "timestamp": NOW},
        "6453ab043c74eacf2489c150c546fbf6b4547d28016f1900b6af7cd67d8d89bd",
        (
            "15239216b22c983c05bdb0504ab9fa53ad3619c9e703f5ff9c030eeb1175c213"
            "86e62b2d8aa713c6aeee2e15c1fad73baf30bd0b44a5e830ae47bf9b293cc004"
        ),
    ),
    (
        {"prompt": "hi", "timestamp": float("nan")},
        "5bab052d9a01d93145bc0c584adf80421e788ea2ebba497dd8a142e07e7f8075",
        (
            "2d6a11dbc575e09ec7843c08c9cf02fc3580f6babe5afdc03dacfd9aba4d1722"
            "f0456558929a9050e8beae1c70db2a9632db4ff764dc14595936abe48f4c7808"
        ),
    ),
]


@pytest.mark.parametrize(("payload", "digest", "signature"), RECORDED)
def test_canonical_text_and_signature_are_those_of_the_published_package(
    payload: dict[str, Any], digest: str, signature: str
) -> None:
    text = canonical.escaped(payload)
    assert hashlib.sha256(text).hexdigest() == digest
    assert ME.sign(text) == signature
    assert is_signed(text, signature, ADDRESS)


def test_keys_are_sorted_at_every_depth_by_code_point() -> None:
    payload = json.loads('{"\\ud800\\udc00":1,"\\uffff":2,"a":{"b":1,"A":[{"z":1,"y":2}]}}')
    assert canonical.escaped(payload) == (
        b'{"a":{"A":[{"y":2,"z":1}],"b":1},"\\uffff":2,"\\ud800\\udc00":1}'
    )


def test_typescript_clients_sign_raw_text_with_only_the_outermost_keys_sorted() -> None:
    payload = {"timestamp": NOW, "to": "0xab", "prompt": "héllo 🎉", "s": {"b": 1, "a": 2}}
    assert canonical.raw_top_sorted(payload) == (
        '{"prompt":"héllo 🎉","s":{"b":1,"a":2},"timestamp":1700000000,"to":"0xab"}'.encode()
    )
    flat = {key: value for key, value in payload.items() if key != "s"}
    other = Identity.of_seed(b"\x07" * 32)
    assert other.sign(canonical.raw(flat)) == (  # recorded from npm connectonion 0.0.15
        "b3d4ce72ad4acf967f02d32d412f154abb9b70f71ac8855af52c9c879e5505af"
        "0363379530dbf211d09c6e8a1bf716db3bd1d87b8aebdc95b8993bfa5d17630b"
    )


def test_an_announcement_is_signed_with_spaces() -> None:
    message = {
        "type": "ANNOUNCE",
        "address": ADDRESS,
        "timestamp": NOW,
        "summary": "Translator é",
        "endpoints": ["ws://127.0.0.1:8000/ws"],
        "signature": "x",
    }
    assert ME.sign(canonical.announcement(message)) == (  # recorded from connectonion 0.6.5
        "ed4bd0ad1e26a268a8bd55ee498af39759630b70d85e2b6470683af10c51e478"
        "130347682f9ff159cb3bfc8e77b20116bf6731c08094837da51f4ce29d61ec06"
    )


def test_an_address_is_the_public_key() -> None:
    assert ME.address == ADDRESS
    with pytest.raises(ValueError, match="32"):
        Identity.of_seed(b"short")


TEXT, SIGNATURE = canonical.escaped(RECORDED[0][0]), RECORDED[0][2]


@pytest.mark.parametrize("signature", [f"0x{SIGNATURE}", SIGNATURE.upper(), f" {SIGNATURE}\n"])
@pytest.mark.parametrize("address", [ADDRESS, ADDRESS[2:], ADDRESS[2:].upper(), f"{ADDRESS} "])
def test_prefix_case_and_spaces_do_not_matter(signature: str, address: str) -> None:
    assert is_signed(TEXT, signature, address)
    assert same_person(address) == ADDRESS


@pytest.mark.parametrize(
    ("signature", "address"),
    [
        ("", ADDRESS),
        ("zz", ADDRESS),
        (SIGNATURE[:-2], ADDRESS),
        ("00" * 64, ADDRESS),
        (SIGNATURE, ""),
        (SIGNATURE, "0X" + ADDRESS[2:]),
        (SIGNATURE, ADDRESS[:-2]),
        (SIGNATURE, "0x" + "00" * 32),
        ("00" * 64, "0x01" + "00" * 31),
        ("01" + "00" * 63, "0x01" + "00" * 31),
        (RECORDED[1][2], ADDRESS),
    ],
)
def test_everything_else_is_no_signature(signature: str, address: str) -> None:
    assert not is_signed(TEXT, signature, address)


def test_a_malleated_signature_is_none() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    raw = bytes.fromhex(SIGNATURE)
    scalar = int.from_bytes(raw[32:], "little") + order
    malleated = raw[:32] + scalar.to_bytes(32, "little")
    assert not is_signed(TEXT, malleated.hex(), ADDRESS)


def test_a_name_that_is_no_key_is_its_own() -> None:
    assert same_person("0xABC") == "0xABC"


def test_a_long_spelling_is_read_like_a_short_one() -> None:
    assert same_person(ADDRESS.replace("0x", "0x" + " " * 1000)) == ADDRESS
