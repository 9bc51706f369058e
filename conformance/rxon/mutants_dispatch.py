"""What breaks each requirement of RXON-DSP and RXON-JOB."""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant

DISPATCH = "reference.rxon.dispatch"
MATCHING = "reference.rxon.matching"

of_the_orchestrator = partial(mutant, role="orc")


def never_minds(_test: Callable[..., str | None]) -> Callable[..., str | None]:
    """Find nothing wrong."""
    return lambda _candidate, _demand: None


def wants_objects(_loaded: Callable[..., Any]) -> Callable[..., frozenset[str]]:
    """Read hot skills as objects only."""

    def names(record: Mapping[str, Any]) -> frozenset[str]:
        return frozenset(skill["name"] for skill in record.get("hot_skills") or ())

    return names


def forgets_metadata(payload: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Leave the job's metadata out of its task."""
    return lambda job, task: {
        name: value for name, value in payload(job, task).items() if name != "metadata"
    }


MUTANTS: tuple[Mutant, ...] = (
    of_the_orchestrator(
        "RXON-DSP-01",
        "gives a task to a worker without the resources",
        f"{DISPATCH}:TESTS[resources]",
        never_minds,
    ),
    of_the_orchestrator(
        "RXON-DSP-01",
        "wants more than the required number",
        f"{MATCHING}:RULES[number]",
        lambda row: {**row, "number": operator.gt},
        suffix="-more",
    ),
    of_the_orchestrator(
        "RXON-DSP-01",
        "compares device models letter by letter",
        f"{MATCHING}:names_part_of",
        lambda _: operator.eq,
        suffix="-model",
    ),
    of_the_orchestrator(
        "RXON-DSP-01",
        "wants all of a list instead of any",
        f"{MATCHING}:RULES[list]",
        lambda row: {**row, "list": lambda have, required: set(required) <= set(have)},
        suffix="-all",
    ),
    of_the_orchestrator(
        "RXON-DSP-02",
        "gives a task to a worker with another version of the skill",
        f"{DISPATCH}:SKILL_TESTS[contract]",
        never_minds,
    ),
    of_the_orchestrator(
        "RXON-DSP-03",
        "gives a task to a worker that cannot take its params",
        f"{DISPATCH}:SKILL_TESTS[params]",
        never_minds,
    ),
    of_the_orchestrator(
        "RXON-DSP-04",
        "pays more than the max_cost",
        f"{DISPATCH}:TESTS[cost]",
        never_minds,
    ),
    of_the_orchestrator(
        "RXON-DSP-04",
        "prefers the dearest worker",
        f"{DISPATCH}:STRATEGIES[default]",
        lambda _: lambda _market, _skill, offered: reversed(list(offered)),
        suffix="-dearest",
    ),
    of_the_orchestrator(
        "RXON-DSP-05",
        "cannot read hot skills that are names",
        "reference.rxon.workers:loaded",
        wants_objects,
    ),
    of_the_orchestrator(
        "RXON-DSP-06",
        "forgets the metadata of the job",
        "reference.rxon.assignment:payload",
        forgets_metadata,
    ),
    of_the_orchestrator(
        "RXON-JOB-01",
        "shows a job to every client",
        "reference.rxon.clients:owns",
        lambda _: lambda _job, _owner: True,
    ),
)
