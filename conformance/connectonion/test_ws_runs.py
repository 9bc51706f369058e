"""CO-WS: what a host tells of a run, and what becomes of a run whose client has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import attempted, must
from conformance.connectonion.scenarios_ws_runs import (
    AFTER_EVENTS,
    AFTER_FAILURE,
    EVENTS,
    FAILURE,
    LEAVING,
    LONG,
    PROMPTS,
    SHORT,
    WAITING,
    WORDS,
    agent_fails,
    in_turn,
    left_alone,
    left_waiting,
    side_by_side,
    with_events,
)
from conformance.connectonion.talk import Frame, frames
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def told(seen: Seen, about: str) -> list[Frame]:
    """Return what a run told before its end, PINGs apart."""
    return [frame for frame in attempted(seen, about).between if frame.type != "PING"]


@check("CO-WS-04", in_turn)
def test_a_prompt_has_one_output_with_its_members(seen: Seen) -> None:
    outputs = [attempted(seen, prompt).must_be("OUTPUT") for prompt in PROMPTS]
    everything = list(frames(seen, "in turn", "OUTPUT", "ERROR"))
    must(len(everything) == len(outputs), "a prompt was answered more than once", *everything)
    for output in outputs:
        body = output.body
        must("result" in body, "there is no `result`", output)
        must(isinstance(body.get("session_id"), str), "`session_id` is no text", output)
        spent = body.get("duration_ms")
        whole = isinstance(spent, int) and not isinstance(spent, bool) and spent >= 0
        must(whole, f"`duration_ms` is no whole number of milliseconds: {spent!r}", output)
        known = "session" in body and isinstance(body["session"], dict | None)
        must(known, "`session` is neither an object nor null", output)


@check("CO-WS-05", with_events)
def test_events_come_before_the_output_and_nothing_after_it(seen: Seen) -> None:
    run = attempted(seen, EVENTS)
    output = run.must_be("OUTPUT")
    must(told(seen, EVENTS), "the run told nothing before its OUTPUT", output)
    after = attempted(seen, AFTER_EVENTS)
    late = [
        frame
        for frame in frames(seen, "events")
        if output.event.number < frame.event.number < after.sent.number and frame.type != "PING"
    ]
    must(not late, "something came after the OUTPUT", output, *late)


@check("CO-WS-06", with_events)
def test_events_have_a_type_an_id_and_a_time(seen: Seen) -> None:
    attempted(seen, EVENTS).must_be("OUTPUT")
    for frame in told(seen, EVENTS):
        must(isinstance(frame.type, str), "`type` is no text", frame)
        must(isinstance(frame.body.get("id"), str), "`id` is no text", frame)
        must(is_number(frame.body.get("ts")), "`ts` is no number", frame)
        if frame.type == "note":
            must(frame.body["id"] == "own-id", "the agent's own `id` is not kept", frame)
            must(frame.body["ts"] == 5, "the agent's own `ts` is not kept", frame)


@check("CO-WS-07", in_turn)
def test_prompts_on_one_connection_are_answered_in_order(seen: Seen) -> None:
    for prompt in PROMPTS:
        output = attempted(seen, prompt).must_be("OUTPUT")
        result = output.body.get("result")
        must(prompt in str(result), f"the result of “{prompt}” is {result!r}", output)


@check("CO-WS-15", agent_fails)
def test_a_failing_agent_is_an_error_with_its_words(seen: Seen) -> None:
    attempted(seen, FAILURE).must_be_error(WORDS)
    attempted(seen, AFTER_FAILURE).must_be("OUTPUT")


@check("CO-WS-22", left_alone, cases=LEAVING)
def test_a_run_goes_on_when_its_client_leaves(seen: Seen, case: str) -> None:
    record = seen.answer(f"the record: {case}")
    record.must_be(200)
    record.must_say(status="done", result="slept")


@check("CO-WS-23", left_waiting)
def test_an_agent_does_not_wait_for_who_has_left(seen: Seen) -> None:
    record = seen.answer(f"the record: {WAITING}")
    record.must_be(200)
    record.must_say(status="done")


@check("CO-WS-38", side_by_side, cases=SHORT)
def test_runs_on_other_connections_do_not_wait(seen: Seen, case: str) -> None:
    long, short = attempted(seen, LONG), attempted(seen, case)
    slow, fast = long.must_be("OUTPUT"), short.must_be("OUTPUT")
    must(fast.event.number < slow.event.number, "it had to wait for the long run", slow, fast)
