"""What properties of a library are tried with: questions to its functions, as plain JSON data.

An example is ``{"ask": {name: [function, parameters]}}`` and what its check must know beside the
answers. Each keeps to what one requirement is about, and to what all published revisions agree on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import string
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon import spelling
from conformance.rxon.strategies_messages import names, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

Example = dict[str, Any]
Examples = st.SearchStrategy[Example]

SECRET = "test-secret"  # noqa: S105  (of the vectors too)
EXACT = 2**53
fractions = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1 != 0)
texts = st.text(st.characters(codec="utf-8"), max_size=12)


def written(value: Any) -> str:
    """Write JSON without escapes that are not needed."""
    return json.dumps(value, ensure_ascii=False)


def asking(**questions: tuple[str, Mapping[str, Any]]) -> Example:
    """Return an example that asks these."""
    return {"ask": {name: [method, dict(params)] for name, (method, params) in questions.items()}}


def signing(value: Any, **more: Any) -> tuple[str, Example]:
    """Return the question for a signature; a text is JSON already."""
    return "sign", {
        "json": value if isinstance(value, str) else written(value),
        "secret": SECRET,
        **more,
    }


# Signatures -----------------------------------------------------------------------------------


def secrets() -> Examples:
    """Return messages signed with secrets of every length."""
    secret = st.text(st.characters(codec="utf-8"), min_size=1, max_size=150)
    return st.builds(lambda value, key: asking(it=signing(value, secret=key)), objects, secret)


def respellings() -> Examples:
    """Return messages, and the same in another spelling."""
    tables = (("order", spelling.ORDERS), ("blanks", spelling.BLANKS))
    more = (("numbers", spelling.WHOLE_NUMBERS), ("escapes", spelling.ESCAPES))
    how = st.fixed_dictionaries(
        {name: st.sampled_from(tuple(table)) for name, table in (*tables, *more)}
        | {"nulls": st.sampled_from(spelling.NULLS)}
    )
    return st.builds(
        lambda value, how: asking(
            plain=signing(value), respelled=signing(spelling.spell(value, how))
        ),
        objects,
        how,
    )


def signed_texts() -> Examples:
    """Return messages whose keys, texts and fractions every writer spells in its own way."""
    leaves = texts | fractions | st.sampled_from([1e-5, 1.5e-5, 1e-6, 1e-7, 5e-324, 0.1])
    keys = st.text(st.sampled_from("aB9é\uffff\U00010000\u2028"), max_size=3) | names
    inside = st.dictionaries(keys, leaves | st.lists(leaves, max_size=2), min_size=1, max_size=5)
    return inside.map(lambda value: {**asking(it=signing(value)), "value": value})


def guarded() -> Examples:
    """Return messages that differ in a member named security, at the top or below."""
    return st.builds(
        lambda value, one, other: asking(
            bare=signing({**value, "n": {"x": 1}}),
            top=signing({**value, "n": {"x": 1}, "security": one}),
            nested=signing({**value, "n": {"x": 1, "security": other}}),
        ),
        objects,
        objects | texts,
        texts | st.integers(0, 9),
    )


def signatures() -> Examples:
    """Return a plain message, its signature, and what is not its signature."""
    message = st.fixed_dictionaries({"a": st.integers(0, 99), "b": st.sampled_from(["x", "y z"])})

    def changed(value: Mapping[str, Any], at: int) -> Example:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        good = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        flipped = good[:at] + ("0" if good[at] != "0" else "1") + good[at + 1 :]
        others = {"upper": good.upper(), "flipped": flipped, "cut": good[:at], "longer": good + "0"}
        no_letters = {"upper"} if good.isdigit() else set()
        asked = {"json": text, "secret": SECRET}
        return {
            **asking(
                good=("verify", {**asked, "signature": good}),
                keyless=("verify", {**asked, "signature": good, "secret": ""}),
                **{
                    name: ("verify", {**asked, "signature": other})
                    for name, other in others.items()
                    if name not in no_letters
                },
            )
        }

    return st.builds(changed, message, st.integers(0, 63))


# Serialising ----------------------------------------------------------------------------------


def tree(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return objects that hold leaves at several levels, not directly in lists."""
    return st.recursive(
        st.dictionaries(names, leaves, max_size=3),
        lambda inner: (
            st.dictionaries(names, inner, max_size=3)
            | st.lists(inner, min_size=1, max_size=2).map(lambda items: {"l": items})
        ),
        max_leaves=6,
    )


def serialising(value: Any) -> Example:
    """Return an example that asks for the text of a message."""
    return {**asking(it=("serialize", {"json": written(value)})), "value": value}


def nulls() -> Examples:
    """Return messages with null members."""
    return tree(st.none() | st.integers(0, 9) | texts).map(serialising)


def whole_floats() -> Examples:
    """Return messages with floats that are whole numbers, large, small and negative ones."""
    whole = st.integers(-EXACT, EXACT).map(float) | st.sampled_from([-0.0, 0.0, 1e16, -1e18])
    return tree(whole | st.lists(whole, max_size=2)).map(serialising)


def little() -> Examples:
    """Return messages of values that are easily taken for nothing."""
    return tree(st.sampled_from([[], {}, "", 0, False, [[]], [{}]])).map(serialising)


def integers() -> Examples:
    """Return integers, most of them near the ends of what 64 bits hold."""
    ends = st.sampled_from([2**63, 2**64, -(2**63), 0])
    near = st.builds(lambda end, step: end + step, ends, st.integers(-9, 9))
    inside = near.filter(lambda number: -(2**63) <= number < 2**64)
    # A reader of JSON may round what is outside, so what is outside is far enough.
    outside = st.integers(2**64, 2**80) | st.integers(-(2**80), -(2**63) - 2**12)
    return (inside | outside).map(
        lambda number: {
            **asking(it=("serialize", {"json": f'{{"n":{number}}}'})),
            "number": str(number),
        }
    )


def depths() -> Examples:
    """Return messages of a depth, in objects and lists by turns, among shallow members."""
    depth = st.sampled_from([1, 29, 30, 31, 32, 98, 99, 100, 101, 102, 150, 900])

    def nested(levels: int, kinds: str) -> Example:
        opening, closing = "", ""
        for level in range(levels):
            begin, end = SHELLS[kinds[level % len(kinds)]]
            opening, closing = opening + begin, end + closing
        asked = asking(it=("serialize", {"json": f"{opening}1{closing}"}))
        return {**asked, "depth": levels}

    return st.builds(nested, depth, st.text(st.sampled_from("olsm"), min_size=1, max_size=4))


SHELLS: Mapping[str, tuple[str, str]] = {
    "o": ('{"a":', "}"),
    "l": ("[", "]"),
    "s": ('[0,"x",', "]"),  # behind others
    "m": ('{"b":1,"a":', ',"c":2}'),  # among others
}


# Types ----------------------------------------------------------------------------------------

# A type, a value of it as plain JSON, and the same as a program shows it.
Typed = tuple[Any, Any, Any]
UUIDS = st.uuids().map(str)


def typed(simple: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    """Return records of what is simple, in lists, objects and records."""
    members = st.lists(simple, max_size=3)
    return st.recursive(
        members.map(_record),
        lambda inner: (
            inner.map(lambda each: ({"list": each[0]}, [each[1]] * 2, [each[2]] * 2))
            | inner.map(lambda each: ({"map": each[0]}, {"k": each[1]}, {"object": {"k": each[2]}}))
            | inner.map(lambda each: ({"union": [each[0], "null"]}, each[1], each[2]))
            | st.lists(inner | simple, min_size=1, max_size=2).map(_record)
        ),
        max_leaves=4,
    )


def _record(parts: list[Typed]) -> Typed:
    names = [f"m{number}" for number in range(len(parts))]
    rows = [{"name": name, "type": kind} for name, (kind, _, _) in zip(names, parts, strict=True)]
    return (
        {"record": rows},
        {name: plain for name, (_, plain, _) in zip(names, parts, strict=True)},
        {"record": {name: shown for name, (_, _, shown) in zip(names, parts, strict=True)}},
    )


def _choice(values: list[Any]) -> Typed:
    return {"enum": values}, values[-1], {"enum": values[-1]}


def _plain(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Typed]:
    return values.map(lambda value: (kind, value, value))


simple = (
    _plain("string", texts)
    | _plain("integer", st.integers(0, 9))
    | _plain("boolean", st.booleans())
    | UUIDS.map(lambda text: ("uuid", text, {"uuid": text}))
    | st.lists(st.sampled_from(["red", "green", "blue"]), min_size=1, unique=True).map(_choice)
    | st.lists(st.integers(1, 3), min_size=1, unique=True).map(_choice)
)


def values() -> Examples:
    """Return values of types, to be written."""
    return typed(simple).map(
        lambda each: {**asking(it=("serialize", {"typed": each[2]})), "plain": each[1]}
    )


def plain_data() -> Examples:
    """Return plain data and its type, to be restored."""
    return typed(simple).map(
        lambda each: {
            **asking(it=("restore", {"type": each[0], "json": written(each[1])})),
            "shown": each[2],
        }
    )


def members() -> Examples:
    """Return records that lack a member, or have one too many."""
    needed = st.lists(st.sampled_from("abcd"), min_size=1, unique=True)

    def record(names: list[str], lacking: int, odd: Any) -> Example:
        kind = {"record": [{"name": name, "type": "integer"} for name in names]}
        data = dict.fromkeys(names, 1)
        short = {name: 1 for name in names if name != names[lacking % len(names)]}
        return {
            **asking(
                whole=("restore", {"type": kind, "json": written(data)}),
                more=("restore", {"type": kind, "json": written({"odd": odd, **data})}),
                less=("restore", {"type": kind, "json": written(short)}),
            )
        }

    return st.builds(record, needed, st.integers(0, 3), objects | texts)


words = st.sampled_from(["string", "integer", "number", "boolean", "null", "any", "uuid"])
flat = words | words.map(lambda each: {"list": each}) | words.map(lambda each: {"map": each})
# No union in a union: Python joins them, and takes those of another order for the same.
unions = st.lists(flat, min_size=2, max_size=3, unique_by=str).map(lambda each: {"union": each})
types = st.recursive(
    flat | unions,
    lambda inner: (
        inner.map(lambda each: {"list": each})
        | inner.map(lambda each: {"map": each})
        | st.lists(inner, max_size=3).map(lambda each: _record([(kind, 0, 0) for kind in each])[0])
    ),
    max_leaves=5,
)


def promises() -> Examples:
    """Return types."""
    return types.map(lambda kind: asking(it=("infer", {"type": kind, "of": "input"})))


# Contracts ------------------------------------------------------------------------------------

scalars = st.sampled_from(["a", "b", 1, 2, 0.5])
schemas = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"enum": ["a"]}]),
    lambda inner: (
        inner.map(lambda each: {"type": "array", "items": each})
        | st.lists(inner, min_size=1, max_size=2).map(lambda each: {"anyOf": each})
        | st.builds(
            lambda each, names, closed: {
                "type": "object",
                "properties": {"a": each},
                "required": names,
                **({"additionalProperties": False} if closed else {}),
            },
            inner,
            st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            st.booleans(),
        )
    ),
    max_leaves=4,
)
data = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=4,
)


def contracts() -> Examples:
    """Return contracts, and data that may keep them."""
    return st.builds(
        lambda value, schema: {
            **asking(it=("validate", {"json": written(value), "schema": schema})),
            "value": value,
            "schema": schema,
        },
        data,
        schemas,
    )


def strange_values() -> Examples:
    """Return truth values and null where a contract wants something else, or just them."""
    value = st.sampled_from([True, False, None])
    kind = st.sampled_from(["string", "integer", "number", "boolean", "object", "array"])

    def inside(value: Any, kind: str, place: str) -> Example:
        plain, schema = PLACES[place]
        wanted = {"type": kind}
        asked = {"json": written(plain(value)), "schema": schema(wanted)}
        return {
            **asking(it=("validate", asked)),
            "valid": kind == "boolean" and value is not None,
        }

    return st.builds(inside, value, kind, st.sampled_from(sorted(PLACES)))


PLACES: Mapping[str, tuple[Any, Any]] = {
    "alone": (lambda value: value, lambda kind: kind),
    "in a list": (lambda value: [value], lambda kind: {"type": "array", "items": kind}),
    "in an object": (
        lambda value: {"a": value},
        lambda kind: {"type": "object", "properties": {"a": kind}},
    ),
    "as an alternative": (lambda value: value, lambda kind: {"anyOf": [kind]}),
}


# Matching -------------------------------------------------------------------------------------


def matching(what: str, have: Any, required: Any) -> tuple[str, Example]:
    """Return the question whether something meets a requirement."""
    return "match", {"what": what, "have": have, "required": required}


def amounts() -> Examples:
    """Return amounts, and the same questions with more to offer or less to ask for."""
    number = st.integers(-3, 30) | st.sampled_from([0.5, 7.5, 16.0, 1e30, -0.0])
    some = st.dictionaries(st.sampled_from("ab"), number, min_size=1)
    step = st.integers(1, 5)

    def moved(amounts: Mapping[str, float], by: int) -> dict[str, float]:
        return {name: amount + by for name, amount in amounts.items()}

    return st.builds(
        lambda have, required, by: {
            **asking(
                it=matching("properties", have, required),
                offered_more=matching("properties", moved(have, by), required),
                asked_less=matching("properties", have, moved(required, -by)),
                asked_nothing=matching("properties", have, {}),
            ),
            "have": have,
            "required": required,
        },
        some,
        some,
        step,
    )


def lists() -> Examples:
    """Return lists, or single texts, that are there and that are required."""
    word = st.sampled_from(["a", "b", "c", "A"])
    some = st.lists(word, max_size=3)
    pairs = st.tuples(some, some) | st.tuples(word, some) | st.tuples(some, word)
    return pairs.map(
        lambda pair: {
            **asking(it=matching("property", *pair)),
            "have": pair[0],
            "required": pair[1],
        }
    )


def models() -> Examples:
    """Return names of models, and parts of them in any letter case."""
    letters = st.text(st.sampled_from("RTXa 49"), min_size=1, max_size=6)

    def device(have: str, start: int, end: int, other: str) -> Example:
        part = have[start % len(have) :][: end + 1]
        named = {"type": "gpu", "model": have}
        return {
            **asking(
                part=matching("device", named, {"type": "gpu", "model": part.swapcase()}),
                other=matching("device", named, {"type": "gpu", "model": other}),
            ),
            "have": have,
            "other": other,
        }

    return st.builds(device, letters, st.integers(0, 5), st.integers(0, 5), letters)


def words_exactly() -> Examples:
    """Return texts that are equal, or equal but for the letter case, a blank or an accent."""
    text = st.text(st.sampled_from("aAbéE 1"), min_size=1, max_size=4)
    change = st.sampled_from(["", "case", "blank", "other"])

    def pair(have: str, change: str) -> Example:
        changes = {"": have, "case": have.swapcase(), "blank": f"{have} ", "other": f"{have}x"}
        required = changes[change]
        return {
            **asking(
                property=matching("property", have, required),
                type=matching("device", {"type": have}, {"type": required}),
                id=matching("device", {"type": "t", "id": have}, {"type": "t", "id": required}),
            ),
            "fits": have == required,
        }

    return st.builds(pair, text, change)


def lacks() -> Examples:
    """Return requirements of which a worker says all but one."""
    value = st.sampled_from([0, 8, "a", "", ["a"], {}, True])
    some = st.dictionaries(st.sampled_from("abc"), value, min_size=1)
    return st.builds(
        lambda required, lacking: asking(
            all=matching("properties", {"z": 1, **required}, required),
            lacking=matching(
                "properties",
                {"z": 1, **{name: each for name, each in required.items() if name != lacking}},
                {**required, lacking: required.get(lacking, "a")},
            ),
        ),
        some.filter(lambda required: [] not in required.values()),
        st.sampled_from("abc"),
    )


def assignments() -> Examples:
    """Return devices of a worker, and as many that a task needs: what is there, nearly."""
    sizes = st.lists(st.sampled_from([4, 8, 16, 24]), min_size=1, max_size=4)
    changes = st.lists(st.sampled_from([0, 0, -4, 4]), min_size=4, max_size=4)

    def devices(amounts: list[int]) -> list[Example]:
        return [{"type": "gpu", "properties": {"vram": amount}} for amount in amounts]

    def dealt(have: list[int], required: list[int]) -> Example:
        asked = matching("resources", {"devices": devices(have)}, {"devices": devices(required)})
        return {**asking(it=asked), "have": have, "required": required}

    def nearly(have: list[int], required: list[int], changes: list[int]) -> Example:
        return dealt(have, [size + change for size, change in zip(required, changes, strict=False)])

    same = sizes.flatmap(
        lambda have: st.builds(nearly, st.just(have), st.permutations(have), changes)
    )
    return same | st.builds(dealt, sizes, sizes)


def skills() -> Examples:
    """Return skills and artifacts that nearly meet their requirements."""
    word = st.sampled_from(["a", "b"])
    kind = st.sampled_from(["skill", "artifact"])
    have = st.fixed_dictionaries({"name": word, "version": word})
    required = st.fixed_dictionaries({"name": word}, optional={"version": word})
    return st.builds(
        lambda what, have, required: {
            **asking(it=matching(what, have, required)),
            "have": have,
            "required": required,
        },
        kind,
        have,
        required,
    )


# Names and times ------------------------------------------------------------------------------


def identifiers() -> Examples:
    """Return names, most of them good but for one character."""
    good = st.text(st.sampled_from(string.ascii_letters + string.digits + "_-"), max_size=9)
    odd = st.characters(codec="utf-8") | st.sampled_from("é٣ａ \t./\\\u200b")
    name = st.builds(lambda head, mid, tail: head + mid + tail, good, odd | st.just(""), good)
    # One line feed at the end is a known weakness, which a vector shows.
    return name.filter(lambda text: not text.endswith("\n")).map(
        lambda text: {**asking(it=("is_identifier", {"value": text})), "name": text}
    )


def waits() -> Examples:
    """Return what a header may say of a time to wait: seconds, or a date with a zone."""
    now = st.integers(1_700_000_000, 1_900_000_000)
    zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-7))])

    def date(now: int, seconds: int, zone: timezone) -> Example:
        moment = datetime.fromtimestamp(now + seconds, zone)
        header = format_datetime(moment, usegmt=zone is UTC)
        return {
            **asking(it=("retry_after", {"header": header, "now": now})),
            "seconds": max(0, seconds),
        }

    def number(now: int, seconds: float) -> Example:
        header = str(seconds)
        return {
            **asking(it=("retry_after", {"header": header, "now": now})),
            "seconds": max(0, seconds),
        }

    amounts = st.integers(-100, 10_000)
    return st.builds(date, now, amounts, zones) | st.builds(
        number, now, amounts | st.sampled_from([0.25, 1.5, 100.0])
    )
