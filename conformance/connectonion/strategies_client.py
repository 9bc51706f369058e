"""What the client's properties range over; every example is plain JSON."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Example = dict[str, Any]

POLLS = ("running", "500", "a broken connection", "no JSON", "another status", "a list")


def cuts() -> st.SearchStrategy[Example]:
    """Return what a host says, where its OUTPUT is cut, and what it answers to polls at first.

    Without a ``part`` the connection is cut between two frames.
    """
    return st.fixed_dictionaries(
        {
            "frames": st.lists(st.sampled_from(["event", "ping"]), max_size=3),
            "part": st.none() | st.floats(0.0, 1.0, allow_nan=False),
            "polls": st.lists(st.sampled_from(POLLS), max_size=3),
        }
    )
