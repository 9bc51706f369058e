"""How a worker goes: RXON-EXE-12, RXON-HB-20."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.rxon import scenarios_worker_departure as departure
from conformance.rxon.hearing import body_of, is_a, is_result_of

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

ENDS, LASTS = departure.a_task_that_ends, departure.a_task_that_lasts
KILLED = -9


def stopped(seen: Seen) -> int:
    """Return when the worker was told to stop; raises NotObserved when the kit cannot do that."""
    if not seen.noted("the client may come").data["started"]:
        raise NotObserved("the kit did not start this worker, so it may not stop it")
    return seen.noted("the client may go").number


def farewells(seen: Seen) -> list[Event]:
    """Return the heartbeats that say that the worker is offline."""
    beats = seen.matching(is_a("heartbeat"))
    return [event for event in beats if body_of(event).get("status") == "offline"]


@check("RXON-EXE-12", ENDS)
def test_a_worker_that_stops_lets_its_tasks_end_and_says_goodbye(seen: Seen) -> None:
    must_go_well(seen, "success", "cancelled")


@check("RXON-EXE-12.a", LASTS)
def test_a_worker_that_stops_calls_off_what_does_not_end(seen: Seen) -> None:
    must_go_well(seen, "cancelled")


def must_go_well(seen: Seen, *statuses: str) -> None:
    """Demand a result, a goodbye, and an exit."""
    told = stopped(seen)
    note = seen.noted("at work")
    found = list(seen.matching(is_result_of(dict(note.data))))
    if not found:
        raise Broken("the task that ran was never reported", note)
    for event in found:
        if body_of(event).get("status", "success") not in statuses:
            raise Broken(f"the task is reported as {body_of(event).get('status')!r}", event)
    if not [event for event in farewells(seen) if event.number > told]:
        raise Broken("no heartbeat says that the worker is offline", *found)
    gone = seen.noted("the client has gone")
    if gone.data["code"] == KILLED:
        raise Broken("the worker did not exit, and had to be killed", gone)


@check("RXON-HB-20", ENDS, LASTS)
def test_nothing_is_heard_after_the_goodbye(seen: Seen) -> None:
    stopped(seen)
    for goodbye in farewells(seen):
        later = [
            event
            for event in seen.events
            if event.scenario == goodbye.scenario
            and event.number > goodbye.number
            and is_a("heartbeat")(event)
        ]
        if later:
            raise Broken("a heartbeat follows the one that said offline", goodbye, *later)
