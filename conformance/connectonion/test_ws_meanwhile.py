"""CO-WS: what may not disturb a run that is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempted, must
from conformance.connectonion.scenarios_ws_frames import NO_JSON, NO_OBJECT
from conformance.connectonion.scenarios_ws_meanwhile import (
    AGAIN,
    FIRST,
    ORDERS,
    SECOND,
    odd_frames_during_runs,
    order_during_a_run,
    second_prompt,
)
from conformance.connectonion.talk import frames
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("CO-WS-08", second_prompt)
def test_a_prompt_during_a_run_is_never_run(seen: Seen) -> None:
    attempted(seen, FIRST).must_be("OUTPUT")
    again = attempted(seen, AGAIN).sent.number
    outputs = [each for each in frames(seen, "two prompts", "OUTPUT") if each.event.number < again]
    others = [each for each in outputs if SECOND in str(each.body.get("result"))]
    must(not others, "the second prompt was run", *others)
    record = seen.answer(SECOND)
    record.must(not record.ok, "the second prompt has a record")


@check("CO-WS-42", second_prompt)
def test_a_prompt_during_a_run_is_answered_by_an_error(seen: Seen) -> None:
    run = attempted(seen, FIRST)
    errors = [frame for frame in run.between if frame.type == "ERROR"]
    must(len(errors) == 1, f"{len(errors)} ERRORs came for the second prompt", run.came, *errors)


@check("CO-WS-43", second_prompt)
def test_a_prompt_that_came_during_a_run_can_be_sent_again(seen: Seen) -> None:
    attempted(seen, AGAIN).must_be("OUTPUT")


@check("CO-WS-18", odd_frames_during_runs, cases=tuple(NO_OBJECT))
def test_json_that_is_no_object_does_not_cost_the_output(seen: Seen, case: str) -> None:
    attempted(seen, f"during: {case}").must_be("OUTPUT")


@check("CO-WS-46", odd_frames_during_runs, cases=tuple(NO_JSON))
def test_a_text_that_is_no_json_does_not_cost_the_output(seen: Seen, case: str) -> None:
    attempted(seen, f"during: {case}").must_be("OUTPUT")


@check("CO-WS-47", order_during_a_run)
def test_an_order_during_a_run_is_not_carried_out(seen: Seen) -> None:
    attempted(seen, ORDERS).must_be("OUTPUT")
    level = attempted(seen, f"{ORDERS}: level").must_be("ADMIN_RESULT")
    must(level.body.get("level") == "stranger", "the order was carried out", level)
