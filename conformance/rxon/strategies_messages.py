"""What properties about messages are tried with: plain JSON data, small first."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon import model, spelling
from conformance.rxon.scenarios_spelling import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

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


workers = st.sampled_from((0, 0, 0, 1))  # mostly one, or little would ever happen
tasks = st.integers(0, 2)  # mostly the last


def step(do: str, **rest: st.SearchStrategy[Any]) -> st.SearchStrategy[model.Step]:
    """Return steps of one kind."""
    return st.fixed_dictionaries({"do": st.just(do), **rest})


# A job is mostly submitted in order to be done.
gives = workers.map(
    lambda worker: [{"do": "submit", "worker": worker}, {"do": "poll", "worker": worker}]
)
answers = step(
    "answer",
    task=tasks,
    status=st.sampled_from(("success", "failure", "failure")),
    by=st.sampled_from(("owner", "owner", "owner", "other")),
)
# A poll that is cut off matters when a job comes after it.
gives_after_a_cut = workers.map(
    lambda worker: [
        {"do": "hang up", "worker": worker},
        {"do": "submit", "worker": worker},
        {"do": "poll", "worker": worker},
    ]
)
# A restart matters when something is going on.
interruptions = st.tuples(gives, step("restart"), answers).map(
    lambda parts: [*parts[0], parts[1], parts[2]]
)
SCENES: Mapping[str, st.SearchStrategy[list[model.Step]]] = {
    "give": gives,
    "submit": st.tuples(step("submit", worker=workers)).map(list),
    "poll": st.tuples(step("poll", worker=workers)).map(list),
    "hang up": st.tuples(step("hang up", worker=workers)).map(list),
    "abandon": gives_after_a_cut,
    "answer": st.tuples(answers).map(list),
    "repeat": st.tuples(answers.map(lambda answer: {**answer, "do": "repeat"})).map(list),
    "register": st.tuples(step("register", worker=workers)).map(list),
    "cancel": st.tuples(step("cancel", task=tasks)).map(list),
    "heartbeat": st.tuples(step("heartbeat", worker=workers)).map(list),
    "restart": st.tuples(step("restart")).map(list),
    "interrupted": interruptions,
    "connect": st.tuples(step("connect", worker=workers)).map(list),
    "say": st.tuples(step("say", task=tasks, progress=st.sampled_from((0.25, 0.5, 0.75)))).map(
        list
    ),
    "unplug": st.tuples(step("unplug", worker=workers)).map(list),
}


def conversations(*scenes: str) -> st.SearchStrategy[list[model.Step]]:
    """Return conversations of two workers and one client; a scene named twice is likelier."""
    some = st.lists(st.one_of(*(SCENES[scene] for scene in scenes)), max_size=10)
    return st.tuples(some, some).map(
        lambda parts: [each for part in parts for each in chain(*part)]
    )


def results() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which results come early, late, twice and from the wrong worker."""
    return conversations("give", "answer", "poll", "answer", "give", "submit", "register")


def cancellations() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which the client changes its mind as well."""
    return conversations("give", "answer", "poll", "cancel")


def heartbeats() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which the workers tell which tasks they have."""
    return conversations("give", "answer", "poll", "heartbeat")


def repetitions() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which answers to results are lost, so that they come again."""
    return conversations("give", "repeat", "poll", "repeat", "answer")


def abandonments() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which polls are cut off, before a task comes and after."""
    return conversations("give", "abandon", "poll", "hang up", "answer")


def sockets() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which workers have WebSockets, new ones, and none any more."""
    return conversations("give", "connect", "cancel", "connect", "say", "unplug", "answer")


def restarts() -> st.SearchStrategy[list[model.Step]]:
    """Return conversations in which the orchestrator is restarted with what it has stored."""
    return conversations("interrupted", "give", "answer", "submit", "restart", "poll", "cancel")
