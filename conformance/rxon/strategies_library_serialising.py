"""What properties of serialising ask a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon.asking_library import (
    EXACT,
    Example,
    Examples,
    asking,
    texts,
    written,
)
from conformance.rxon.strategies_messages import names

if TYPE_CHECKING:
    from collections.abc import Mapping


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
