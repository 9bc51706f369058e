"""Fresh inputs for the functions of a ConnectOnion driver; our own rules know the right answers.

Inputs keep to what the published package and the protocol's text agree about: what was paid is
never claimed, patterns have their stars at the end, and keys are spelled in one way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference.connectonion import LIBRARY
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Params = Mapping[str, Any]

__all__ = ["ANSWERS", "FRESH"]

WORDS = ("a", "B", "10", "é", "☃", "\U0001f600", 'q"\\', "\x01", "\x7f", "")
ROLLS = ("contacts", "whitelist", "blocklist")
CODES = ("Alpha", "Beta", "alpha", "1")
LEVELS = ("open", "careful", "strict")
NOW = 1_700_000_000
CHANGES = ("promote_to_contact", "promote_to_whitelist", "demote_to_contact", "demote_to_stranger")
OPERATIONS = (*CHANGES, "block", "unblock", "set_admin", "remove_admin")
CONDITIONS = ("is_contact", "is_whitelist", "is_stranger", "is_admin", "has_invite_code", "always")


def _without_trail(params: Params) -> dict[str, Any]:
    """Answer with the levels alone: no published version keeps a trail."""
    answer = LIBRARY["apply_operations"](params)
    return {name: value for name, value in answer.items() if name != "trail"}


ANSWERS: Mapping[str, Callable[[Params], dict[str, Any]]] = {
    **LIBRARY,
    "apply_operations": _without_trail,
}


def _seed(random: Random) -> str:
    return random.randbytes(32).hex()


def _name(random: Random) -> str:
    return "".join(random.choices(WORDS[:-1], k=random.randint(1, 3)))


def _leaf(random: Random) -> Any:
    return random.choice(
        (
            random.randint(-(2**70), 2**70),
            random.uniform(-1000, 1000),
            float(random.randint(-(10**20), 10**20)),
            random.choice((True, False, None)),
            "".join(random.choices(WORDS, k=3)),
        )
    )


def _value(random: Random, depth: int) -> Any:
    kind = random.choice(("leaf", "list", "object")) if depth else "leaf"
    if kind == "leaf":
        return _leaf(random)
    if kind == "list":
        return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {_name(random): _value(random, depth - 1) for _ in range(random.randint(0, 3))}


def _payload(random: Random) -> dict[str, Any]:
    more = {_name(random): _value(random, 3) for _ in range(random.randint(0, 3))}
    return {**more, "prompt": _name(random), "timestamp": NOW + random.randint(0, 10**6)}


def _text(random: Random, value: Any) -> str:
    blanks = random.choice((None, (",", ":"), (" , ", " : ")))
    return json.dumps(value, ensure_ascii=random.choice((True, False)), separators=blanks)


def _canonical(random: Random) -> dict[str, Any]:
    return {"json": _text(random, _payload(random))}


def _address(random: Random) -> dict[str, Any]:
    return {"seed": _seed(random)}


def _sign(random: Random) -> dict[str, Any]:
    return {"seed": _seed(random), "json": _text(random, _payload(random))}


def _verify(random: Random) -> dict[str, Any]:
    signed, me = _payload(random), Identity.of_seed(random.randbytes(32))
    text = LIBRARY["canonical"]({"json": json.dumps(signed)})["canonical"]
    sent = random.choice((signed, {**signed, "prompt": signed["prompt"] + "!"}))
    signature = me.sign(text.encode())
    spelled = random.choice((signature, "0x" + signature, signature.upper()))
    return {"json": _text(random, sent), "from": me.address, "signature": spelled}


def _verify_headers(random: Random) -> dict[str, Any]:
    me, told = Identity.of_seed(random.randbytes(32)), NOW + random.choice((0.0, 0.5, 0.125))
    signed = random.choice((told, told + 1))
    return {
        "from": me.address,
        "signature": me.sign(f'{{"timestamp":{signed!r}}}'.encode()),
        "timestamp": random.choice((f"{told:.4f}", repr(told), "soon")),
    }


def _authenticate(random: Random) -> dict[str, Any]:
    me = Identity.of_seed(random.randbytes(32))
    payload = {"prompt": _name(random), "timestamp": NOW + random.choice((-400, -299, 0, 299, 400))}
    text = LIBRARY["canonical"]({"json": json.dumps(payload)})["canonical"]
    envelope = {"payload": payload, "from": me.address, "signature": me.sign(text.encode())}
    lost = random.choice(("", "", "from", "signature", "payload"))
    kept = {name: each for name, each in envelope.items() if name != lost}
    return {"json": _text(random, kept), "now": NOW}


def _same_person(random: Random) -> dict[str, Any]:
    one, other = (Identity.of_seed(random.randbytes(32)).address for _ in range(2))
    return {"one": one, "other": random.choice((one, other))}


def _announce(random: Random) -> dict[str, Any]:
    return {
        "seed": _seed(random),
        "summary": _name(random),
        "endpoints": [f"ws://{random.randint(1, 99)}/ws" for _ in range(random.randint(0, 2))],
        "timestamp": NOW + random.randint(0, 10**6),
    }


def _front(random: Random) -> str:
    """Return the front matter of a policy of the shipped dialect, in any order."""
    members = [
        "allow: " + random.choice(("[]", "[contact]", "[whitelisted]", "[whitelisted, contact]")),
        "deny: [blocked]",
        f"onboard: {{invite_code: [{random.choice(CODES[:2])}], payment: 10}}",
        "default: " + random.choice(("allow", "deny", "ask", "maybe")),
    ]
    kept = random.sample(members, random.randint(1, len(members)))
    return "\n".join(kept)


def _policy(random: Random) -> str:
    return random.choice((*LEVELS, f"---\n{_front(random)}\n---\nbody\n", "Be kind."))


def _load_policy(random: Random) -> dict[str, Any]:
    condition = random.choice((*CONDITIONS, "is_vip"))
    action = random.choice(("allow", "deny", "permit"))
    rule = f"  - if: {condition}\n    action: {action}"
    ordered = f"---\nfast_rules:\n{rule}\ncache: {random.randint(1, 60)}m\n---\nbody\n"
    return {"text": random.choice((ordered, _policy(random))), "name": "fresh"}


def _evaluate_trust(random: Random) -> dict[str, Any]:
    # Credentials are for whom lists say nothing: what they do to others differs (CO-TRUST-15.a).
    lists = random.sample(ROLLS, random.randint(0, 3))
    asked: dict[str, Any] = {"policy": _policy(random), "lists": lists}
    if not lists:
        asked |= random.choice(
            (
                {},
                {"invite_code": random.choice((*CODES, "OpenOnion"))},
                {"paid": random.randint(0, 20)},
            )
        )
    return asked


def _list_matches(random: Random) -> dict[str, Any]:
    client = f"0x{random.getrandbits(32):08x}"
    lines = ["# people", "", "bob", f"{client[:6]}*", f" {client} ", client.upper(), f"#{client}"]
    text = "\n".join(random.sample(lines, random.randint(0, 4)))
    return {"text": text, "client": client, "patterns": random.choice((True, False))}


def _apply_operations(random: Random) -> dict[str, Any]:
    client = f"0x{random.getrandbits(32):08x}"
    lists = dict.fromkeys(random.sample(ROLLS, random.randint(0, 3)), f"{client}\n")
    operations = random.choices(OPERATIONS, k=random.randint(0, 5))
    return {"client": client, "lists": lists, "operations": operations}


FRESH: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "canonical": _canonical,
    "address": _address,
    "sign": _sign,
    "verify": _verify,
    "verify_headers": _verify_headers,
    "authenticate": _authenticate,
    "same_person": _same_person,
    "announce": _announce,
    "load_policy": _load_policy,
    "evaluate_trust": _evaluate_trust,
    "list_matches": _list_matches,
    "apply_operations": _apply_operations,
}
