"""Any conversation of two workers and a client, compared with a model of the orchestrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken
from conformance.rxon import model
from conformance.rxon.scenarios_model import (
    MAX_RETRIES,
    PLAYED,
    converse,
    converse_through_restarts,
)
from conformance.rxon.scenarios_polling import LONG_POLLS

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRATEGIES = "conformance.rxon.strategies_messages"


@property_check("RXON-RES-06", for_all=f"{STRATEGIES}:results", played_by=converse, examples=40)
def test_no_conversation_lets_a_result_count_after_the_end(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "RXON-RES-06")


@property_check(
    "RXON-RES-15", for_all=f"{STRATEGIES}:cancellations", played_by=converse, examples=25
)
def test_no_conversation_revives_a_cancelled_job(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "RXON-RES-15")


@property_check("RXON-HB-07", for_all=f"{STRATEGIES}:heartbeats", played_by=converse, examples=25)
def test_no_conversation_calls_a_wanted_task_off(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "RXON-HB-07")


@property_check("RXON-RES-09", for_all=f"{STRATEGIES}:repetitions", played_by=converse, examples=12)
def test_no_conversation_counts_a_failure_twice_whose_answer_was_lost(
    seen: Seen, *_example: object
) -> None:
    surprised_only_by_others(seen, "RXON-RES-09")


@property_check(
    "RXON-POLL-08",
    for_all=f"{STRATEGIES}:abandonments",
    played_by=converse,
    examples=10,
    settings=LONG_POLLS,
)
def test_no_conversation_loses_a_task_to_an_abandoned_poll(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "RXON-POLL-08")


@property_check(
    "RXON-RES-01",
    for_all=f"{STRATEGIES}:restarts",
    played_by=converse_through_restarts,
    examples=6,
)
def test_no_restart_loses_a_task_or_a_job(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "RXON-RES-01")


@property_check("RXON-WS-06", for_all=f"{STRATEGIES}:sockets", played_by=converse, examples=12)
def test_no_conversation_leaves_a_cancelled_task_at_a_connected_worker(
    seen: Seen, *_example: object
) -> None:
    surprised_only_by_others(seen, "RXON-WS-06")


def surprised_only_by_others(seen: Seen, requirement: str) -> None:
    """Demand that the conversation did not surprise the model in what one requirement says."""
    world = model.World(seen.fact("max_retries", MAX_RETRIES))
    for note in seen.notes(PLAYED):
        step, came = note.data["step"], note.data["came"]
        kind = model.STEPS[step["do"]]
        surprise = kind.surprise(world, step, came)
        if surprise is not None and surprise.requirement == requirement:
            raise Broken(surprise.sentence, note)
        if surprise is not None and not surprise.bearable:  # it has ended the conversation
            return
        kind.learn(world, step, came)
