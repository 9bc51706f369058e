"""Fresh inputs for the functions of an Elo driver; our own rules know the right answers.

Inputs keep to what every language can write (whole numbers and plain fractions, no half of a
surrogate pair, no key twice) and to what the published packages and the protocol's text agree
about: one peer at most has a capability, every query has an origin, no node looks for a key file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference.elo import LIBRARY as ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

__all__ = ["ANSWERS", "FRESH"]

WORDS = ("a", "B", "10", "9", "é", "\uffff", "\U0001f600", 'q"\\/', "\x01", "\x7f", "")


def _text(random: Random) -> str:
    return "".join(random.choices(WORDS, k=random.randint(0, 3)))


def _value(random: Random, depth: int) -> Any:
    if depth == 0:
        return random.choice(
            (
                random.randint(-(2**70), 2**70),
                random.randint(-999, 999) / 4,
                _text(random),
                random.choice((True, False, None)),
            )
        )
    if random.randrange(2):
        return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {_text(random): _value(random, depth - 1) for _ in range(random.randint(0, 3))}


def _object(random: Random) -> dict[str, Any]:
    return {_text(random): _value(random, 2) for _ in range(random.randint(0, 4))}


def _json(random: Random) -> str:
    spaced = {"indent": random.choice((None, 1)), "ensure_ascii": bool(random.randrange(2))}
    return json.dumps(_object(random), **spaced)  # type: ignore[arg-type]


def _seed(random: Random) -> str:
    return random.randbytes(32).hex()


def _canonical(random: Random) -> dict[str, Any]:
    return {"json": _json(random)}


def _sign(random: Random) -> dict[str, Any]:
    return {"json": _json(random), "seed": _seed(random)}


def _verify(random: Random) -> dict[str, Any]:
    seed, text = _seed(random), _json(random)
    signature = ANSWERS["sign"]({"json": text, "seed": seed})["signature"]
    change = random.choice(("nothing", "signature", "signer", "message"))
    message = {**json.loads(text), "signature": signature}
    if change == "signature":
        message["signature"] = ("B" if signature[0] != "B" else "C") + signature[1:]
    if change == "message":
        message["forged"] = random.getrandbits(32)
    signer = _seed(random) if change == "signer" else seed
    return {
        "json": json.dumps(message),
        "signer": ANSWERS["node_id"]({"seed": signer})["node_id"],
    }


def _node_id(random: Random) -> dict[str, Any]:
    return {"seed": _seed(random)}


def _public_key(random: Random) -> dict[str, Any]:
    node_id = ANSWERS["node_id"](_node_id(random))["node_id"]
    return {"node_id": node_id[: random.choice((12, 43, 43, 43))]}


def _decode(random: Random) -> dict[str, Any]:
    data = b"".join(
        bytes.fromhex(ANSWERS["encode"]({"json": _json(random)})["hex"])
        for _ in range(random.randint(0, 3))
    )
    cut = random.randint(0, len(data))
    return {"chunks": [data[:cut].hex(), data[cut:].hex()]}


def _encode(random: Random) -> dict[str, Any]:
    return {"json": _json(random)}


def _write_key_file(random: Random) -> dict[str, Any]:
    return {"seed": _seed(random)}


def _read_result(random: Random) -> dict[str, Any]:
    payload = random.choice(({}, {"payload": _value(random, 1)}))
    status = random.choice(("success", "error", "late"))
    errors: tuple[dict[str, Any], ...] = ({}, {"code": "X", "message": _text(random)})
    error = random.choice(({}, {"error": random.choice(errors)}))
    return {"json": json.dumps({"id": "t", "status": status, **payload, **error})}


CAPABILITIES = ("alpha", "beta", "relay")


def _peers(random: Random) -> list[dict[str, Any]]:
    """Return some peers, no two of which have the same capability."""
    left = [*CAPABILITIES, *(f"other-{number}" for number in range(4))]
    random.shuffle(left)
    names = (ANSWERS["node_id"](_node_id(random))["node_id"] for _ in range(random.randint(1, 4)))
    return [
        {"node_id": name, "caps": [left.pop() for _ in range(random.randint(0, 2)) if left]}
        for name in names
    ]


def _route(random: Random) -> dict[str, Any]:
    peers = _peers(random)
    target = random.choice(("", random.choice(peers)["node_id"]))
    return {"peers": peers, "target": target, "capability": random.choice(CAPABILITIES[:2])}


def _answer_query(random: Random) -> dict[str, Any]:
    peers = [{**peer, "bye": True} for peer in _peers(random)]
    query = {
        "capability": random.choice(CAPABILITIES),
        "id": f"{random.getrandbits(32):08x}",
        "ttl": random.randint(0, 4),
        "origin": "x" * 43,
    }
    return {
        "peers": peers,
        "offers": [random.choice(CAPABILITIES)],
        "asker": ANSWERS["node_id"](_node_id(random))["node_id"],
        "queries": [query] * random.randint(1, 2),
    }


FRESH: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "canonical": _canonical,
    "sign": _sign,
    "verify": _verify,
    "node_id": _node_id,
    "public_key": _public_key,
    "decode": _decode,
    "encode": _encode,
    "write_key_file": _write_key_file,
    "read_result": _read_result,
    "route": _route,
    "answer_query": _answer_query,
}
