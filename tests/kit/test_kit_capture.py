from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.cli.list_ import checks_of
from conformance.kit import protocols, schemas, transcript
from conformance.kit.reporting import capture, results
from conformance.kit.reporting.results import Results
from conformance.kit.running.run import Run
from conformance.kit.targets.target import reference
from conformance.kit.targets.wish import Wish

if TYPE_CHECKING:
    from pathlib import Path

SIDES = [  # whose suites hold something to judge
    (name, role.name)
    for name in protocols.names()
    for role in protocols.get(name).roles
    if role.kind == "server"
    and any(role.name in row.roles for row in protocols.requirements_of(name).values())
]


@pytest.mark.parametrize(("protocol", "role"), SIDES)
def test_the_capture_of_a_run_over_the_reference_is_judged_as_the_run_was(
    tmp_path: Path, protocol: str, role: str
) -> None:
    rows = protocols.requirements_of(protocol)
    checks = [each for each in checks_of(protocol) if role in rows[each.requirement].roles]
    properties = [each for each in checks if each.for_all]
    checks = [each for each in checks if not each.for_all] + properties[:1]
    run = Run(Wish(text=reference(protocol, role), protocol=protocol, role=role))
    try:
        run.open()
        run.begin(checks)
        found = Results(run)
        for check in checks:
            for item, case in check.item_ids():
                found.add(check, item, case, run.outcome(check, case), 0.0)
    finally:
        run.close()
    results.write(found, tmp_path, transcripts="all")
    with (tmp_path / "transcript.jsonl").open(encoding="utf-8") as stream:
        header, events = transcript.load(stream)
    live = {result.item: result.outcome.verdict for result in found.results}
    again = {item: outcome.verdict for item, _, outcome in capture.verdicts(header, events, checks)}
    assert again == live
    assert schemas.problems("report", "", results.document(found)) == []
