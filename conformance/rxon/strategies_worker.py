"""What properties of a worker range over: what goes wrong, where, and in what order.

An example is plain data, so that it shrinks to the one fault that matters and can be played again.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from conformance.rxon.scenarios_worker_recovery import FAULTS, PLACES

MOST = 4  # faults; a result that is lost more often may be given up (RXON-EXE-06)


def troubles() -> st.SearchStrategy[dict[str, Any]]:
    """Return faults, each where it strikes, and whether the orchestrator is down at first."""
    fault = st.fixed_dictionaries(
        {"at": st.sampled_from(PLACES), "fault": st.sampled_from(sorted(FAULTS))}
    )
    return st.fixed_dictionaries(
        {"down": st.booleans(), "faults": st.lists(fault, min_size=1, max_size=MOST)}
    )
