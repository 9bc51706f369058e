"""What scenarios of a host send: texts that are signed, forged signatures, spoilt requests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.connectonion.forged import (
    COFACTOR,
    MALLEATED,
    ORDER,
    SMALL_ORDER,
    malleated,
    signed_by_nobody,
)
from conformance.connectonion.scenarios_host_properties import means_the_same, spelled, turned
from conformance.connectonion.signed_texts import TABLES, Text, body
from conformance.connectonion.wrong_types import NOT_JSON, NOT_UTF_8
from reference.connectonion import canonical
from reference.connectonion.identity import Identity

ME = Identity.of_seed(b"\x07" * 32)
NOW, HOST = 1_700_000_000, "0xab"
TEXTS = [
    pytest.param(table, text.at(NOW, HOST, to=to), id=f"{table}: {name}, to {to}")
    for table, rows in TABLES.items()
    for name, text in rows.items()
    for to in (None, "0xcd")
]


@pytest.mark.parametrize(("table", "text"), TEXTS)
def test_the_right_text_is_a_form_of_what_is_on_the_wire(table: str, text: Text) -> None:
    payload = json.loads(text.wire)
    forms = [form(payload) for form in canonical.FORMS]
    wanted = forms[1:] if table == "raw" else forms[:1]
    assert text.signed.encode() in wanted
    assert text.wrong.encode() not in forms


def test_a_text_names_whom_it_must() -> None:
    texts = [text.at(NOW, HOST, to="0xcd") for rows in TABLES.values() for text in rows.values()]
    named = {json.loads(text.wire)["to"] for text in texts}
    assert named == {HOST, "0xcd"}


def test_a_body_has_the_payload_as_it_is_written() -> None:
    raw = body(ME, '{"n": 1.10}', '{"n":1.1}')
    assert b'"payload":{"n": 1.10}' in raw
    assert json.loads(raw)["signature"] == ME.sign(b'{"n":1.1}')


@pytest.mark.parametrize("key", SMALL_ORDER.values())
def test_a_forged_signature_fits_whatever_its_key_multiplies(key: str) -> None:
    envelope = signed_by_nobody(key, {"prompt": "hi", "timestamp": NOW})
    signature = bytes.fromhex(envelope["signature"])
    text = canonical.escaped(envelope["payload"])
    digest = hashlib.sha512(signature[:32] + bytes.fromhex(key) + text).digest()
    assert int.from_bytes(digest, "little") % ORDER % COFACTOR == 0
    assert not any(signature[32:])  # S is 0, so R, the identity, is all that is left


@pytest.mark.parametrize("how", MALLEATED)
def test_a_malleated_signature_has_the_same_number_but_for_the_order(how: str) -> None:
    good = ME.sign(b"text")
    bad = malleated(good, how)
    numbers = [int.from_bytes(bytes.fromhex(each)[32:], "little") for each in (good, bad)]
    assert numbers[0] != numbers[1]
    assert numbers[0] == numbers[1] % ORDER
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(ME.address[2:]))
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(bad), b"text")


@pytest.mark.parametrize("raw", NOT_UTF_8.values(), ids=NOT_UTF_8)
def test_what_is_called_no_text_is_none(raw: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        raw.decode()


@pytest.mark.parametrize("raw", [*NOT_JSON.values(), *NOT_UTF_8.values()])
def test_what_is_called_no_json_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        json.loads(raw)


GOOD = {"payload": {"a": 1, "b": {"c": 2, "d": 3}}, "from": ME.address, "signature": "ab" * 64}


@pytest.mark.parametrize("indent", [None, 0, 3])
@pytest.mark.parametrize("order", [True, False])
def test_every_spelling_means_the_same(*, indent: int | None, order: bool) -> None:
    raw = spelled(GOOD, {"reversed": order, "ascii": True, "indent": indent})
    assert means_the_same(raw, GOOD)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"signature": "AB" * 64}, True),
        ({"signature": "0x" + "ab" * 64}, True),
        ({"from": f"0x{ME.address[2:].upper()}"}, True),
        ({"type": "INPUT"}, True),
        ({"signature": "ac" * 64}, False),
        ({"from": "0x00"}, False),
        ({"from": 5}, False),
        ({"payload": {"a": 2}}, False),
    ],
)
def test_only_what_is_signed_counts(change: dict[str, Any], *, same: bool) -> None:
    assert means_the_same(json.dumps({**GOOD, **change}).encode(), GOOD) is same


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff"])
def test_what_is_no_request_means_nothing(raw: bytes) -> None:
    assert not means_the_same(raw, GOOD)


def test_members_can_be_turned_round_at_every_depth() -> None:
    assert json.dumps(turned({"a": [{"b": 1, "c": 2}], "d": 3})) == (
        '{"d": 3, "a": [{"c": 2, "b": 1}]}'
    )
