"""What every suite owes its readers, whatever the protocol."""

from __future__ import annotations

import json

import pytest

from conformance.cli.list_ import checks_of
from conformance.kit import data, protocols
from conformance.kit.proof import mutation

PROTOCOLS = protocols.names()


def in_vectors(protocol: str) -> set[str]:
    files = (data.root("vectors") / protocol).glob("*.json")
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return {id for each in documents for case in each["cases"] for id in case["requirements"]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_requirement_is_checked_or_excluded_with_a_reason(protocol: str) -> None:
    checked = {check.requirement for check in checks_of(protocol)} | in_vectors(protocol)
    open_rows = [
        row.id
        for row in protocols.requirements_of(protocol).values()
        if row.id not in checked and not row.excluded.strip()
    ]
    assert open_rows == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_requirement_is_both_checked_and_excluded(protocol: str) -> None:
    checked = {check.requirement for check in checks_of(protocol)}
    rows = protocols.requirements_of(protocol)
    assert [id for id in checked if rows[id].excluded] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_checked_requirement_has_a_mutant(protocol: str) -> None:
    checked = {check.requirement for check in checks_of(protocol)}
    proven = {mutant.requirement for mutant in mutation.of(protocol).values()}
    assert checked - proven == set()
