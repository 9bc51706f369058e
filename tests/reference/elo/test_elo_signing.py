from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from reference.elo.identity import Identity
from reference.elo.signing import Verdict, canonical, sign, verdict

ME = Identity.of_seed(bytes(range(32)))
OTHER = Identity.of_seed(b"\x22" * 32)
TASK: dict[str, Any] = {
    "type": "task",
    "id": "11111111-2222-4333-8444-555555555555",
    "target": "",
    "caller": ME.node_id,
    "capability": "echo",
    "payload": {},
    "protocol": "elo.v1",
    "timestamp": 1700000000,
    "ttl_s": 60,
}
# Recorded from elo-node 0.5.1, seed 00..1f: message, SHA-256 of the canonical bytes, signature.
RECORDED: list[tuple[Any, str, str]] = [
    (
        TASK,
        "66abf6cf7975e4414d55e3dfc511fa6164fc67283218c9bdca5a9aa2bdf1988b",
        "CfLDrEg_MIGx0QFvRO9B8XSZVnnfcvdFKI0WxfLDy1G_OejJhLnyJqYmXLB1Fc3PQclVQDHMe7E6KPeBSy2SCg",
    ),
    (
        {},
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "uGs28Qzd-n5JBljRU7LHQ2p25EC4VkSVhwNKwy-VSCLtFITk5yyiZAUDe9GqianCfdZRM7skWSAEu9h2jAlXAA",
    ),
    (
        {"é": "ação 🚀", "z": '\u2028\u007f\u0000\t"\\/'},
        "00f61b66b0ed50ad723b4cdf894239c455e88d8d16359915d5c406efac7641bf",
        "69O1wtrl440Js0fle-wvkaqGA7MXI0ctxOV36SEP4NDH7uDWMYqDxmbOClxRi3tVe6Sqp8dMABqKBDKPh6_TDg",
    ),
    (
        {"f": False, "inf": float("inf"), "n": None, "nan": float("nan"), "ninf": float("-inf")}
        | {"t": True},
        "0cd6d9b5f17c12afaf91f17935a5cd25cfee4c3b9650eec6daef6182c4600334",
        "qscZ1xy7dcuGXxIuiX0uJmLzCzNh7A2UpLAZey0VOaQCdmRhUw5Ydel5xwLPjz5mz3FolrFqN1EgBQOTHrjkCA",
    ),
    (
        {"p": "🚀", "s": "\ud800"},
        "b9d238643165530239fb4feffa0f0da1092475b96546fe9a43c0422356ac3b16",
        "xDsQOwcwrFR1Hs12wp-C4jC2Q4gBoNsg-8ebg3D4zovdUPaEvYszh8c2Nq2A-Fg-R0_e3iBSYeLRjUsDBc-9Dg",
    ),
]


@pytest.mark.parametrize(("message", "digest", "signature"), RECORDED)
def test_canonical_bytes_and_signature_are_those_of_the_published_node(
    message: dict[str, Any], digest: str, signature: str
) -> None:
    assert hashlib.sha256(canonical(message)).hexdigest() == digest
    assert sign(message, ME)["signature"] == signature


def test_a_signature_covers_every_member_but_itself() -> None:
    assert canonical({**TASK, "signature": "x"}) == canonical(TASK)
    assert verdict(sign(TASK, ME), ME.node_id) is Verdict.SIGNED
    assert verdict({**sign(TASK, ME), "extra": 1}, ME.node_id) is Verdict.FORGED
    assert verdict(sign({**TASK, "extra": 1}, ME), ME.node_id) is Verdict.SIGNED


def test_the_signature_is_the_last_member() -> None:
    assert list(sign(TASK, ME))[-1] == "signature"


@pytest.mark.parametrize(
    ("wire", "meant", "signed"),
    [
        ('{"x":1.50}', b'{"x":1.5}', True),
        ('{"x":1.50}', b'{"x":1.50}', False),
        ('{"x":1e2}', b'{"x":100.0}', True),
        ('{"x":1E16}', b'{"x":1e+16}', True),
        ('{"x":-0}', b'{"x":0}', True),
        ('{"x":-0.0}', b'{"x":-0.0}', True),
        ('{"x":1e400}', b'{"x":Infinity}', True),
        ('{"x":"\u00e9\U0001f680"}', b'{"x":"\\u00e9\\ud83d\\ude80"}', True),
        ('{"x":"\\u007f"}', b'{"x":"\\u007f"}', True),
        ('{"x":"\\u007f"}', b'{"x":"\x7f"}', False),
        ('{"\uff5e":1,"\U0001f600":2}', b'{"\\uff5e":1,"\\ud83d\\ude00":2}', True),
        ('{"\uff5e":1,"\U0001f600":2}', b'{"\\ud83d\\ude00":2,"\\uff5e":1}', False),
        ('{"x":1,"x":2}', b'{"x":2}', True),
    ],
)
def test_the_parsed_value_is_signed_not_its_spelling(wire: str, meant: bytes, signed: bool) -> None:  # noqa: FBT001
    message = {**json.loads(wire), "signature": ME.sign(meant)}
    expected = Verdict.SIGNED if signed else Verdict.FORGED
    assert verdict(message, ME.node_id) is expected


@pytest.mark.parametrize("signature", [None, "", False, 0, []])
def test_a_signature_that_is_nothing_is_none(signature: object) -> None:
    assert verdict({**TASK, "signature": signature}, ME.node_id) is Verdict.UNSIGNED
    assert verdict(TASK, ME.node_id) is Verdict.UNSIGNED


@pytest.mark.parametrize("signer", [None, "", "notakey", 5, ["x"]])
def test_a_signer_that_is_no_key_cannot_be_verified(signer: object) -> None:
    assert verdict(sign(TASK, ME), signer) is Verdict.NAMELESS


@pytest.mark.parametrize("signature", [123, True, ["x"], "AAAA", "é"])
def test_a_signature_of_another_kind_is_a_forgery(signature: object) -> None:
    assert verdict({**TASK, "signature": signature}, ME.node_id) is Verdict.FORGED


def test_a_signature_by_another_key_is_a_forgery() -> None:
    assert verdict(sign(TASK, OTHER), ME.node_id) is Verdict.FORGED


def test_padding_and_strange_characters_in_a_signature_are_forgiven() -> None:
    signed = sign(TASK, ME)
    spelled = f" {signed['signature'][:40]}\n!{signed['signature'][40:]}=="
    assert verdict({**signed, "signature": spelled}, ME.node_id) is Verdict.SIGNED
