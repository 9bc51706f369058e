"""What properties about messages are tried with: plain JSON data, small first."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from conformance.rxon import model, spelling
from conformance.rxon.scenarios_spelling import MESSAGES

EXACT = 2**53  # up to here `1.0` and `1` are one number to every reader

names = st.text(st.characters(codec="utf-8"), max_size=6)
leaves = (
    st.integers(-EXACT, EXACT)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1 != 0)
    | st.booleans()
    | st.text(st.characters(codec="utf-8"), max_size=12)
)
objects = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


def respellings() -> st.SearchStrategy[dict[str, Any]]:
    """Return messages of every kind, each with a way to write it."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(tuple(MESSAGES)),
            "inside": objects,
            "spelling": st.fixed_dictionaries(
                {
                    "order": st.sampled_from(tuple(spelling.ORDERS)),
                    "blanks": st.sampled_from(tuple(spelling.BLANKS)),
                    "numbers": st.sampled_from(tuple(spelling.WHOLE_NUMBERS)),
                    "escapes": st.sampled_from(tuple(spelling.ESCAPES)),
                    "nulls": st.sampled_from(spelling.NULLS),
                }
            ),
        }
    )


steps = {
    "register": st.fixed_dictionaries({"do": st.just("register"), "worker": st.integers(0, 1)}),
    "submit": st.fixed_dictionaries({"do": st.just("submit"), "worker": st.integers(0, 1)}),
    "poll": st.fixed_dictionaries({"do": st.just("poll"), "worker": st.integers(0, 1)}),
    "answer": st.fixed_dictionaries(
        {
            "do": st.just("answer"),
            "task": st.integers(0, 3),
            "status": st.sampled_from(("success", "failure")),
            "by": st.sampled_from(("owner", "other")),
        }
    ),
    "cancel": st.fixed_dictionaries({"do": st.just("cancel"), "task": st.integers(0, 3)}),
    "heartbeat": st.fixed_dictionaries({"do": st.just("heartbeat"), "worker": st.integers(0, 1)}),
}


def conversations(*words: str) -> st.SearchStrategy[list[model.Step]]:
    """Return conversations of two workers, one client and these steps."""
    return st.lists(st.one_of(*(steps[word] for word in words)), min_size=1, max_size=12)


def results() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which results come early, late, twice and from the wrong worker."""
    return conversations("register", "submit", "poll", "answer")


def cancellations() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which the client changes its mind as well."""
    return conversations("submit", "poll", "answer", "cancel")


def heartbeats() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which the workers tell which tasks they have."""
    return conversations("submit", "poll", "answer", "heartbeat")
