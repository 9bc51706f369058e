"""ELO-ROUTE: tasks that find somebody to do them, and tasks that do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.elo.paced import lasted
from conformance.elo.scenarios_discovery import FAR, NEAR, discovering, sent_and_not_waited_for
from conformance.elo.scenarios_relays import (
    answered_by_a_relay,
    gone_with_the_task,
    no_longer_offered,
    no_result,
    relayed_in_the_end,
    through_a_relay,
)
from conformance.elo.scenarios_routing import (
    DONE,
    KINDS,
    MALFORMED,
    RELAY,
    by_capability,
    by_name,
    nobody_else_is_there,
    nobody_knows,
    nowhere,
    told_a_dead_address,
    told_badly,
    told_of_itself,
    told_of_others,
    told_where,
)
from conformance.elo.test_errands import came_of_it
from conformance.elo.test_frames import must_have_begun, one
from conformance.elo.test_greeting import must
from conformance.elo.wire import messages, unpadded
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

QUERY_ID = re.compile(r"[0-9a-f]{8}")
EARLY = 0.2  # of a time: what comes so much earlier was not waited for
WAYS_OUT = ("a stranger", "a dead address")


def tasks(seen: Seen, tag: str, capability: str) -> list[Message]:
    """Return the tasks for a capability that came on a connection."""
    must_have_begun(seen, tag)
    found = messages(seen, tag, kind="task")
    return [each for each in found if each.body.get("capability") == capability]


def queries(seen: Seen, tag: str, capability: str) -> list[Message]:
    """Return the questions for a capability that came on connections."""
    found = messages(seen, tag, kind="query")
    return [each for each in found if each.body.get("capability") == capability]


def none_came(seen: Seen, tag: str, capability: str) -> None:
    """Demand that somebody was not given a task."""
    found = tasks(seen, tag, capability)
    must(not found, f"the task came to somebody else ({tag})", *found)


def failed_with(seen: Seen, about: str, code: str) -> None:
    """Demand that a task ended as an error with a code."""
    note = seen.noted(about)
    told = (note.data["status"], note.data["code"])
    if told != ("error", code):
        raise Broken(f"it ended as {told}, not {('error', code)}", note)


def not_early(seen: Seen, about: str, name: str) -> None:
    """Demand that something was waited for, as long as one of the target's times lasts.

    It is counted from when the target was asked: what a busy machine reads late is no evidence.
    """
    note, begun, due = seen.noted(about), seen.noted(f"begun: {about}"), lasted(seen, name)
    waited = note.time - begun.time
    if waited < due * (1 - EARLY):
        raise Broken(f"it was given up after {waited:.1f} s, not {due:g} s", begun, note)


@check("ELO-ROUTE-01", by_name)
def test_a_task_for_a_peer_goes_to_that_peer(seen: Seen) -> None:
    wanted = seen.noted("by name").data["capability"]
    if not tasks(seen, "who is named", wanted):
        raise Broken("the task did not come", seen.noted("a task by name"))
    for tag in ("a rival", "a tracker"):
        none_came(seen, tag, wanted)
        none_came(seen, tag, RELAY)


@check("ELO-ROUTE-02", by_capability, cases=KINDS)
def test_a_task_for_anybody_goes_to_who_offers_it(seen: Seen, case: str) -> None:
    found = tasks(seen, f"offers {case}", seen.noted(case).data["capability"])
    if not found:
        raise Broken("the task did not come", seen.noted(f"a task for {case}"))
    target = found[0].body.get("target")
    must(target == "", f"`target` is {target!r}", found[0])


@check("ELO-ROUTE-03", nobody_knows)
def test_for_what_nobody_offers_every_peer_is_asked(seen: Seen) -> None:
    note = seen.noted("nobody knows")
    for capability in note.data["capabilities"]:
        asked = [*queries(seen, "is asked", capability), *queries(seen, "who asks", capability)]
        if len({each.event.connection for each in asked}) != 3:
            raise Broken(f"{len(asked)} of 3 peers were asked", note)
        for query in asked:
            must(query.body.get("ttl") == 5, f"`ttl` is {query.body.get('ttl')!r}", query)


@check("ELO-ROUTE-04", nobody_knows)
def test_every_question_has_an_id_of_its_own(seen: Seen) -> None:
    by_capability: dict[str, set[Any]] = {}
    for query in messages(seen, "is asked", kind="query"):
        id = query.body.get("id")
        must(isinstance(id, str) and QUERY_ID.fullmatch(id), f"`id` is {id!r}", query)
        by_capability.setdefault(str(query.body.get("capability")), set()).add(id)
    note = seen.noted("nobody knows")
    first, second = (by_capability.get(each, set()) for each in note.data["capabilities"])
    if first & second:
        raise Broken("two questions have the same id", note)


@check("ELO-ROUTE-05", nobody_else_is_there)
def test_without_an_answer_there_is_nobody_after_a_while(seen: Seen) -> None:
    failed_with(seen, "a task for nobody", "NO_PEER")
    one(seen, "who asks", "query")
    not_early(seen, "a task for nobody", "query_within")


@check("ELO-ROUTE-06", told_where)
def test_who_is_named_far_away_is_dialled_and_given_the_task(seen: Seen) -> None:
    note = seen.noted("far away")
    if not list(messages(seen, "far away", kind="task")):
        raise Broken(f"no task came at {note.data['address']}", note)
    came_of_it(seen, "a task far away", DONE)


@check("ELO-ROUTE-07", relayed_in_the_end)
def test_what_no_question_finds_is_relayed(seen: Seen) -> None:
    one(seen, "a tracker in the end", "query")
    if not tasks(seen, "a tracker in the end", RELAY):
        raise Broken("the tracker was not asked to relay", seen.noted("relayed in the end"))


@check("ELO-ROUTE-08", through_a_relay)
def test_who_is_not_there_is_reached_through_a_relay_alone(seen: Seen) -> None:
    wanted = seen.noted("to be relayed").data["capability"]
    if not tasks(seen, "a tracker", RELAY):
        raise Broken("the tracker was not asked to relay", seen.noted("to be relayed"))
    for tag in ("a rival", "a tracker", "who asks"):
        none_came(seen, tag, wanted)


@check("ELO-ROUTE-09", through_a_relay)
def test_a_request_to_relay_tells_the_task_and_nothing_else(seen: Seen) -> None:
    wanted = dict(seen.noted("to be relayed").data)
    for task in tasks(seen, "a tracker", RELAY)[:1]:
        payload = task.body.get("payload")
        must(payload == wanted, f"the payload is {payload!r}, not {wanted!r}", task)


@check("ELO-ROUTE-10", nowhere, cases=WAYS_OUT)
def test_after_the_last_way_there_is_nobody(seen: Seen, case: str) -> None:
    failed_with(seen, case, "NO_PEER")


@check("ELO-ROUTE-11", no_result)
def test_a_result_is_waited_for_and_not_for_ever(seen: Seen) -> None:
    failed_with(seen, "without a result", "TIMEOUT")
    one(seen, "says nothing", "task")
    not_early(seen, "without a result", "result_within")


@check("ELO-ROUTE-12", gone_with_the_task)
def test_nobody_waits_for_who_has_gone(seen: Seen) -> None:
    note, task = seen.noted("gone with the task"), one(seen, "goes with it", "task")
    waited, due = note.time - task.event.time, lasted(seen, "result_within")
    if note.data["status"] != "error" or waited >= due * (1 - EARLY):
        raise Broken(f"the task ended as {note.data['status']} after {waited:.1f} s", note)


@check("ELO-ROUTE-24", discovering)
def test_asking_who_is_there_reaches_every_peer_and_finds_names_and_addresses(seen: Seen) -> None:
    node_id = unpadded(one(seen, "answers first", "hello_ack").body.get("node_id"))
    for tag in ("answers first", "answers later"):
        query = one(seen, tag, "query")
        wanted = {"capability": "", "ttl": 3, "origin": node_id}
        for name, value in wanted.items():
            must(query.body.get(name) == value, f"`{name}` is {query.body.get(name)!r}", query)
    note = seen.noted("found")
    for node in note.data["nodes"]:
        if not (isinstance(node.get("node_id"), str) and isinstance(node.get("addr"), str)):
            raise Broken(f"what was found is {node!r}", note)
    if NEAR not in found(seen):
        raise Broken("what the first answer named was not found", note)


def found(seen: Seen) -> set[Any]:
    """Return the names of what was found, as long as ids in answers are."""
    return {str(node.get("node_id"))[:12] for node in seen.noted("found").data["nodes"]}


@check("ELO-ROUTE-25", discovering)
def test_every_answer_in_time_counts(seen: Seen) -> None:
    one(seen, "answers later", "query")
    if FAR not in found(seen):
        raise Broken("what the second answer named was not found", seen.noted("found"))


@check("ELO-ROUTE-29", no_longer_offered, cases=("old", "gone"))
def test_what_is_offered_no_longer_attracts_no_task(seen: Seen, case: str) -> None:
    offers = seen.noted("offers").data
    if not tasks(seen, "changes its mind", offers["new"]):  # the twin
        raise Broken("what is offered now attracts no task", seen.noted("for the new"))
    none_came(seen, "changes its mind", offers["old"])
    if not queries(seen, "who is asked instead", offers[case]):
        raise Broken("the others were not asked for it", seen.noted(f"for the {case}"))


@check("ELO-ROUTE-30", sent_and_not_waited_for)
def test_what_is_not_waited_for_is_not_done_by_everybody(seen: Seen) -> None:
    note = seen.noted("not waited for")
    one(seen, "can do it", "task")  # the twin
    for capability in (note.data["nothing"], note.data["capability"]):
        none_came(seen, "cannot do it", capability)


@check("ELO-ROUTE-32", told_of_others)
def test_only_who_can_do_it_is_dialled(seen: Seen) -> None:
    note = seen.noted("dialled in vain")
    if note.data["times"]:
        raise Broken("somebody was dialled who cannot do it", note)
    came_of_it(seen, "a task after others", DONE)


@check("ELO-ROUTE-33", told_badly, cases=tuple(MALFORMED))
def test_a_malformed_answer_leaves_room_for_a_good_one(seen: Seen, case: str) -> None:
    must_have_begun(seen, f"knows {case}")
    came_of_it(seen, case, DONE)


@check("ELO-ROUTE-34", answered_by_a_relay)
def test_what_a_relay_answers_is_what_the_caller_is_told(seen: Seen) -> None:
    came_of_it(seen, "a good relay", DONE)
    failed_with(seen, "a refused relay", "ASSAY_CODE")


@check("ELO-ROUTE-36", told_a_dead_address)
def test_after_a_dead_address_comes_the_next(seen: Seen) -> None:
    came_of_it(seen, "after a dead address", DONE)


@check("ELO-ROUTE-38", told_of_itself)
def test_who_names_itself_is_given_the_task_where_it_answered(seen: Seen) -> None:
    one(seen, "names itself", "query")
    one(seen, "names itself", "task")
    came_of_it(seen, "by who names itself", DONE)
