"""ELO-TASK: tasks that a node sends, and what it makes of the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.elo.scenarios_errands import (
    FAILURES,
    FORGERIES,
    LIFE,
    ODD_ERRORS,
    PAYLOAD,
    RIGHT,
    a_task_goes_out,
    failures,
    forged_results,
    odd_errors,
    results_in_any_order,
    results_of_others,
    too_large_a_task,
)
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must
from conformance.elo.test_tasks import same
from conformance.elo.wire import messages
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CLOCKS = 5.0  # seconds that two clocks may differ by, and a slow machine may take


def the_task(seen: Seen) -> Message:
    """Return the task that the target sent."""
    return one(seen, "who does it", "task")


def came_of_it(seen: Seen, about: str, payload: object) -> None:
    """Demand that the target took one payload for what came of its task."""
    note = seen.noted(about)
    if note.data["status"] != "success" or note.data["payload"] != payload:
        raise Broken(f"what came of it is {note.data['payload']!r}, not {payload!r}", note)


@check("ELO-TASK-16", a_task_goes_out)
def test_a_task_that_goes_out_is_whole(seen: Seen) -> None:
    task, asked = the_task(seen), seen.noted("who is asked").data
    wanted = {
        "type": "task",
        "target": asked["node_id"],
        "capability": asked["capability"],
        "payload": PAYLOAD,
        "protocol": "elo.v1",
    }
    for name, value in wanted.items():
        must(same(task.body.get(name), value), f"`{name}` is {task.body.get(name)!r}", task)
    must(UUID4.fullmatch(str(task.body.get("id"))), "`id` is no UUID of version 4", task)
    for name, kind in {"caller": str, "signature": str, "timestamp": int, "ttl_s": int}.items():
        must(isinstance(task.body.get(name), kind), f"`{name}` is no {kind.__name__}", task)
    apart = abs(task.body["timestamp"] - asked["now"])
    must(apart <= CLOCKS, f"`timestamp` is {apart:.0f} s away", task)


@check("ELO-TASK-17", a_task_goes_out)
def test_a_task_lives_as_long_as_its_caller_says(seen: Seen) -> None:
    task = the_task(seen)
    must(task.body.get("ttl_s") == LIFE, f"`ttl_s` is {task.body.get('ttl_s')}", task)


@check("ELO-TASK-18", results_in_any_order)
def test_results_belong_to_their_tasks_and_the_first_counts(seen: Seen) -> None:
    for number in (0, 1):
        came_of_it(seen, f"errand {number}", f"result {number}")


@check("ELO-TASK-19", results_of_others)
def test_only_who_has_the_task_can_end_it(seen: Seen) -> None:
    came_of_it(seen, "an errand", RIGHT)


@check("ELO-TASK-20", failures, cases=tuple(FAILURES))
def test_what_is_no_success_is_an_error(seen: Seen, case: str) -> None:
    note, (_, code, words) = seen.noted(case), FAILURES[case]
    told = (note.data["status"], note.data["code"], note.data["message"] or "")
    if told != ("error", code, words):
        raise Broken(f"status, code and message are {told}, not {('error', code, words)}", note)


@check("ELO-TASK-21", odd_errors, cases=tuple(ODD_ERRORS))
def test_an_error_of_another_type_ends_the_task(seen: Seen, case: str) -> None:
    note = seen.noted(case)
    if note.data["status"] != "error" or note.data["code"] == "TIMEOUT":
        raise Broken("the task did not end as an error", note)


@check("ELO-TASK-23", too_large_a_task)
def test_a_task_that_no_frame_can_carry_fails_and_ends_nothing(seen: Seen) -> None:
    for task in messages(seen, "who is asked too much", kind="task"):
        if task.body.get("capability") == "assay-large":
            raise NotObserved("the target writes no spaces, so that the task fits into a frame")
    note = seen.noted("too large")
    if note.data["status"] != "error":
        raise Broken("the task did not fail", note)
    came_of_it(seen, "after too large", RIGHT)


@check("ELO-SIG-03", a_task_goes_out)
def test_a_task_that_goes_out_is_signed_by_its_caller(seen: Seen) -> None:
    task, ack = the_task(seen), one(seen, "who does it", "hello_ack")
    caller = task.body.get("caller")
    must(caller == ack.body.get("node_id"), "`caller` is not the node's id", task)
    signed = verdict(task.body, caller) is Verdict.SIGNED
    must(signed, "the signature is not that of the caller", task)


@check("ELO-SIG-11", forged_results, cases=tuple(FORGERIES))
def test_a_forged_result_is_not_believed(seen: Seen, case: str) -> None:
    came_of_it(seen, case, RIGHT)


@check("ELO-SIG-23", forged_results)
def test_an_unsigned_success_is_not_believed(seen: Seen) -> None:
    came_of_it(seen, "no signature", RIGHT)
