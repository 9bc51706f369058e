"""Fresh inputs for the functions of an RXON driver; our own rules know the right answers.

Inputs keep to what all published revisions agree about: no null in a list, no integral float in a
contract, no two devices to choose from.
"""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

from reference.rxon import LIBRARY as ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

__all__ = ["ANSWERS", "FRESH"]

WORDS = ("a", "B", "10", "9", "é", "\uffff", "\U0001f600", "security", 'q"\\', "\x01", "")
NAMES = string.ascii_letters + string.digits + "_-"
STRANGE = " ./\\:é\x00٣"
CONTRACTS: tuple[Any, ...] = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "integer"}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"anyOf": [{"type": "string"}, {"type": "boolean"}]},
)


def _chance(random: Random, *, percent: int) -> bool:
    return random.randrange(100) < percent


def _leaf(random: Random) -> Any:
    return random.choice(
        (
            random.randint(-(2**53), 2**53),
            float(random.randint(-999, 999)),
            round(random.uniform(-1000, 1000), 3),
            random.uniform(0, 1) * 10 ** random.randint(-12, -4),
            random.choice((True, False)),
            "".join(random.choices(WORDS, k=3)),
        )
    )


def _value(random: Random, depth: int) -> Any:
    if depth == 0 or _chance(random, percent=40):
        return _leaf(random)
    if _chance(random, percent=30):
        return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    return _object(random, depth)


def _object(random: Random, depth: int) -> dict[str, Any]:
    keys = {"".join(random.choices(WORDS, k=2)) for _ in range(random.randint(1, 4))}
    nulls = {f"null{random.randint(0, 9)}": None} if _chance(random, percent=50) else {}
    return {key: _value(random, depth - 1) for key in sorted(keys)} | nulls


def _text(random: Random, value: Any) -> str:
    return json.dumps(
        value, indent=random.choice((None, 1)), ensure_ascii=_chance(random, percent=50)
    )


def _secret(random: Random) -> str:
    return f"sécret-{random.getrandbits(64):x}"


def _serialize(random: Random) -> dict[str, Any]:
    return {"json": _text(random, _object(random, 3))}


def _sign(random: Random) -> dict[str, Any]:
    return {**_serialize(random), "secret": _secret(random)}


def _verify(random: Random) -> dict[str, Any]:
    value = _object(random, 3)
    signed = {"json": _text(random, value), "secret": _secret(random)}
    signature = ANSWERS["sign"](signed)["signature"]
    change = random.choice((None, "signature", "secret", "message"))
    changed = {
        "signature": {"signature": signature[:-1] + ("0" if signature[-1] != "0" else "1")},
        "secret": {"secret": _secret(random)},
        "message": {"json": _text(random, {**value, "forged": random.getrandbits(32)})},
    }
    return {**signed, "signature": signature, **(changed[change] if change else {})}


def _gpu(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "gpu", "properties": properties}


def _match(random: Random) -> dict[str, Any]:
    number, other = random.randint(1, 99), random.randint(1, 99)
    names = [random.choice("abc") for _ in range(2)]
    sizes = {"vram_gb": number}, {"vram_gb": other}
    choices: tuple[tuple[str, Any, Any], ...] = (
        ("property", number, other),
        ("property", names[0], names[1]),
        ("property", names, random.choice("abcd")),
        ("properties", sizes[0], sizes[1]),
        ("device", _gpu(sizes[0]), _gpu(sizes[1])),
        ("skill", {"name": names[0], "type": "t"}, {"name": names[1]}),
    )
    what, have, required = random.choice(choices)
    return {"what": what, "have": have, "required": required}


def _validate(random: Random) -> dict[str, Any]:
    simple: tuple[Any, ...] = (random.randint(-9, 9), "x", random.choice((True, False)))
    one = random.choice(simple)
    value = random.choice((one, [one, one], {"a": one}, {"b": one}, [], {}))
    return {"json": json.dumps(value), "schema": random.choice(CONTRACTS)}


def _is_identifier(random: Random) -> dict[str, Any]:
    name = "".join(random.choices(NAMES, k=random.randint(1, 40)))
    at = random.randint(0, len(name))
    strange = random.choice(STRANGE) if _chance(random, percent=50) else ""
    return {"value": name[:at] + strange + name[at:]}


def _infer(random: Random) -> dict[str, Any]:
    word = random.choice(("string", "integer", "number", "boolean", "any", "uuid"))
    kind = random.choice((word, {"list": word}, {"map": word}, {"union": [word, "null"]}))
    return {"type": kind, "of": random.choice(("input", "output"))}


def _restore(random: Random) -> dict[str, Any]:
    names = sorted(random.sample("abcdef", k=random.randint(1, 4)))
    rows = [{"name": name, "type": "integer"} for name in names]
    data = {name: random.randint(0, 99) for name in names}
    if _chance(random, percent=30):
        data.pop(names[0])
    return {"type": {"record": rows}, "json": json.dumps({**data, "odd": 1})}


def _config_hash(random: Random) -> dict[str, Any]:
    parts = ("endpoint", "access_key", "bucket")
    return {part: random.choice((_secret(random), _secret(random), "", None)) for part in parts}


def _parse_uri(random: Random) -> dict[str, Any]:
    bucket, key = (f"{random.getrandbits(32):x}" for _ in range(2))
    uri = random.choice((f"s3://{bucket}/{key}", f"s3://{bucket}/{key}/", f"{key}/x"))
    return {"uri": uri, "bucket": random.choice((bucket[:3], None)), "prefix": "p/"}


def _skills_hash(random: Random) -> dict[str, Any]:
    dialect = {"schema_dialect": "json-schema"}
    skills = [{"name": name, **dialect} for name in random.sample("abc", k=2)]
    return {"skills": skills, "capabilities": {"a": random.random()}, "extra": {}}


def _retry_after(random: Random) -> dict[str, Any]:
    header = random.choice((str(random.randint(-9, 999)), "soon", None))
    return {"header": header, "now": random.randint(0, 2**31)}


def _answer(random: Random) -> dict[str, Any]:
    route = random.choice(("register", "poll", "result", "heartbeat", "event", "token"))
    message = f"m{random.getrandbits(16)}"
    kind = random.choice(("permission", "value", "other"))
    outcomes = ({"returns": {"m": message}}, {"raises": kind, "message": message})
    return {"route": route, "outcome": random.choice(outcomes)}


FRESH: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "serialize": _serialize,
    "sign": _sign,
    "verify": _verify,
    "match": _match,
    "validate": _validate,
    "is_identifier": _is_identifier,
    "infer": _infer,
    "restore": _restore,
    "config_hash": _config_hash,
    "parse_uri": _parse_uri,
    "skills_hash": _skills_hash,
    "retry_after": _retry_after,
    "answer": _answer,
}
