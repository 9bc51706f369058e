"""ELO-MESH: whatever happens in a small mesh, compared with a model of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo import mesh_model
from conformance.elo.scenarios_mesh import PLAYED, converse
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRATEGIES = "conformance.elo.strategies_mesh"


@property_check("ELO-MESH-01", for_all=f"{STRATEGIES}:ways", played_by=converse, examples=50)
def test_a_task_reaches_who_can_do_it_whatever_has_happened(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-MESH-01")


@property_check("ELO-MESH-02", for_all=f"{STRATEGIES}:desertion", played_by=converse, examples=25)
def test_a_task_is_given_to_one_peer_once(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-MESH-02")


@property_check("ELO-MESH-03", for_all=f"{STRATEGIES}:rounds", played_by=converse, examples=25)
def test_no_loop_lets_a_question_go_on_for_ever(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-MESH-03")


@property_check("ELO-MESH-04", for_all=f"{STRATEGIES}:answers", played_by=converse, examples=35)
def test_an_answer_names_who_is_there_and_what_it_offers_now(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-MESH-04")


@property_check("ELO-ROUTE-27", for_all=f"{STRATEGIES}:answers", played_by=converse, examples=15)
def test_no_history_has_the_gone_told_of(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-ROUTE-27")


@property_check("ELO-LIFE-08", for_all=f"{STRATEGIES}:answers", played_by=converse, examples=15)
def test_no_history_has_those_told_of_who_said_bye(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-LIFE-08")


@property_check("ELO-HELLO-16", for_all=f"{STRATEGIES}:names", played_by=converse, examples=15)
def test_no_history_sends_a_task_where_its_target_was(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "ELO-HELLO-16")


def surprised_only_by_others(seen: Seen, requirement: str) -> None:
    """Demand that the conversation did not surprise the model in what one requirement says."""
    world = mesh_model.World()
    for note in seen.notes(PLAYED):
        step, came = note.data["step"], note.data["came"]
        kind = mesh_model.STEPS[step["do"]]
        surprise = kind.surprise(world, step, came)
        if surprise is not None and surprise.requirement == requirement:
            raise Broken(surprise.sentence, note)
        if surprise is not None:  # it has ended the conversation
            return
        kind.learn(world, step, came)
