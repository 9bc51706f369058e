"""ELO-TRK: a tracker tells who is there and passes work on; a node stays with its tracker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.elo.scenarios_tracker import (
    CODE,
    CROWD,
    DISCOVERY,
    DONE,
    INNER,
    RELAY,
    a_lost_tracker,
    a_worker_goes,
    another_visibility,
    behind_a_socket,
    crowded,
    discovery,
    who_is_there,
    work_is_answered_crosswise,
    work_is_passed_on,
)
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must, names_of
from conformance.elo.wire import FRAME, messages, told_of
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

AT_ONCE = 0.4  # seconds within which nobody should come back to who has just gone


def passed_on(seen: Seen, about: str = "passed on") -> Message | None:
    """Return the task that the worker got."""
    wanted = seen.noted(about).data["capability"]
    tasks = messages(seen, "the worker", kind="task")
    return next((each for each in tasks if each.body.get("capability") == wanted), None)


def the_one_passed_on(seen: Seen) -> Message:
    """Return it; where nothing is passed on there is nothing to judge."""
    found = passed_on(seen)
    if found is None:
        raise NotObserved("the task was not passed on (ELO-TRK-02)")
    return found


def result_of(seen: Seen, about: str, tag: str = "the caller") -> Message:
    """Return the result of a noted task."""
    note = seen.noted(about)
    for result in messages(seen, tag, kind="result"):
        if result.body.get("id") == note.data["id"]:
            return result
    raise Broken("no result came", note)


def holds(payload: Any, wanted: Any) -> bool:
    """Whether a payload is what is wanted, or has it as a member (sheet 10.3)."""
    members = payload.values() if isinstance(payload, dict) else ()
    return payload == wanted or wanted in list(members)


def error_of(result: Message) -> Any:
    """Return the error that a result tells, in its status or in its payload."""
    failed = result.body.get("status") == "error"
    told = result.body if failed else result.body.get("payload")
    has = isinstance(told, dict) and told.get("status") == "error"
    return (told.get("error") or {}) if has and isinstance(told, dict) else None


@check("ELO-TRK-01", who_is_there, cases=("anybody", "what nobody has", "what the tracker has"))
def test_a_query_is_answered_with_everybody_but_the_asker(seen: Seen, case: str) -> None:
    note, names = seen.noted(case), seen.noted("who is there").data
    responses = messages(seen, "the asker", kind="query_resp")
    for response in responses:
        if response.body.get("id") == note.data["id"]:
            missing = [who for who in ("able", "plain") if not told_of(response, names[who])]
            must(not missing, f"not everybody is named: {missing}", response)
            must(not told_of(response, names["asker"]), "the asker is named", response)
            return
    raise Broken("the query was not answered", note)


@check("ELO-TRK-02", work_is_passed_on)
def test_work_is_passed_on_and_its_result_comes_back(seen: Seen) -> None:
    if passed_on(seen) is None:
        raise Broken("the task was not passed on", seen.noted("passed on"))
    result = result_of(seen, "passed on")
    must(result.body.get("status") == "success", "it was not done", result)
    must(holds(result.body.get("payload"), DONE), "the result is not the worker's", result)


@check(
    "ELO-TRK-03",
    work_is_passed_on,
    cases=("capability and payload", "target", "a fresh id", "a signature of its caller"),
)
def test_what_is_passed_on_is_a_task_of_its_own(seen: Seen, case: str) -> None:
    note, task = seen.noted("passed on").data, the_one_passed_on(seen)
    body = task.body
    good = {
        "capability and payload": body.get("payload") == INNER,
        "target": body.get("target") == note["target"],
        "a fresh id": bool(body.get("id")) and body.get("id") != note["id"],
        "a signature of its caller": verdict(body, body.get("caller")) is Verdict.SIGNED,
    }
    must(good[case], f"the task that is passed on has not {case}", task)


@check("ELO-TRK-04", work_is_passed_on)
def test_work_for_nobody_is_answered_with_an_error(seen: Seen) -> None:
    the_one_passed_on(seen)
    result = result_of(seen, "to nobody")
    must(error_of(result) is not None, "an error is not told", result)


@check("ELO-TRK-05", work_is_passed_on)
def test_who_passes_work_on_says_so(seen: Seen) -> None:
    the_one_passed_on(seen)
    ack = one(seen, "the caller", "hello_ack")
    names = names_of(ack.body.get("caps"), "agents", "models", "tools")
    must(RELAY in names, f"`{RELAY}` is not among its capabilities", ack)


@check("ELO-TRK-06", behind_a_socket)
def test_who_cannot_be_dialled_is_given_work(seen: Seen) -> None:
    note = seen.noted("behind")
    if not list(messages(seen, "behind a socket", kind="task")):
        raise Broken("the task did not come", note)
    if note.data["payload"] != DONE:
        raise Broken("its result was not taken", note)


@check("ELO-TRK-07", who_is_there)
def test_a_newcomer_is_not_announced(seen: Seen) -> None:
    prefix = seen.noted("a newcomer").data["prefix"]
    one(seen, "a newcomer", "hello_ack")
    for event in seen.events_of(FRAME, tag="the asker"):
        if prefix.encode() in event.body:
            raise Broken("a newcomer was announced", event)


@check("ELO-TRK-08", discovery)
def test_discovery_tells_who_is_known(seen: Seen) -> None:
    prefix = seen.noted("who is known").data["prefix"]
    result = result_of(seen, DISCOVERY, "who discovers")
    entries = [each for each in objects(result.body.get("payload")) if named(each, prefix)]
    must(entries, "a known peer is not told", result)
    address, caps = entries[0].get("addr"), entries[0].get("caps")
    must(isinstance(address, str) and ":" in address, f"its address is {address!r}", result)
    must("assay-known" in json.dumps(caps), f"its capabilities are {caps!r}", result)


def objects(payload: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or of the lists that an object has."""
    lists = list(payload.values()) if isinstance(payload, dict) else [payload]
    items = [item for each in lists if isinstance(each, list) for item in each]
    return [item for item in items if isinstance(item, dict)]


def named(entry: dict[str, Any], prefix: str) -> bool:
    """Whether an entry is that of a peer."""
    return any(str(entry.get(name)).startswith(prefix) for name in ("addr", "node_id"))


@check("ELO-TRK-09", another_visibility)
def test_who_is_neither_public_nor_private_lists_nobody(seen: Seen) -> None:
    ack = one(seen, "who is told nothing", "hello_ack")
    must("known_peers" not in ack.body, "it has known_peers", ack)


@check("ELO-TRK-10", crowded)
def test_a_crowd_is_greeted_and_listed(seen: Seen) -> None:
    prefixes = seen.noted("the crowd").data["prefixes"]
    greeted = len(list(messages(seen, "the crowd", kind="hello_ack")))
    if greeted < CROWD:
        raise Broken(f"{greeted} of {CROWD} peers were greeted")
    ack = one(seen, "who comes last", "hello_ack")
    missing = [prefix for prefix in prefixes if not told_of(ack, prefix)]
    must(not missing, f"{len(missing)} of {CROWD} peers are not told", ack)


@check("ELO-TRK-11", a_lost_tracker)
def test_a_lost_tracker_is_dialled_again(seen: Seen) -> None:
    note = seen.noted("the tracker went")
    if not list(messages(seen, "the tracker again", kind="hello")):
        raise Broken("the target did not come again", note)


@check("ELO-TRK-12", a_lost_tracker)
def test_a_lost_tracker_is_not_dialled_at_once(seen: Seen) -> None:
    went = seen.noted("the tracker went")
    for came in seen.notes("somebody came"):
        if came.time - went.time < AT_ONCE:
            raise Broken("it came again at once", went, came)
        return
    raise NotObserved("the target did not come again (ELO-TRK-11)")


@check("ELO-TRK-13", work_is_passed_on, cases=("failed there", "to nobody"))
def test_a_failure_to_pass_on_has_its_code(seen: Seen, case: str) -> None:
    the_one_passed_on(seen)
    result, wanted = result_of(seen, case), {"failed there": CODE, "to nobody": "NO_PEER"}[case]
    error = error_of(result)
    code = error.get("code") if isinstance(error, dict) else error
    must(code == wanted, f"the code is {code!r}, not {wanted}", result)


@check("ELO-TRK-14", work_is_answered_crosswise)
def test_results_that_cross_reach_each_its_own_caller(seen: Seen) -> None:
    for tag in ("the first", "the second"):
        result = one(seen, tag, "result")
        right = holds(result.body.get("payload"), {"for": tag})
        must(right, f"{tag} caller got something else", result)


@check("ELO-TRK-15", a_worker_goes)
def test_who_goes_with_work_lets_nobody_wait(seen: Seen) -> None:
    note = seen.noted("a worker went")
    for result in messages(seen, "the caller of who goes", kind="result"):
        must(error_of(result) is not None, "an error is not told", result)
        return
    raise Broken("the caller was left waiting", note)
