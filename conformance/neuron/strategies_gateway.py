"""What the gateway's properties range over: capabilities, routes, lives of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Example = dict[str, Any]

# Characters of the grammar and its neighbours; a line feed at the end is a known dispute, so none.
LETTERS = "aZ0_.-"
STRANGERS = " !:@\\?~\u00fc\uff11"
GOOD: Mapping[str, tuple[Any, ...]] = {
    "concurrency": (1, 2, 10**12),
    "leaseTtlMs": (1000, 1001, 60_000, 3_600_000),
    "scope": ("any",),
}
BAD: Mapping[str, tuple[Any, ...]] = {
    "concurrency": (0, -1, 0.5, "x", None, [1]),
    "leaseTtlMs": (999, 3_600_001, 0, 1000.5, [1000]),
    "scope": ("ANY", "", None, [], {}, {"onBehalfOf": ""}, {"onBehalfOf": "u", "more": 1}),
}


def types() -> st.SearchStrategy[str]:
    """Return capability types, and what is nearly one."""
    segment = st.text(alphabet=LETTERS, min_size=1, max_size=4)
    odd = st.text(alphabet=LETTERS + STRANGERS, max_size=3)
    segments = st.lists(st.one_of(segment, segment, segment, odd), min_size=1, max_size=4)
    return segments.map("/".join)


@st.composite
def capabilities(draw: st.DrawFn) -> Example:
    """Return members of a capability; ``good`` says whether all but the type are right."""
    example: Example = {"type": draw(types())}
    wrong = draw(st.sampled_from([None, None, None, *BAD]))
    for name in draw(st.lists(st.sampled_from(sorted(GOOD)), unique=True)):
        example[name] = draw(st.sampled_from(GOOD[name]))
    if wrong is not None:
        example[wrong] = draw(st.sampled_from(BAD[wrong]))
    return {**example, "good": wrong is None}


OUTCOMES = ("success", "success", "terminal", "schema-mismatch", "cancelled", "retryable")


def step(kind: str, outcomes: Sequence[str]) -> st.SearchStrategy[Example]:
    """Return a step of the model's conversations."""
    neuron = {"neuron": st.integers(0, 1)}
    lease = {"lease": st.integers(0, 3)}
    members: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
        "answer": {**lease, "outcome": st.sampled_from(outcomes)},
        "progress": lease,
        "cancel": {"task": st.integers(0, 3)},
        "beat": neuron,
        "update": {**neuron, "concurrency": st.integers(1, 3)},
        "drop": neuron,
        "join": neuron,
    }
    return st.fixed_dictionaries({"do": st.just(kind), **members.get(kind, {})})


def lives(
    kinds: Sequence[str], *, tasks: int, outcomes: Sequence[str] = OUTCOMES
) -> st.SearchStrategy[list[Example]]:
    """Return conversations about tasks, so many of them at first."""
    steps = st.sampled_from(kinds).flatmap(lambda kind: step(kind, outcomes))
    begun: list[Example] = [{"do": "inject"}] * tasks
    return st.lists(steps, min_size=3, max_size=10).map(lambda rest: begun + rest)


def departures() -> st.SearchStrategy[list[Example]]:
    """Return conversations in which neurons come and go, mostly after a success."""
    kinds = ["answer", "answer", "drop", "drop", "join", "inject", "beat"]
    return lives(kinds, tasks=2, outcomes=["success", "success", "success", "retryable"])


def crowds() -> st.SearchStrategy[list[Example]]:
    """Return conversations in which tasks wait for slots that are taken, freed and withdrawn."""
    return lives(["inject", "cancel", "cancel", "answer", "update", "progress"], tasks=5)


def second_thoughts() -> st.SearchStrategy[list[Example]]:
    """Return conversations in which neurons give outcomes for the same few leases again and again.

    What progress does to a task that is over is another requirement's affair (NEURON-GW-RES-12).
    """
    outcomes = ["success", "terminal", "cancelled"]
    return lives(["answer"] * 6 + ["cancel"], tasks=1, outcomes=outcomes)


def routes() -> st.SearchStrategy[Example]:
    """Return a neuron, its scope, and the user of a task; people stand for their tokens."""
    return st.fixed_dictionaries(
        {
            "neuron": st.sampled_from(["one", "two"]),
            "scope": st.sampled_from(["own", "any"]),
            "user": st.sampled_from(["one", "two", "nobody", "stranger"]),
        }
    )
