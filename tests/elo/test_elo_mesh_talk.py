"""The interpreter of the mesh's conversations, with the kit's own node in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.elo import mesh_model, test_mesh
from conformance.elo.scenarios_mesh import PLAYED
from conformance.kit.judging.suite import Check, check_of
from conformance.kit.running.run import Run
from conformance.kit.targets.target import reference
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.transcript import Event

CHECKS = [each for name in dir(test_mesh) if (each := check_of(getattr(test_mesh, name)))]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    run = Run(Wish(text=reference("elo", "node")))
    run.open()
    run.begin([])
    yield run
    run.close()


def conversations(events: list[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.scenario, [])
        if event.tag == PLAYED:
            found[event.scenario].append(event)
    return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.requirement)
def test_no_conversation_with_the_reference_surprises_the_model(run: Run, check: Check) -> None:
    before = len(run.events)
    outcome = run.outcome(replace(check, examples=12))
    assert outcome.verdict is Verdict.PASS
    assert outcome.subjects > 12
    played = conversations(run.events[before:])
    assert len(played) == 12
    for notes in played.values():
        world = mesh_model.World()
        for note in notes:
            step, came = note.data["step"], note.data["came"]
            kind = mesh_model.STEPS[step["do"]]
            assert kind.playable(world, step)
            assert kind.surprise(world, step, came) is None
            kind.learn(world, step, came)
