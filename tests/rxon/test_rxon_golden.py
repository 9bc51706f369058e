"""What of an outcome each kind of requirement of the library is about."""

from __future__ import annotations

import pytest

from conformance.rxon.golden import GOLDEN


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
    looked_at = set(GOLDEN.members(requirement))
    assert members <= looked_at
    assert not {"serialized", "canonical", "restored"} & looked_at - members
