"""ELO-TASK: which tasks a node does, and how it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.elo.scenarios_tasks import (
    PAYLOADS,
    WRONG_MEMBERS,
    asked_back,
    handler_raises,
    handler_returns_no_json,
    handler_returns_nothing,
    no_handler,
    odd_tasks,
    refused_tasks,
    repeated_tasks,
    side_by_side,
    tasks_are_done,
)
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must
from conformance.elo.wire import messages
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

# What is refused and why, and the twin that is done.
NO_CAPABILITY = {"an unknown capability": ("NO_CAPABILITY", "a known capability")}
EXPIRED = {"long over": ("EXPIRED", "not over"), "over": ("EXPIRED", "not over")}
WRONG_TARGET = {
    "for another": ("WRONG_TARGET", "for itself"),
    "for another prefix": ("WRONG_TARGET", "for its prefix"),
}


def result_of(seen: Seen, about: str) -> Message:
    """Return the result of the task that was noted so; its absence breaks the requirement."""
    note = seen.noted(about)
    for result in messages(seen, kind="result"):
        if result.body.get("id") == note.data["id"]:
            return result
    raise Broken(f"no result came ({about})", note)


def must_be_done(seen: Seen, about: str) -> Message:
    """Demand that a task was done, and return its result."""
    result = result_of(seen, about)
    must(result.body.get("status") == "success", f"the task was not done ({about})", result)
    return result


def must_be_refused(seen: Seen, about: str, *, twin: str) -> None:
    """Demand that a task was not done, whereas its twin was; no answer at all refuses it too."""
    must_be_done(seen, twin)
    note = seen.noted(about)
    for result in messages(seen, kind="result"):
        if result.body.get("id") == note.data["id"]:
            must(result.body.get("status") != "success", f"the task was done ({about})", result)


def same(one_value: Any, other: Any) -> bool:
    """Whether two values are the same JSON, numbers and truth values kept apart."""
    return json.dumps(one_value, sort_keys=True) == json.dumps(other, sort_keys=True)


@check("ELO-TASK-01", tasks_are_done)
def test_a_task_has_one_result_with_its_id(seen: Seen) -> None:
    result = result_of(seen, "an echo")
    must(result.event.tag == "echo", "the result came on another connection", result)
    ids = [each.body.get("id") for each in messages(seen, "echo", kind="result")]
    must(ids.count(result.body["id"]) == 1, "the result came more than once", result)


@check("ELO-TASK-02", tasks_are_done)
def test_a_result_has_what_the_handler_returned(seen: Seen) -> None:
    result = must_be_done(seen, "an echo")
    must(result.body.get("protocol") == "elo.v1", "`protocol` is not elo.v1", result)
    must(same(result.at("payload", "echo"), {"a": [1]}), "`payload` is not the echo", result)


@check("ELO-TASK-03", handler_raises)
def test_a_failing_handler_is_an_error_with_its_words(seen: Seen) -> None:
    result = result_of(seen, "a failure")
    must(result.body.get("status") == "error", "`status` is not error", result)
    must(result.at("error", "code") == "INTERNAL", "`error.code` is not INTERNAL", result)
    must("assay says no" in str(result.at("error", "message")), "its words are lost", result)
    must_be_done(seen, "after a failure")


@check("ELO-TASK-04", no_handler)
def test_without_a_handler_tasks_succeed_with_a_message(seen: Seen) -> None:
    result = must_be_done(seen, "no handler")
    told = same(result.body.get("payload"), {"message": "no handler registered"})
    must(told, "`payload` does not say that there is no handler", result)


@check("ELO-TASK-05", handler_returns_nothing)
def test_null_is_left_out_of_a_result(seen: Seen) -> None:
    result = must_be_done(seen, "nothing")
    must("payload" not in result.body, "`payload` is there", result)


@check("ELO-TASK-06", handler_returns_no_json)
def test_what_is_no_json_is_an_error(seen: Seen) -> None:
    result = result_of(seen, "no JSON")
    must(result.at("error", "code") == "INTERNAL", "`error.code` is not INTERNAL", result)
    must_be_done(seen, "after no JSON")


@check("ELO-TASK-07", tasks_are_done, cases=tuple(PAYLOADS))
def test_a_payload_arrives_as_it_was_sent(seen: Seen, case: str) -> None:
    result = must_be_done(seen, f"payload: {case}")
    payload = result.body.get("payload")
    must(isinstance(payload, dict) and "echo" in payload, "there is no echo", result)
    must(same(result.at("payload", "echo"), PAYLOADS[case]), "the payload has changed", result)


@check("ELO-TASK-08", odd_tasks)
def test_a_task_without_members_is_answered(seen: Seen) -> None:
    result = one(seen, "bare", "result")
    must(result.body.get("id") == "", f"`id` is {result.body.get('id')!r}", result)
    must_be_done(seen, "after a bare task")


@check("ELO-TASK-09", refused_tasks, cases=tuple(WRONG_TARGET))
def test_a_task_for_another_is_not_done(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin=WRONG_TARGET[case][1])


@check("ELO-TASK-10", refused_tasks)
def test_a_task_that_nobody_offered_to_do_is_not_done(seen: Seen) -> None:
    must_be_refused(seen, "an unknown capability", twin="a known capability")


@check("ELO-TASK-11", refused_tasks, cases=tuple(EXPIRED))
def test_a_task_whose_life_is_over_is_not_done(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="not over")


@check("ELO-TASK-12", repeated_tasks)
def test_a_repeated_task_is_done_once(seen: Seen) -> None:
    capability = seen.noted("repeated").data["capability"]
    tasks = messages(seen, "who counts", kind="task")
    done = [each for each in tasks if each.body.get("capability") == capability]
    must(done, "the task was not done at all", *messages(seen, "repeated"))
    must(not done[1:], f"the task was done {len(done)} times", *done)


@check("ELO-TASK-13", side_by_side)
def test_results_come_in_the_order_of_the_tasks(seen: Seen) -> None:
    ids = seen.noted("in order").data["ids"]
    results = list(messages(seen, "slow and fast", kind="result"))
    must([each.body.get("id") for each in results] == ids, "the order is another", *results)


@check("ELO-TASK-14", side_by_side)
def test_a_slow_task_delays_nobody_else(seen: Seen) -> None:
    slow = seen.noted("in order").data["ids"][0]
    meanwhile = must_be_done(seen, "meanwhile")
    for result in messages(seen, "slow and fast", kind="result"):
        if result.body.get("id") == slow:
            late = meanwhile.event.number > result.event.number
            must(not late, "it had to wait for the slow task", result, meanwhile)


@check("ELO-TASK-15", asked_back)
def test_a_task_does_not_stop_the_node_from_reading(seen: Seen) -> None:
    result = must_be_done(seen, "asked back")
    came = result.at("payload", "status") == "success"
    must(came, "the answer to the node's own task was not heard", result)


@check("ELO-TASK-22", tasks_are_done)
def test_a_task_after_a_bye_is_done(seen: Seen) -> None:
    must_be_done(seen, "after a bye")


@check("ELO-TASK-24", refused_tasks, cases=(*WRONG_TARGET, *NO_CAPABILITY, *EXPIRED))
def test_a_refusal_says_why(seen: Seen, case: str) -> None:
    result = result_of(seen, case)
    if result.body.get("status") == "success":
        raise NotObserved("the task was done (ELO-TASK-09, ELO-TASK-10, ELO-TASK-11)")
    wanted = {**WRONG_TARGET, **NO_CAPABILITY, **EXPIRED}[case][0]
    must(result.at("error", "code") == wanted, f"`error.code` is not {wanted}", result)


@check("ELO-TASK-24", repeated_tasks, cases=("repeated",))
def test_a_repetition_is_called_so(seen: Seen, case: str) -> None:
    results = list(messages(seen, case, kind="result"))
    if all(result.body.get("status") == "success" for result in results):
        raise NotObserved("the task was done again (ELO-TASK-12)")
    codes = [result.at("error", "code") for result in results]
    must("DUPLICATE" in codes, "no `error.code` is DUPLICATE", *results)


@check("ELO-TASK-25", odd_tasks, cases=tuple(WRONG_MEMBERS))
def test_a_task_of_wrong_types_is_answered(seen: Seen, case: str) -> None:
    result_of(seen, case)
    must_be_done(seen, "after wrong members")
