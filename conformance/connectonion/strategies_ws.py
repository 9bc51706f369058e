"""What a client may say on one WebSocket, in any order: small first, much of it during runs."""

from __future__ import annotations

from itertools import chain
from typing import Any

from hypothesis import strategies as st

# What is said, by the names of scenarios_ws_interleaved.py.
HARMLESS = ("pong", "no JSON", "no object", "binary")  # a run is not ended by these
PROMPTS = ("prompt", "question", "failing", "unsigned")
WORDS = ("answer", "unknown", "submission", "order")

Steps = list[dict[str, Any]]


def _steps(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"say": st.sampled_from(names), "wait": st.booleans()})


def _runs() -> st.SearchStrategy[Steps]:
    """Return a run that waits for an answer, what is said meanwhile, and the answer."""
    return st.tuples(
        _steps("question").map(lambda step: [step]),
        st.lists(_steps(*HARMLESS, *PROMPTS), min_size=1, max_size=5),
        st.lists(_steps(*WORDS), max_size=1),
    ).map(lambda parts: list(chain(*parts)))


def interleavings() -> st.SearchStrategy[Steps]:
    """Return what to say one after the other, and whether to wait after it."""
    alone = _steps(*PROMPTS, *HARMLESS, *WORDS).map(lambda step: [step])
    return st.lists(alone | _runs(), min_size=1, max_size=5).map(lambda parts: list(chain(*parts)))
