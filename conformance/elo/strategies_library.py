"""What properties of a library are tried with: questions to its functions, as plain JSON data."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Example = dict[str, Any]
Examples = st.SearchStrategy[Example]

texts = st.text(st.characters(codec="utf-8"), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False)
values = st.recursive(
    leaves | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = texts.filter(lambda name: name != "signature")
messages = st.dictionaries(names, values, max_size=4)


def streams() -> Examples:
    """Return messages, and where the stream of their frames is cut."""
    return st.fixed_dictionaries(
        {
            "messages": st.lists(messages, max_size=4),
            "cuts": st.lists(st.integers(0, 2000), max_size=8),
        }
    )


def _shuffled(value: Any, random: Any) -> Any:
    """Return the same value with the members of every object in another order."""
    if isinstance(value, list):
        return [_shuffled(each, random) for each in value]
    if not isinstance(value, dict):
        return value
    members = [(name, _shuffled(each, random)) for name, each in value.items()]
    random.shuffle(members)
    return dict(members)


def respellings() -> Examples:
    """Return a message in two spellings that say the same."""
    return st.builds(
        lambda message, random, ascii_only: {
            "one": json.dumps(message),
            "other": json.dumps(
                _shuffled(message, random), ensure_ascii=ascii_only, separators=(" , ", " : ")
            ),
        },
        messages,
        st.randoms(use_true_random=False),
        st.booleans(),
    )


def changes() -> Examples:
    """Return a message, and a member that it does not have so."""
    return (
        st.fixed_dictionaries({"message": messages, "change": st.dictionaries(names, values)})
        .map(lambda example: {**example, "change": dict(list(example["change"].items())[:1])})
        .filter(lambda example: bool(example["change"]) and not _changes_nothing(example))
    )


def _changes_nothing(example: Example) -> bool:
    before, after = example["message"], {**example["message"], **example["change"]}
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
