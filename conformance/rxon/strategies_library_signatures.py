"""What properties of signatures ask a library."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon import spelling
from conformance.rxon.asking_library import (
    SECRET,
    Example,
    Examples,
    asking,
    fractions,
    signing,
    texts,
)
from conformance.rxon.strategies_messages import names, objects

if TYPE_CHECKING:
    from collections.abc import Mapping


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
