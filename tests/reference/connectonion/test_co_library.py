"""The rules of ConnectOnion as functions of JSON, as a driver offers them."""

from typing import Any

import pytest

from reference.connectonion import LIBRARY
from reference.connectonion.identity import Identity, is_signed
from reference.role import ParameterError

SEED = "01" * 32
ADDRESS = "0x8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
PAYLOAD = '{"prompt":"hi","timestamp":1700000000}'
RULES = "---\nfast_rules:\n  - if: {}\n    action: allow\n---\nbody\n"


def call(method: str, **params: Any) -> Any:
    return LIBRARY[method](params)


def test_what_is_signed_verifies() -> None:
    signed = call("sign", seed=SEED, json=PAYLOAD)
    told = {"from": call("address", seed=SEED)["address"], "signature": signed["signature"]}
    assert signed["canonical"] == call("canonical", json=PAYLOAD)["canonical"] == PAYLOAD
    assert call("verify", json=PAYLOAD, **told) == {"valid": True}
    assert call("verify", json=PAYLOAD.replace("hi", "ho"), **told) == {"valid": False}


def test_a_request_tells_its_caller_in_one_spelling() -> None:
    signature = call("sign", seed=SEED, json=PAYLOAD)["signature"]
    text = f'{{"payload":{PAYLOAD},"from":"{ADDRESS[2:].upper()}","signature":"{signature}"}}'
    assert call("authenticate", json=text, now=1_700_000_000) == {"caller": ADDRESS}
    assert "refused" in call("authenticate", json=text, now=1_700_000_301)
    assert "refused" in call("authenticate", json=text, now=1_700_000_000, blacklist=[ADDRESS])
    assert call("same_person", one=ADDRESS, other=ADDRESS[2:]) == {"same": True}


def test_the_time_of_headers_is_a_float() -> None:
    signature = Identity.of_seed(bytes.fromhex(SEED)).sign(b'{"timestamp":5.0}')
    told = {"from": ADDRESS, "signature": signature}
    assert call("verify_headers", timestamp="5", **told) == {"valid": True}
    assert "refused" in call("verify_headers", timestamp="five", **told)


def test_a_key_of_small_order_signs_nothing_whatever_its_sign() -> None:
    forged = "01" + "00" * 63
    for key in ("00" * 31 + "80", "ec" + "ff" * 31, "01" + "00" * 30 + "80"):
        texts = (b"%d" % number for number in range(64))
        assert not any(is_signed(text, forged, key) for text in texts)


def test_an_announcement_has_blanks() -> None:
    told = call("announce", seed=SEED, summary="s", endpoints=[], timestamp=1)
    assert told["canonical"].startswith(f'{{"address": "{ADDRESS}", "endpoints": []')


def test_a_policy_tells_its_dialect_or_its_errors() -> None:
    known = call("load_policy", text=RULES.format("always"), name="p")
    assert (known["dialect"], known["body"]) == ("ordered", "body")
    assert call("load_policy", text=RULES.format("is_vip"), name="p")["lines"] == [3]
    assert call("load_policy", text="---\nallow: [all]\n---\n")["ignored"] == [2]


def test_trust_is_a_verdict_and_changes() -> None:
    asked = {"policy": "careful", "lists": [], "invite_code": "OpenOnion"}
    promoted = {"verdict": "allow", "changes": ["promote_to_contact"]}
    assert call("evaluate_trust", **asked) == promoted
    assert call("evaluate_trust", policy="careful")["verdict"] == "ask"
    assert "refused" in call("evaluate_trust", policy="---\nallow: 1\n---\n")


def test_lists_are_texts() -> None:
    assert call("list_matches", text="*\n", client="x") == {"listed": True}
    assert call("list_matches", text="*\n", client="x", patterns=False) == {"listed": False}


def test_operations_are_told_step_by_step() -> None:
    done = call("apply_operations", client="x", lists={}, operations=["block", "unblock"], by="b")
    assert done["levels"] == ["blocked", "stranger"]
    assert [(each["by"], each["after"]) for each in done["trail"]] == [
        ("b", "blocked"),
        ("b", "stranger"),
    ]
    assert "refused" in call("apply_operations", client="x\ny", lists={}, operations=["block"])


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("canonical", {"json": "{"}),
        ("canonical", {"json": "[]"}),
        ("canonical", {"json": 1}),
        ("address", {"seed": "01"}),
        ("evaluate_trust", {"policy": "open", "lists": ["friends"]}),
        ("apply_operations", {"client": "x", "lists": {}, "operations": ["crown"]}),
    ],
)
def test_a_strange_parameter_is_named(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        LIBRARY[method](params)
