"""Any conversation of two neurons and a planner, compared with a model of the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken
from conformance.neuron import gateway_model as model
from conformance.neuron.scenarios_gateway_model import CAME, OVER, PLAYED, converse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

STRATEGIES = "conformance.neuron.strategies_gateway"


@property_check(
    "NEURON-GW-RES-01", for_all=f"{STRATEGIES}:departures", played_by=converse, examples=16
)
def test_no_conversation_brings_a_task_again_that_is_done(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "NEURON-GW-RES-01")


@property_check(
    "NEURON-GW-LEASE-03", for_all=f"{STRATEGIES}:crowds", played_by=converse, examples=12
)
def test_no_conversation_exceeds_the_concurrency(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "NEURON-GW-LEASE-03")


@property_check(
    "NEURON-GW-RES-09", for_all=f"{STRATEGIES}:second_thoughts", played_by=converse, examples=12
)
def test_no_conversation_gives_a_task_two_outcomes(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "NEURON-GW-RES-09")


def surprised_only_by_others(seen: Seen, requirement: str) -> None:
    """Demand that the conversation did not surprise the model in what one requirement says."""
    # The first surprise ends the conversation, whoever's it is.
    for surprise, note in surprises(seen):
        if surprise.requirement == requirement:
            raise Broken(surprise.sentence, note)
        return


def surprises(seen: Seen) -> Iterator[tuple[model.Surprise, Event]]:
    """Go through a conversation as it was played, and yield what the model did not expect."""
    world = model.World()
    for note in seen.matching(lambda event: event.tag in {PLAYED, CAME, OVER}):
        surprise: model.Surprise | None = None
        if note.tag == PLAYED:
            surprise = model.owed_surprise(world)
            kind, step, came = model.STEPS[note.data["step"]["do"]], *said(note)
            surprise = surprise or kind.surprise(world, step, came)
            kind.learn(world, step, came)
        elif note.tag == CAME:
            lease = model.Lease(**note.data)
            surprise = model.lease_surprise(world, lease)
            if surprise is None:
                model.learn_lease(world, lease)
        else:
            states = note.data["states"]
            surprise = model.owed_surprise(world) or model.end_surprise(world, states)
        if surprise is not None:
            yield surprise, note


def said(note: Event) -> tuple[model.Step, model.Came]:
    """Return a step and what came of it."""
    return note.data["step"], note.data["came"]
