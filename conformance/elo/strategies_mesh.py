"""What happens in a mesh: lists of steps, as the model of it plays them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from conformance.elo.mesh_model import (
    FAR_SKILL,
    HIDDEN,
    HIDDEN_SKILL,
    KIN,
    KIN_SKILL,
    NEAR_SKILLS,
    NEIGHBOURS,
    NO_SKILL,
    RELAY,
    name_of,
)

Steps = st.SearchStrategy[list[dict[str, Any]]]
Strategy = st.SearchStrategy[dict[str, Any]]

who = st.integers(0, NEIGHBOURS - 1)
distant = st.sampled_from((FAR_SKILL, FAR_SKILL, KIN_SKILL, HIDDEN_SKILL, NO_SKILL))
offers = st.lists(st.sampled_from((*NEAR_SKILLS, RELAY)), max_size=3, unique=True)


def step(do: str, **members: Any) -> Strategy:
    """Return steps of a kind."""
    return st.fixed_dictionaries({"do": st.just(do), **members})


joins = step("join", who=who, offers=offers.filter(bool))
changes = step("change", who=who, offers=offers)
leaves = step("leave", who=who, bye=st.booleans())
byes = step("bye", who=who)
coming_and_going = joins | changes | leaves | byes
patient = st.sampled_from((*[False] * 11, True))  # waiting takes time
nth = st.integers(0, len(NEAR_SKILLS) - 1)
tasks = step("task", nth=nth)
far_tasks = step("task", skill=distant, patient=patient)
named = st.sampled_from((*map(name_of, range(NEIGHBOURS)), HIDDEN, KIN))
tasks_by_name = step("task", target=named)
far = step("far", up=st.booleans())
kin = step("kin")
questions = step("ask", who=who, ttl=st.integers(0, 4), loops=st.booleans())
desertions = step("desert", nth=nth)


def weighted(*kinds: tuple[Strategy, int]) -> Strategy:
    """Return steps of some kinds, each so much more often than others; the first are smallest."""
    table = [kind for kind, weight in kinds for _ in range(weight)]
    return st.sampled_from(range(len(table))).flatmap(lambda number: table[number])


def mesh(happening: Strategy, asked: Strategy, *, turns: int = 7) -> Steps:
    """Return conversations: somebody comes, then things happen, and each time something is asked.

    That keeps both in balance, however long a conversation is, and each can be shrunk away.
    """
    begun = st.lists(joins, min_size=1, max_size=2)
    rest = st.lists(st.tuples(st.none() | happening, asked), min_size=1, max_size=turns)
    return st.builds(_in_turn, begun, rest)


def _in_turn(begun: list[Any], turns: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    return [*begun, *(step for turn in turns for step in turn if step is not None)]


def ways() -> Steps:
    """Return conversations about tasks that find their way."""
    happening = weighted((joins, 4), (leaves, 3), (changes, 2), (byes, 1), (far, 2), (kin, 1))
    asked = weighted((tasks, 6), (tasks_by_name, 2), (far_tasks, 3))
    return mesh(happening, asked, turns=20)


def names() -> Steps:
    """Return conversations about tasks that have a target."""
    return mesh(coming_and_going, tasks_by_name)


def desertion() -> Steps:
    """Return conversations in which those go who have tasks."""
    return mesh(joins, tasks | desertions)


def rounds() -> Steps:
    """Return conversations in which questions go round."""
    return mesh(joins | leaves | byes, questions)


def answers() -> Steps:
    """Return conversations in which is asked who is there."""
    happening = weighted((joins, 5), (changes, 2), (leaves, 2), (byes, 1), (kin, 1))
    return mesh(happening, questions, turns=14)
