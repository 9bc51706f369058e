"""Golden vectors as what checks of the library judge."""

from __future__ import annotations

import pytest

from conformance.kit import protocols
from conformance.kit.golden.vectors import Result
from conformance.kit.requirements import LIBRARY
from conformance.kit.verdict import Level
from conformance.rxon import golden

ROWS = protocols.requirements_of("rxon")


@pytest.mark.parametrize("requirement", [r.id for r in ROWS.values() if LIBRARY in r.roles])
def test_every_requirement_of_the_library_is_judged_by_vectors(requirement: str) -> None:
    assert requirement in golden.rows()
    assert all(golden.cases(requirement, group) for group in golden.flags(requirement))


@pytest.mark.parametrize("requirement", golden.rows())
def test_what_the_text_leaves_open_binds_only_where_the_requirement_may(requirement: str) -> None:
    found = [
        case for group in golden.flags(requirement) for case in golden.cases(requirement, group)
    ]
    assert all(requirement in case.requirements for case in found)
    if ROWS[requirement].level is not Level.MAY:
        assert Result.ACCEPTABLE not in {case.result for case in found}


def test_a_case_is_judged_once_whatever_its_flags() -> None:
    ids = [
        case.id
        for group in golden.flags("RXON-SIG-01")
        for case in golden.cases("RXON-SIG-01", group)
    ]
    assert len(ids) == len(set(ids)) > 10


@pytest.mark.parametrize(
    ("requirement", "members"),
    [
        ("RXON-SIG-04", {"canonical", "signature"}),
        ("RXON-SER-02", {"serialized"}),
        ("RXON-SER-06", {"restored"}),
        ("RXON-MAT-01", set()),
    ],
)
def test_a_requirement_looks_at_its_own_members(requirement: str, members: set[str]) -> None:
    looked_at = set(golden.looked_at(requirement))
    assert members <= looked_at
    assert not {"serialized", "canonical", "restored"} & looked_at - members
