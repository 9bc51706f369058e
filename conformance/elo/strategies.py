"""What properties range over: plain JSON data, small first."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Whatever UTF-8 can carry; keys stay where every order of characters is the same (ELO-SIG-08).
texts = st.text(st.characters(codec="utf-8"), max_size=8)
keys = st.text(st.characters(max_codepoint=0xD7FF), max_size=4)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
payloads = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def any_payload() -> st.SearchStrategy[Any]:
    """Return payloads of tasks."""
    return payloads


def streams() -> st.SearchStrategy[dict[str, Any]]:
    """Return tasks that are written one after the other, and where that is cut."""
    return st.fixed_dictionaries(
        {
            "tasks": st.lists(
                st.tuples(st.integers(1, 9), texts).map(list), min_size=1, max_size=4
            ),
            "cuts": st.lists(st.integers(0, 2000), max_size=6),
        }
    )


def respelled() -> st.SearchStrategy[dict[str, Any]]:
    """Return payloads, each with a way to write the task that has it."""
    return st.fixed_dictionaries(
        {
            "payload": payloads,
            "ascii": st.booleans(),
            "indent": st.sampled_from((None, 0, 3)),
            "reversed": st.booleans(),
        }
    )
