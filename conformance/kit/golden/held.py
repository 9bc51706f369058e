"""Scenarios and checks that hold a library to golden vectors: one check a requirement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.kit.golden import vectors
from conformance.kit.judging.suite import Scenario, check, scenario
from conformance.kit.targets.driver import CANNOT, METHOD_NOT_FOUND, DriverRefused
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.golden.groups import Groups
    from conformance.kit.golden.vectors import Case
    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage

BOUND = 30.0  # seconds: a few hundred calls of a slow interpreter


async def ask(stage: Stage, tag: str, method: str, **params: Any) -> Any:
    """Call a function, note what it said, and return that; an error of the driver is said too."""
    try:
        said = await stage.instance.call(method, **params)
    except DriverRefused as refusal:
        if refusal.code in {METHOD_NOT_FOUND, CANNOT}:
            raise NotObserved(str(refusal)) from refusal
        said = {"error": refusal.message}
    stage.note(tag, method=method, params=params, said=said)
    return said


def conversations(groups: Groups, *, module: str) -> Mapping[str, Scenario]:
    """Return a scenario an area, which asks every case of it; ``module`` is where they stand."""
    return {area: _asking(cases, area, module) for area, cases in groups.areas.items()}


def _asking(cases: tuple[Case, ...], area: str, module: str) -> Scenario:
    async def play(stage: Stage) -> None:
        for case in cases:
            await ask(stage, case.id, case.method, **case.input)

    play.__name__ = area
    play.__module__ = module
    return scenario(bound=BOUND)(play)


def checks(
    groups: Groups, asked: Mapping[str, Scenario], *, module: str
) -> dict[str, Callable[[Seen, str], None]]:
    """Return the checks of all requirements that vectors judge, by name, as a module's own."""
    found = [_check(groups, asked, requirement, module) for requirement in groups.rows()]
    return {each.__name__: each for each in found}


def _check(
    groups: Groups, asked: Mapping[str, Scenario], requirement: str, module: str
) -> Callable[[Seen, str], None]:
    def test(seen: Seen, group: str) -> None:
        vectors_hold(seen, groups, requirement, group)

    test.__name__ = f"test_vectors_of_{re.sub('[^a-z0-9]', '_', requirement.lower())}"
    test.__qualname__, test.__module__ = test.__name__, module
    scenarios = (asked[area] for area in groups.areas_of(requirement))
    return check(requirement, *scenarios, cases=groups.flags(requirement))(test)


def vectors_hold(seen: Seen, groups: Groups, requirement: str, group: str) -> None:
    """Demand the outcome of every case of a group, as far as the requirement looks at it."""
    members = groups.members(requirement)
    for case in groups.cases(requirement, group):
        note = seen.noted(case.id)
        expected = case.at(seen.fact("revision", "")).expected
        wanted = {name: each for name, each in expected.items() if not members or name in members}
        said = note.data["said"]
        if member := vectors.difference(wanted, said):
            raise Broken(f"{case.id}: {case.comment}: {_difference(member, wanted, said)}", note)


def _difference(member: str, wanted: Mapping[str, Any], said: Any) -> str:
    """Say in words what differs."""
    if not isinstance(said, dict) or member not in said:
        # Not the words of a refusal: they change with every version, and the note has them.
        got = vectors.outcome(said) if isinstance(said, dict) else said
        return f"expected {dict(wanted)!r}, got {got!r}"
    return f"`{member}` is {said[member]!r}, not {wanted[member]!r}"
