"""Questions to the functions of a library, which is what its properties are made of.

An example is ``{"ask": {name: [function, parameters]}}`` and what its check must know beside the
answers. Each keeps to what one requirement is about, and to what all published revisions agree on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

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
