"""The functions that every role needs, held to the golden vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.kit.golden import vectors
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import golden
from conformance.rxon.scenarios_library import VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.golden.vectors import Case
    from conformance.kit.judging.seen import Seen


def vectors_hold(seen: Seen, requirement: str, group: str) -> None:
    """Demand the outcome of every case of a group, as far as the requirement looks at it."""
    for case in golden.cases(requirement, group):
        note = seen.noted(case.id)
        expected = expectation(case.at(seen.fact("revision", "")), requirement)
        said = note.data["said"]
        if member := vectors.difference(expected, said):
            raise Broken(f"{case.id}: {case.comment}: {difference(member, expected, said)}", note)


def expectation(case: Case, requirement: str) -> Mapping[str, Any]:
    """Return what of an outcome a requirement is about."""
    members = golden.looked_at(requirement)
    return {name: value for name, value in case.expected.items() if not members or name in members}


def difference(member: str, expected: Mapping[str, Any], said: Any) -> str:
    """Say in words what differs."""
    if not isinstance(said, dict) or member not in said:
        return f"expected {dict(expected)!r}, got {said!r}"
    return f"`{member}` is {said[member]!r}, not {expected[member]!r}"


def name_of(requirement: str) -> str:
    """Return the name of the check of a requirement."""
    return f"test_vectors_of_{re.sub('[^a-z0-9]', '_', requirement.lower())}"


def _held(requirement: str) -> Callable[[Seen, str], None]:
    def test(seen: Seen, group: str) -> None:
        vectors_hold(seen, requirement, group)

    test.__name__ = name_of(requirement)
    test.__qualname__ = test.__name__
    scenarios = (VECTORS[area] for area in golden.areas_of(requirement))
    return check(requirement, *scenarios, cases=golden.flags(requirement))(test)


# One check a requirement: the vectors say which requirement each case belongs to.
globals().update({name_of(each): _held(each) for each in golden.rows()})
