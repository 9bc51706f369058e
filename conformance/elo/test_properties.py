"""Frames, signatures and payloads, tried with whatever hypothesis thinks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.scenarios_properties import (
    GOOD,
    STREAM,
    TAMPERED,
    cut_and_glue,
    echo,
    respell,
)
from conformance.elo.test_greeting import must
from conformance.elo.test_signatures import spelling_counts
from conformance.elo.test_tasks import must_be_done, same
from conformance.elo.wire import messages
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRATEGIES = "conformance.elo.strategies"


@property_check(
    "ELO-FRAME-04", for_all=f"{STRATEGIES}:streams", played_by=cut_and_glue, examples=25
)
def test_no_cut_changes_what_is_read(seen: Seen, example: dict[str, Any]) -> None:
    note = seen.noted(STREAM)
    results = list(messages(seen, STREAM, kind="result"))
    if [each.body.get("id") for each in results] != note.data["ids"]:
        raise Broken("the results are not those of the tasks, in order", note)
    for result, (number, _) in zip(results, example["tasks"], strict=True):
        must(same(result.at("payload", "echo"), number), "another payload was read", result)


@property_check("ELO-SIG-07", for_all=f"{STRATEGIES}:respelled", played_by=respell, examples=30)
def test_every_value_can_be_signed_and_spelled(seen: Seen, *_example: object) -> None:
    spelling_counts(seen, GOOD, TAMPERED)


@property_check("ELO-TASK-07", for_all=f"{STRATEGIES}:any_payload", played_by=echo, examples=30)
def test_every_payload_arrives_as_it_was_sent(seen: Seen, example: object) -> None:
    result = must_be_done(seen, GOOD)
    payload = result.body.get("payload")
    must(isinstance(payload, dict) and "echo" in payload, "there is no echo", result)
    must(same(result.at("payload", "echo"), example), "the payload has changed", result)
