"""Golden vectors as what checks of a library judge, and the checks themselves."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from conformance.kit import protocols
from conformance.kit.golden.groups import Groups
from conformance.kit.golden.held import checks, conversations, vectors_hold
from conformance.kit.golden.vectors import Result
from conformance.kit.judging.seen import Seen
from conformance.kit.judging.suite import check_of
from conformance.kit.requirements import LIBRARY
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.verdict import Broken, Level

PROTOCOLS = ("rxon", "neuron")
GROUPS: dict[str, Groups] = {
    name: importlib.import_module(f"conformance.{name}.golden").GOLDEN for name in PROTOCOLS
}
JUDGED = [(protocol, row) for protocol, groups in GROUPS.items() for row in groups.rows()]
CASE, GROUP = "rxon-identifiers-0001", "identifiers Valid"


def seen(*said: tuple[str, Any]) -> Seen:
    transcript = Transcript(clock=lambda: 0.0)
    recorder = Recorder(transcript, "x")
    for tag, answer in said:
        recorder.note("note", tag=tag, data={"said": answer})
    return Seen(transcript.events, {"revision": ""})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_requirement_of_a_library_is_judged_by_vectors(protocol: str) -> None:
    rows = protocols.requirements_of(protocol).values()
    needed = [row.id for row in rows if LIBRARY in row.roles and not row.excluded]
    assert [id for id in needed if id not in GROUPS[protocol].rows()] == []


@pytest.mark.parametrize(("protocol", "requirement"), JUDGED)
def test_what_the_text_leaves_open_binds_only_where_the_requirement_may(
    protocol: str, requirement: str
) -> None:
    groups = GROUPS[protocol]
    found = [case for name in groups.flags(requirement) for case in groups.cases(requirement, name)]
    assert found
    assert len({case.id for case in found}) == len(found)
    assert all(requirement in case.requirements for case in found)
    if protocols.requirements_of(protocol)[requirement].level is not Level.MAY:
        assert Result.ACCEPTABLE not in {case.result for case in found}


def test_the_area_of_an_id_says_what_its_requirements_look_at() -> None:
    groups = Groups("rxon", {"RXON-SIG": ("signature",), "RXON-SIG-04": ("canonical",)})
    assert groups.members("RXON-SIG-01") == ("signature",)
    assert groups.members("RXON-SIG-04") == ("canonical",)
    assert groups.members("RXON-MAT-01") == ()


def test_a_case_with_its_outcome_holds() -> None:
    groups = GROUPS["rxon"]
    ids = [case.id for case in groups.cases("RXON-ID-01", GROUP)]
    vectors_hold(seen(*((id, {"valid": True}) for id in ids)), groups, "RXON-ID-01", GROUP)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"valid": False}, f"{CASE}: a .*: `valid` is False, not True"),
        ({"error": "no"}, r"expected \{'valid': True\}, got \{'error': 'no'\}"),
        (None, "got None"),
    ],
)
def test_a_case_without_its_outcome_breaks_the_requirement(said: Any, told: str) -> None:
    with pytest.raises(Broken, match=told):
        vectors_hold(seen((CASE, said)), GROUPS["rxon"], "RXON-ID-01", GROUP)


def test_members_that_a_requirement_does_not_look_at_do_not_break_it() -> None:
    groups = Groups("rxon", {"RXON-ID-01": ("colour",)})
    ids = [case.id for case in groups.cases("RXON-ID-01", GROUP)]
    vectors_hold(seen(*((id, {}) for id in ids)), groups, "RXON-ID-01", GROUP)


def test_each_requirement_has_a_check_that_stands_in_the_suite() -> None:
    groups = GROUPS["neuron"]
    asked = conversations(groups, module="conformance.neuron.scenarios_library")
    found = checks(groups, asked, module="conformance.neuron.test_library")
    assert len(found) == len(groups.rows())
    check = check_of(found["test_vectors_of_neuron_nrn_lib_01"])
    assert check is not None
    assert check.address == "neuron/test_library.py::test_vectors_of_neuron_nrn_lib_01"
    assert [each.name for each in check.scenarios] == ["library.capability_types"]
    assert "capability_types LineFeed" in check.cases
